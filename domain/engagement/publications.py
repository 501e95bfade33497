"""What was published below a unit in a period, counted by the tree as it stood then or as it stands now."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.dates import begins, day_of
from domain.engagement.queries import REPORTED, checked_period
from domain.engagement.rollups import last_reading
from domain.engagement.rules import METRICS, Total, figures_of
from domain.hosts.models import Host
from domain.posts.models import Delivery
from domain.terms import DeliveryState, Level, TreeLink, TreeTime
from domain.units.models import Unit, UnitPlace, valid_on
from domain.units.queries import by_link


@dataclass(frozen=True)
class LevelPublications:
    """What the accounts of one level published."""

    level: Level
    accounts: int
    published: int
    reposts: Total
    comments: Total
    likes: Total
    reads: Total


@dataclass(frozen=True)
class Publications:
    """The same by level, upper levels first; and how many posts were left out since the actor may not see them now."""

    levels: list[LevelPublications]
    # Unknown to whoever sees no posts here at all: that something was published is not for them to know.
    beyond_reach: int | None


async def publications(
    session: AsyncSession,
    actor: Actor,
    *,
    unit: Any,
    since: date,
    until: date,
    tree: TreeTime,
    link: TreeLink,
) -> Publications:
    """Count the posts that went out from a day on and before another, below a unit the actor sees.

    As then, each post counts where the unit of its account stood on the day it went out. Who may see it is as-now
    all the same, so a post of a unit that has since moved out of reach is only counted among those left out.
    """
    checked_period(since, until)
    below_it = (
        Delivery.unit_id.in_(_units_below(unit, link)) if tree is TreeTime.AS_NOW else _stood_below(unit.id, link)
    )
    rows = await session.execute(
        _counts(actor).where(
            Delivery.state == DeliveryState.PUBLISHED,
            Delivery.published_at >= begins(since),
            Delivery.published_at < begins(until),
            below_it,
        )
    )
    reached, beyond = [], 0
    for row in rows:
        if row.reached:
            reached.append(row)
        else:
            beyond += row.published
    levels = []
    for level in Level:
        own = [row for row in reached if row.level is level]
        if own:
            told = figures_of(own, REPORTED)
            totals = (told.reposts, told.comments, told.likes, told.reads)
            levels.append(LevelPublications(level, sum(row.accounts for row in own), told.published, *totals))
    sees_posts = actor.holds(Permission.POST_VIEW, at=unit.path)
    return Publications(levels, beyond if sees_posts else None)


def _counts(actor: Actor) -> Any:
    """Posts and their last counts by level and platform, those within reach apart from the others."""
    reached = within_reach(actor, Permission.POST_VIEW, Delivery.unit_path)
    last = last_reading()
    sums = [func.coalesce(func.sum(last.c[name]), 0).label(name) for name in METRICS]
    known = [func.count(last.c[name]).label(f"{name}_known") for name in METRICS]
    return (
        select(
            Unit.level,
            Host.kind.label("host_kind"),
            reached.label("reached"),
            func.count(Delivery.account_id.distinct()).label("accounts"),
            func.count().label("published"),
            func.count(Delivery.gone_at).label("gone"),
            func.max(last.c.taken_at).label("as_of"),
            *sums,
            *known,
        )
        .select_from(Delivery)
        .join(Unit, Unit.id == Delivery.unit_id)
        .join(Account, Account.id == Delivery.account_id)
        .join(Host, Host.id == Account.host_id)
        .outerjoin(last, true())
        .group_by(Unit.level, Host.kind, "reached")
    )


def _units_below(unit: Any, link: TreeLink) -> Any:
    """The units now below one, closed ones too: what they did belongs to whoever took over."""
    return select(Unit.id).where(below(by_link(Unit, link), by_link(unit, link)))


def _stood_below(unit_id: UUID, link: TreeLink) -> Any:
    """Whether the unit of a delivery stood below another on the day it went out."""
    day = day_of(Delivery.published_at)
    upper, lower = aliased(UnitPlace), aliased(UnitPlace)
    top, path = by_link(upper, link), by_link(lower, link)
    within = and_(path >= top, path < func.left(top, -1).op("||")("/"))
    return (
        select(1)
        .select_from(lower)
        .join(upper, and_(upper.unit_id == unit_id, valid_on(upper, day)))
        .where(lower.unit_id == Delivery.unit_id, valid_on(lower, day), within)
        .correlate(Delivery)
        .exists()
    )
