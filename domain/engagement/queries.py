"""Reads of engagement: figures over many posts, from the stored roll-ups, and the followers of accounts."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.accounts import budgets
from domain.calendar.rules import check_span
from domain.engagement.models import FollowerCount
from domain.engagement.rollups import EVERYTHING, SUMS, label_of, last_reading, standing
from domain.engagement.rules import Figures, Total, figures_of, periods
from domain.hosts.rules import CAPABILITIES
from domain.posts.models import Delivery, Post
from domain.refusals import Invalid, NotFound, Reason
from domain.terms import Facet, HostKind, Level, SeriesStep
from domain.units.models import Unit

# A year and a day.
LONGEST = timedelta(days=366)
REPORTED = {kind: capabilities.metrics for kind, capabilities in CAPABILITIES.items()}


@dataclass(frozen=True)
class Question:
    """Which posts figures are about: those of a unit and all below it, of a period, in all or of one facet."""

    unit_id: UUID
    path: str
    since: date
    until: date
    facet: Facet = Facet.ALL
    facet_id: UUID = EVERYTHING


@dataclass(frozen=True)
class Answer:
    """The sums of a question by day, level and platform: whatever else is told of it follows from one instant."""

    question: Question
    rows: Sequence[Any]

    @property
    def total(self) -> Figures:
        return figures_of(self.rows, REPORTED)

    def levels(self) -> list[tuple[Level, Figures]]:
        """The levels that published something, upper levels first."""
        found = {row.level for row in self.rows}
        return [
            (level, figures_of([row for row in self.rows if row.level is level], REPORTED))
            for level in Level
            if level in found
        ]

    def hosts(self) -> list[tuple[HostKind, Figures]]:
        """The kinds of platforms on which something was published."""
        found = {row.host_kind for row in self.rows}
        return [
            (kind, figures_of([row for row in self.rows if row.host_kind is kind], REPORTED))
            for kind in HostKind
            if kind in found
        ]

    def series(self, step: SeriesStep) -> list[tuple[date, date, Figures]]:
        """Every period of the question, also those in which nothing went out."""
        spans = list(periods(self.question.since, self.question.until, step))
        starts = [start for start, _ in spans]
        rows: list[list[Any]] = [[] for _ in spans]
        for row in self.rows:
            rows[bisect_right(starts, row.day) - 1].append(row)
        return [(*span, figures_of(own, REPORTED)) for span, own in zip(spans, rows, strict=True)]


@dataclass(frozen=True)
class UnitFigures:
    """What a unit directly below, with all below it, came to."""

    unit_id: UUID
    code: str
    name: str
    level: Level
    figures: Figures


@dataclass(frozen=True)
class LevelEngagement:
    """What came of a campaign at one level (分级传播数据)."""

    level: Level
    deliveries: int
    published: int
    reposts: Total
    comments: Total
    likes: Total
    reads: Total


def checked_period(since: date, until: date) -> None:
    """Refuse a period that ends before it begins, or that no answer would bound."""
    check_span(since, until, longest=LONGEST)


def question_of(
    actor: Actor,
    *,
    unit: Any,
    since: date,
    until: date,
    campaign_id: UUID | None = None,
    lesson_id: UUID | None = None,
    account_id: UUID | None = None,
) -> Question:
    """What is asked about a unit; where no posts are seen, there is nothing to be asked about."""
    if not actor.holds(Permission.POST_VIEW, at=unit.path):
        raise NotFound("unit", path="withinId")
    checked_period(since, until)
    named = {Facet.CAMPAIGN: campaign_id, Facet.LESSON: lesson_id, Facet.ACCOUNT: account_id}
    given = [(facet, row_id) for facet, row_id in named.items() if row_id is not None]
    if len(given) > 1:
        raise Invalid(Reason.CHOOSE_FACET, path=f"{given[1][0].value.lower()}Id")
    return Question(unit.id, unit.path, since, until, *(given[0] if given else ()))


async def answer(session: AsyncSession, question: Question) -> Answer:
    """The sums by day, level and platform, in one statement."""
    found = standing(lambda c: [c.unit_label == label_in(question.path), *_asked(question, c)])
    return Answer(question, (await session.execute(summed(found, "day", "level"))).all())


async def children(session: AsyncSession, question: Question) -> list[UnitFigures]:
    """The units directly below by their codes, never by their figures; closed ones where something counts there."""
    below_it = or_(
        and_(Unit.parent_id == question.unit_id, Unit.successor_id.is_(None)), Unit.successor_id == question.unit_id
    )
    labels = select(label_of(Unit.path)).where(below_it)
    found = standing(lambda c: [c.unit_label.in_(labels), *_asked(question, c)])
    sums = summed(found, "unit_label").subquery("sums")
    rows = await session.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.level.label("own_level"), sums)
        .outerjoin(sums, sums.c.unit_label == label_of(Unit.path))
        .where(below_it, or_(Unit.closed_on.is_(None), sums.c.published > 0))
        .order_by(Unit.code, Unit.id)
    )
    units = groupby(rows, key=lambda row: (row.id, row.code, row.name, row.own_level))
    return [
        UnitFigures(*unit, figures_of([row for row in own if row.host_kind is not None], REPORTED))
        for unit, own in units
    ]


async def engagement_by_level(
    session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]
) -> dict[UUID, list[LevelEngagement]]:
    """For each campaign its levels, from the last snapshot of every post within the actor's reach."""
    tops = _tops(actor)
    sums = standing(lambda c: [c.unit_label.in_(tops), c.facet == Facet.CAMPAIGN, c.facet_id.in_(ids)])
    rows = (await session.execute(summed(sums, "facet_id", "level"))).all()
    # What has not gone out is in no roll-up, and is only counted here.
    counts = await session.execute(
        select(Post.campaign_id, Unit.level, func.count())
        .select_from(Post)
        .join(Delivery, Delivery.post_id == Post.id)
        .join(Unit, Unit.id == Delivery.unit_id)
        .where(Post.campaign_id.in_(ids), within_reach(actor, Permission.POST_VIEW, Delivery.unit_path))
        .group_by(Post.campaign_id, Unit.level)
    )
    found: dict[Any, list[LevelEngagement]] = {campaign_id: [] for campaign_id in ids}
    for campaign_id, level, deliveries in counts:
        own = [row for row in rows if (row.facet_id, row.level) == (campaign_id, level)]
        told = figures_of(own, REPORTED)
        totals = (told.reposts, told.comments, told.likes, told.reads)
        found[campaign_id].append(LevelEngagement(level, deliveries, told.published, *totals))
    for levels in found.values():
        levels.sort(key=lambda row: row.level.depth)
    return found


async def last_counts_of(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The last snapshot of each of these deliveries; one that was never read has none."""
    last = last_reading()
    rows = await session.execute(select(last).select_from(Delivery).join(last, true()).where(Delivery.id.in_(ids)))
    return {row.delivery_id: row for row in rows}


def summed(found: Subquery, *by: str) -> Select[Any]:
    """Sums by some of the columns of the key, and always by platform."""
    groups = [found.c[name] for name in (*by, "host_kind")]
    sums = [func.sum(found.c[name]).label(name) for name in SUMS]
    return select(*groups, *sums, func.max(found.c.as_of).label("as_of")).group_by(*groups)


def _asked(question: Question, columns: Any) -> list[ColumnElement[bool]]:
    return [
        columns.facet == question.facet,
        columns.facet_id == question.facet_id,
        columns.day >= question.since,
        columns.day < question.until,
    ]


def _tops(actor: Actor) -> Any:
    """The units below which the actor sees posts: none of them lies below another, so nothing is counted twice."""
    paths = actor.reach(Permission.POST_VIEW)
    if "" in paths:
        return select(label_of(Unit.path)).where(Unit.parent_id.is_(None))
    return [label_in(each) for each in paths]


def label_in(path: str) -> str:
    """The last step of a path, by which roll-ups know the unit."""
    return path.rstrip(".").rpartition(".")[2]


async def followers_today(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, int | None]:
    """How many follow each of these accounts today; nothing of one that was not counted yet."""
    query = select(FollowerCount.account_id, FollowerCount.count)
    rows = await session.execute(query.where(FollowerCount.account_id.in_(ids), FollowerCount.day == budgets.today()))
    return dict(rows.all())
