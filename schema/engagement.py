"""The window on engagement. Every figure says where it comes from and how much of it is known."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.engagement import models, queries, rules
from domain.engagement import publications as live
from domain.engagement.top import top_posts
from domain.terms import FigureGap, Level, Metric, SeriesStep, TreeLink, TreeTime
from schema._base import Asked, Connection, Count, Node, global_id, row_id_of, shows
from schema._reads import unit_seen
from schema._selection import connection_of

if TYPE_CHECKING:
    from schema.posts import Delivery


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
    value: Count | None = strawberry.field(description="Null where it is not known; never a 0 instead.")
    gap: FigureGap | None = strawberry.field(description="Why there is no value, where something was published.")
    unit: str = strawberry.field(description="What is counted.")
    as_of: datetime | None = strawberry.field(description="The newest reading in it.")
    known: Count = strawberry.field(description="How many posts were read.")
    expected: Count = strawberry.field(description="How many published posts it is about.")
    method: str = strawberry.field(description="How it was arrived at.")


def figure(unit: str, total: rules.Total) -> Figure:
    """A total, as it is shown."""
    return Figure(
        value=None if total.value is None else Count(total.value),
        gap=total.gap,
        unit=unit,
        as_of=total.as_of,
        known=Count(total.known),
        expected=Count(total.expected),
        method="number of posts" if unit == "published" else "sum over posts of the last reading of each",
    )


def _figure(metric: str) -> Any:
    def resolver(root: strawberry.Parent[Any]) -> Figure:
        return figure(metric, getattr(root, metric))

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


@strawberry.type(description="What some posts came to (传播数据汇总).")
class EngagementFigures:
    published: Count
    gone: Count = strawberry.field(description="Those of them that their platform shows no more.")
    reposts: Figure = _figure("reposts")
    comments: Figure = _figure("comments")
    likes: Figure = _figure("likes")
    reads: Figure = _figure("reads")


@strawberry.type(description="The posts of one level (分级汇总). It is information, never a ranking.")
class LevelFigures:
    level: Level
    figures: EngagementFigures


@strawberry.type(description="The posts that went out in one period of a time series (分期汇总).")
class PeriodFigures:
    since: date
    until: date = strawberry.field(description="The first day that is no longer counted.")
    figures: EngagementFigures


@strawberry.type(description="The posts of a unit directly below, and of all below that (下级汇总). Never a ranking.")
class UnitFigures:
    unit_id: strawberry.ID
    code: str
    name: str
    level: Level
    figures: EngagementFigures


@strawberry.type(
    description="What the posts of a unit and of all below it came to (传播汇总), by the supervision of today."
)
class Engagement:
    answer: strawberry.Private[queries.Answer]

    @strawberry.field(description="All of them.")
    def total(self) -> EngagementFigures:
        return self.answer.total  # type: ignore[return-value]

    @strawberry.field(description="By the level of the unit that posted, upper levels first.")
    def levels(self) -> list[LevelFigures]:
        return [LevelFigures(level=level, figures=told) for level, told in self.answer.levels()]  # type: ignore[arg-type]

    @strawberry.field(
        description="By the day in China on which they went out, also where nothing did; a week begins on Monday, and "
        "the first and the last period may be cut short. Counts are those of today."
    )
    def series(self, step: SeriesStep = SeriesStep.DAY) -> list[PeriodFigures]:
        return [
            PeriodFigures(since=since, until=until, figures=told)  # type: ignore[arg-type]
            for since, until, told in self.answer.series(step)
        ]

    @strawberry.field(
        description="By the units directly below, in the order of their codes. What the unit's own accounts posted is "
        "in the total alone."
    )
    async def children(self, info: Asked) -> list[UnitFigures]:
        async with info.context.reading() as session:
            found = await queries.children(session, self.answer.question)
        return [UnitFigures(**vars(row) | {"unit_id": global_id("Unit", row.unit_id)}) for row in found]


def _row(given: str | None, noun: str) -> UUID | None:
    return None if given is None else row_id_of(given, noun, path=f"{noun.lower()}Id")


def _facets(campaign_id: str | None, lesson_id: str | None, account_id: str | None) -> dict[str, UUID | None]:
    return {
        "campaign_id": _row(campaign_id, "Campaign"),
        "lesson_id": _row(lesson_id, "Lesson"),
        "account_id": _row(account_id, "Account"),
    }


@strawberry.type
class EngagementQueries:
    @strawberry.field(
        description="What the posts of a unit and of all below it came to, of those that went out from a day on and "
        "before another, a year at most: of all, or of one campaign, lesson or account."
    )
    async def engagement(
        self,
        info: Asked,
        within_id: strawberry.ID,
        since: date,
        until: date,
        campaign_id: strawberry.ID | None = None,
        lesson_id: strawberry.ID | None = None,
        account_id: strawberry.ID | None = None,
    ) -> Engagement:
        facets = _facets(campaign_id, lesson_id, account_id)
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            unit = await unit_seen(session, actor, within_id)
            question = queries.question_of(actor, unit=unit, since=since, until=until, **facets)
            return Engagement(answer=await queries.answer(session, question))

    @strawberry.field(
        description="The posts of a unit and of all below it, of those that went out from a day on and before another, "
        "that have most of one metric: of all, or of one campaign, lesson or account. Posts of which it is not "
        "known are left out."
    )
    async def top_posts(
        self,
        info: Asked,
        within_id: strawberry.ID,
        metric: Metric,
        since: date,
        until: date,
        campaign_id: strawberry.ID | None = None,
        lesson_id: strawberry.ID | None = None,
        account_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Annotated["Delivery", strawberry.lazy("schema.posts")]]:
        selection, page = connection_of(info, {"first": first, "after": after, "last": last, "before": before})
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            unit = await unit_seen(session, actor, within_id)
            facets = _facets(campaign_id, lesson_id, account_id)
            question = queries.question_of(actor, unit=unit, since=since, until=until, **facets)
            return await top_posts(  # type: ignore[return-value]
                session, actor, selection, question=question, metric=metric, page=page
            )

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
            found = await live.publications(session, actor, unit=unit, since=since, until=until, tree=tree, link=link)
        return Publications(
            since=since,
            until=until,
            tree=tree,
            link=link,
            levels=found.levels,  # type: ignore[arg-type]
            beyond_reach=None if found.beyond_reach is None else Count(found.beyond_reach),
        )
