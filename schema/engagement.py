"""The window on engagement. Every figure says where it comes from and how much of it is known."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain.engagement import models
from domain.engagement import publications as queries
from domain.engagement.queries import Total
from domain.terms import Level, TreeLink, TreeTime
from schema._base import Asked, Count, Node, shows
from schema._reads import unit_seen


@shows(models.Snapshot)
class Snapshot(Node):
    taken_at: datetime
    reposts: Count | None
    comments: Count | None
    likes: Count | None
    reads: Count | None


@shows(models.FollowerCount)
class FollowerCount(Node):
    day: date = strawberry.field(description="A day in China.")
    count: Count | None = strawberry.field(description="Null where the platform did not say; never a 0 instead.")
    taken_at: datetime


@strawberry.type(description="A statistic with what is needed to judge it (统计值).")
class Figure:
    value: Count | None = strawberry.field(description="Null where no platform reports it; never a 0 instead.")
    unit: str = strawberry.field(description="What is counted.")
    as_of: datetime | None = strawberry.field(description="The newest reading in it.")
    known: Count = strawberry.field(description="How many posts were read.")
    expected: Count = strawberry.field(description="How many published posts it is about.")
    method: str = strawberry.field(description="How it was arrived at.")


def _figure(metric: str) -> Any:
    def resolver(root: strawberry.Parent[Any]) -> Figure:
        total: Total = getattr(root, metric)
        return Figure(
            value=None if total.value is None else Count(total.value),
            unit=metric,
            as_of=total.as_of,
            known=Count(total.known),
            expected=Count(total.expected),
            method="sum over posts of the last reading of each",
        )

    return strawberry.field(resolver=resolver)


@strawberry.type(description="What came of a campaign at one level (分级传播数据). It is information, never a ranking.")
class LevelEngagement:
    level: Level
    deliveries: Count
    published: Count
    reposts: Figure = _figure("reposts")
    comments: Figure = _figure("comments")
    likes: Figure = _figure("likes")
    reads: Figure = _figure("reads")


@strawberry.type(description="What the accounts of one level published in a period (分级发布统计). Never a ranking.")
class LevelPublications:
    level: Level
    accounts: Count = strawberry.field(description="Accounts that published something.")
    published: Count
    reposts: Figure = _figure("reposts")
    comments: Figure = _figure("comments")
    likes: Figure = _figure("likes")
    reads: Figure = _figure("reads")


@strawberry.type(description="What was published below a unit in a period (发布统计), and by which tree it is counted.")
class Publications:
    since: date
    until: date = strawberry.field(description="The first day that is no longer counted.")
    tree: TreeTime
    link: TreeLink
    levels: list[LevelPublications]
    beyond_reach: Count | None = strawberry.field(
        description="Posts of units that stood below this one then, and that you may not see now: not counted above; "
        "null where you see no posts of this unit at all."
    )


@strawberry.type
class EngagementQueries:
    @strawberry.field(description="What was published below a unit, by the tree of the time or by today's.")
    async def publications(
        self,
        info: Asked,
        within_id: strawberry.ID,
        since: date,
        until: date,
        tree: TreeTime = TreeTime.AS_THEN,
        link: TreeLink = TreeLink.AFFILIATION,
    ) -> Publications:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            unit = await unit_seen(session, actor, within_id)
            found = await queries.publications(
                session, actor, unit=unit, since=since, until=until, tree=tree, link=link
            )
        return Publications(
            since=since,
            until=until,
            tree=tree,
            link=link,
            levels=found.levels,  # type: ignore[arg-type]
            beyond_reach=None if found.beyond_reach is None else Count(found.beyond_reach),
        )
