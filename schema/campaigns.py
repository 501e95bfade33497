"""The window on campaigns, and the acts on them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.campaigns import commands, models
from domain.campaigns.rules import ABILITIES
from domain.engagement.queries import engagement_by_level
from domain.posts import plans
from domain.posts import quotas as reads
from domain.posts.plans import posts_of_lessons
from domain.posts.queries import states_of_campaigns
from domain.posts.readiness import readiness_of
from domain.publicity.clicks import clicks_of_campaigns
from domain.reading import reader
from domain.reading.selection import PAGE_LIMIT, Selection, page_of
from domain.refusals import NotFound
from domain.terms import DeliveryState, Lateness, Level, QuotaScope
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, global_id, many, measured, one, ref, row_id_of, shows
from schema._reads import listed, path_within
from schema.clicks import Clicks, clicked
from schema.engagement import LevelEngagement
from schema.occasions import SEEN, VERSION, Occasion
from schema.units import Unit
from schema.wording import SEEN as WORDING_SEEN

if TYPE_CHECKING:
    from schema.lessons import Lesson
    from schema.posts import Post

# Whoever writes a campaign may name somebody by mistake; it can be edited, the audit log cannot.
PERSONAL = {"personal": True}


@strawberry.type(description="How many deliveries stand in a state (发布状态统计).")
class StateCount:
    state: DeliveryState
    count: Count


@strawberry.type(description="How many posts each unit of a level is to publish (推介指标), and how far that is met.")
class CampaignQuota:
    level: Level
    scope: QuotaScope
    minimum: Count
    units: Count = strawberry.field(description="Units of whose progress you see something.")
    met: Count = strawberry.field(description="Those of them that have published as many.")


@strawberry.type(description="What a campaign has, and lacks before its window (准备情况), as far as you see it.")
class Readiness:
    is_ready: bool
    posts: Count
    not_approved: Count = strawberry.field(description="Posts that may still go out, and that nobody approved.")
    held_posts: Count = strawberry.field(description="Posts that a person holds back.")
    held_deliveries: Count = strawberry.field(description="Deliveries that are due, and held.")
    lessons_not_showcase: Count = strawberry.field(description="Lessons of its posts that are no showcase lessons.")
    outside_window: Count = strawberry.field(description="Deliveries due on a day that does not count.")
    units_without_account: Count = strawberry.field(
        description="Units of which posts are asked, and for which no account is active."
    )
    lessons_without_post: Count = strawberry.field(description="Its lessons that no post promotes yet; see `lessons`.")


@strawberry.type(description="What a unit published for a campaign against its own quota (推介进度). Never a ranking.")
class UnitProgress:
    unit_id: strawberry.ID
    code: str
    name: str
    level: Level
    scope: QuotaScope
    minimum: Count
    published: Count = strawberry.field(description="Within the window, by the tree of the day of each post.")
    is_met: bool


@shows(models.CampaignLesson)
class CampaignLesson(Node):
    added_at: datetime
    lesson: Annotated["Lesson", strawberry.lazy("schema.lessons")] | None = one(
        "lesson", "The lesson; null once it was taken back, unless you view it."
    )
    posts: Count = measured(posts_of_lessons, "How many posts of the campaign promote it, as far as you see them.")


@shows(models.Campaign)
class Campaign(Node):
    title: str
    occasion_date: date | None
    window_from: date | None = strawberry.field(description="The first day whose posts count for its quotas.")
    window_to: date | None = strawberry.field(description="The last one.")
    lateness: Lateness = strawberry.field(description="What becomes of late posts of it that say nothing themselves.")
    note: str
    version: Count = strawberry.field(description=VERSION)
    created_at: datetime
    unit: Unit = one("unit", "The unit whose campaign it is; all below it see it.")
    occasion: Occasion | None = one("occasion", "The occasion on which it stands.")
    lessons: Connection[CampaignLesson] = many("lessons", "What it promotes: planned for it, or promoted by its posts.")
    posts: Connection[Annotated["Post", strawberry.lazy("schema.posts")]] = many("posts", "Its posts.")
    deliveries: list[StateCount] = measured(states_of_campaigns, "Its deliveries by state, as far as you see them.")
    engagement: list[LevelEngagement] = measured(engagement_by_level, "What came of it, by level.")
    quotas: list[CampaignQuota] = measured(reads.quotas_of, "What it asks of the units of a level, upper levels first.")
    readiness: Readiness = measured(readiness_of, "What it lacks before its window.")
    clicks: Clicks = clicked(clicks_of_campaigns)
    viewer_can: list[Can] = can(ABILITIES)


@strawberry.input(description="At least so many posts of each unit of a level within the campaign's unit.")
class QuotaInput:
    level: Level
    scope: QuotaScope = QuotaScope.OWN
    minimum: int


@strawberry.input(description="A campaign of a unit.")
class CreateCampaignInput:
    unit_id: strawberry.ID = ref("Unit", "The unit whose campaign it is.")
    title: str = strawberry.field(metadata=PERSONAL)
    occasion_id: strawberry.ID | None = ref("Occasion", "The occasion on which it stands.", default=None)
    occasion_date: date | None = strawberry.field(description="On which of its dates.", default=None)
    window_from: date | None = strawberry.field(description="The first day whose posts count.", default=None)
    window_to: date | None = strawberry.field(description="The last one.", default=None)
    lateness: Lateness = strawberry.field(
        description="What becomes of late posts of it that say nothing themselves.", default=Lateness.SEND
    )
    note: str = strawberry.field(default="", metadata=PERSONAL)
    quotas: list[QuotaInput] = strawberry.field(default_factory=list)
    wording_seen: bool = strawberry.field(description=WORDING_SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The campaign opened.")
class CreateCampaignPayload:
    campaign: Campaign


@strawberry.input(description="All that a campaign is from now on; its posts stay as they are.")
class EditCampaignInput:
    campaign_id: strawberry.ID = ref("Campaign", "The campaign.")
    expected_version: int = strawberry.field(description=SEEN)
    title: str = strawberry.field(metadata=PERSONAL)
    occasion_id: strawberry.ID | None = ref("Occasion", "The occasion on which it stands.", default=None)
    occasion_date: date | None = strawberry.field(description="On which of its dates.", default=None)
    window_from: date | None = strawberry.field(description="The first day whose posts count.", default=None)
    window_to: date | None = strawberry.field(description="The last one.", default=None)
    lateness: Lateness = strawberry.field(
        description="What becomes of late posts of it that say nothing themselves.", default=Lateness.SEND
    )
    note: str = strawberry.field(default="", metadata=PERSONAL)
    quotas: list[QuotaInput] | None = strawberry.field(description="All of them; left out, they stay.", default=None)
    wording_seen: bool = strawberry.field(description=WORDING_SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The campaign changed.")
class EditCampaignPayload:
    campaign: Campaign


@strawberry.input(
    description="Showcase lessons that a campaign is to promote, or to promote no more; at most 100 each."
)
class PlanLessonsInput:
    campaign_id: strawberry.ID = ref("Campaign", "The campaign.")
    add: list[strawberry.ID] = ref("Lesson", "To promote.", default_factory=list)
    remove: list[strawberry.ID] = ref("Lesson", "Of which it has no post.", default_factory=list)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The campaign with its lessons.")
class PlanLessonsPayload:
    campaign: Campaign


PlanLessonsResult = Annotated[PlanLessonsPayload | Problem, strawberry.union("PlanLessonsResult")]
CreateCampaignResult = Annotated[CreateCampaignPayload | Problem, strawberry.union("CreateCampaignResult")]
EditCampaignResult = Annotated[EditCampaignPayload | Problem, strawberry.union("EditCampaignResult")]


@strawberry.type
class CampaignQueries:
    @strawberry.field(
        description="Campaigns of units you see, and of those above them; with `withinId` those of a unit and below it."
    )
    async def campaigns(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Campaign]:
        return await listed(info, models.Campaign, first, after, last, before, within_id=within_id)

    @strawberry.field(
        description="What a unit, and those below it that you see, published for a campaign against what is asked of "
        f"each, in the order of the tree; {PAGE_LIMIT} units at most, after the one of `afterId`."
    )
    async def campaign_progress(
        self,
        info: Asked,
        campaign_id: strawberry.ID,
        within_id: strawberry.ID,
        first: int | None = None,
        after_id: strawberry.ID | None = None,
    ) -> list[UnitProgress]:
        row_id = row_id_of(campaign_id, "Campaign", path="campaignId")
        size = page_of(first, None, None, None).size
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            path = await path_within(session, actor, within_id)
            after = "" if after_id is None else await path_within(session, actor, after_id)
            if not await reader.rows_by_id(session, actor, models.Campaign, Selection(), ids=[row_id]):
                raise NotFound("campaign", path="campaignId")
            rows = await reads.progress(session, actor, campaign_id=row_id, path=path, after=after, limit=size)
        return [_progress(row) for row in rows]


def _progress(row: Any) -> UnitProgress:
    given = vars(row) | {"unit_id": global_id("Unit", row.unit_id)}
    return UnitProgress(**given, is_met=row.published >= row.minimum)


@strawberry.type
class CampaignMutations:
    @strawberry.mutation(description="Open a campaign (推介批次) of a unit.")
    async def create_campaign(self, info: Asked, input: CreateCampaignInput) -> CreateCampaignResult:
        shown = ("campaign", models.Campaign)
        return await act(info, input, commands.create_campaign, CreateCampaignPayload, shows=shown)

    @strawberry.mutation(description="Say anew what a campaign is, its occasion, window and quotas among it.")
    async def edit_campaign(self, info: Asked, input: EditCampaignInput) -> EditCampaignResult:
        shown = ("campaign", models.Campaign)
        return await act(info, input, commands.edit_campaign, EditCampaignPayload, shows=shown)

    @strawberry.mutation(description="Name lessons that a campaign promotes, before there are posts.")
    async def plan_lessons(self, info: Asked, input: PlanLessonsInput) -> PlanLessonsResult:
        shown = ("campaign", models.Campaign)
        return await act(info, input, plans.plan_lessons, PlanLessonsPayload, shows=shown)
