"""The window on campaigns, and the acts on them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.campaigns import commands, models
from domain.campaigns.rules import ABILITIES
from domain.engagement.queries import engagement_by_level
from domain.posts.queries import states_of_campaigns
from domain.terms import DeliveryState
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, many, measured, one, ref, shows
from schema._reads import listed
from schema.engagement import LevelEngagement
from schema.units import Unit

if TYPE_CHECKING:
    from schema.posts import Post


@strawberry.type(description="How many deliveries stand in a state (发布状态统计).")
class StateCount:
    state: DeliveryState
    count: Count


@shows(models.Campaign)
class Campaign(Node):
    title: str
    created_at: datetime
    unit: Unit = one("unit", "The unit whose campaign it is.")
    posts: Connection[Annotated["Post", strawberry.lazy("schema.posts")]] = many("posts", "Its posts.")
    deliveries: list[StateCount] = measured(states_of_campaigns, "Its deliveries by state, as far as you see them.")
    engagement: list[LevelEngagement] = measured(engagement_by_level, "What came of it, by level.")
    viewer_can: list[Can] = can(ABILITIES)


@strawberry.input(description="A campaign of a unit.")
class CreateCampaignInput:
    unit_id: strawberry.ID = ref("Unit", "The unit whose campaign it is.")
    title: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The campaign opened.")
class CreateCampaignPayload:
    campaign: Campaign


CreateCampaignResult = Annotated[CreateCampaignPayload | Problem, strawberry.union("CreateCampaignResult")]


@strawberry.type
class CampaignQueries:
    @strawberry.field(description="Campaigns of units you see.")
    async def campaigns(
        self,
        info: Asked,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Campaign]:
        return await listed(info, models.Campaign, first, after, last, before)


@strawberry.type
class CampaignMutations:
    @strawberry.mutation(description="Open a campaign (推介批次) of a unit.")
    async def create_campaign(self, info: Asked, input: CreateCampaignInput) -> CreateCampaignResult:
        shown = ("campaign", models.Campaign)
        return await act(info, input, commands.create_campaign, CreateCampaignPayload, shows=shown)
