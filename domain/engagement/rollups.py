"""How roll-ups follow from deliveries and snapshots: one difference, which the worker writes and every read adds.

A marked delivery is one whose stored part may be out of date. What stands is what is stored, less the stored parts of
all marked deliveries, plus what they come to now. Each read says so in one statement, so it sees one instant.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Uuid,
    and_,
    any_,
    case,
    column,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import array

from domain.accounts.models import Account
from domain.base.dates import day_of
from domain.base.models import path, term
from domain.engagement.models import CountedPart, Rollup, RollupMark, Snapshot
from domain.engagement.rules import METRICS
from domain.hosts.models import Host
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState, Facet
from domain.units.models import Unit

# Stands where a campaign, lesson or account would, for all posts together.
EVERYTHING = UUID(int=0)
KEY = ("unit_label", "facet", "facet_id", "day", "level", "host_kind")
SUMS = ("published", "gone", *METRICS, *(f"{name}_known" for name in METRICS))
STORED: Any = Rollup.__table__
PARTS: Any = CountedPart.__table__
# Which roll-ups are meant, asked of anything that has the columns of their key.
Scope = Callable[[Any], Sequence[ColumnElement[bool]]]


def last_reading() -> Any:
    """The last snapshot of each delivery."""
    query = select(Snapshot).where(Snapshot.delivery_id == Delivery.id).order_by(Snapshot.slot.desc()).limit(1)
    return query.lateral("last")


def label_of(unit_path: Any) -> Any:
    """The last step of a path, which is the unit's own."""
    return func.split_part(func.rtrim(unit_path, "."), ".", -1)


def marked() -> ColumnElement[Any]:
    """The deliveries that are marked, as one array: however many the planner expects, each is looked up by its key."""
    return func.array(select(RollupMark.delivery_id).distinct().scalar_subquery())


def parts_now(which: ColumnElement[bool]) -> Select[Any]:
    """The parts of published deliveries as they are now, with the columns of `CountedPart`.

    The supervision path of today says where a post counts; the level is that of the unit that posted.
    """
    last = last_reading()
    return (
        select(
            Delivery.id.label("delivery_id"),
            Delivery.unit_path.label("counted_path"),
            day_of(Delivery.published_at).label("day"),
            Post.campaign_id,
            Post.lesson_id,
            Delivery.account_id,
            Unit.level,
            Host.kind.label("host_kind"),
            Delivery.gone_at.is_not(None).label("gone"),
            *(last.c[name] for name in METRICS),
            last.c.taken_at,
        )
        .select_from(Delivery)
        .join(Post, Post.id == Delivery.post_id)
        .join(Unit, Unit.id == Delivery.unit_id)
        .join(Account, Account.id == Delivery.account_id)
        .join(Host, Host.id == Account.host_id)
        .outerjoin(last, true())
        .where(Delivery.state == DeliveryState.PUBLISHED, Delivery.published_at.is_not(None), which)
    )


def difference(ids: ColumnElement[Any], now: Any, *, scope: Scope | None = None) -> Any:
    """By key, what the deliveries put in now less what is stored of them, and the newest readings of both."""
    were = select(PARTS).where(PARTS.c.delivery_id == any_(ids)).cte("were")
    moves = union_all(_spread(were, -1), _spread(now, 1)).subquery("moves")
    keys = [moves.c[name] for name in KEY]
    newest = func.max(moves.c.taken_at)
    sums = [func.sum(moves.c[name]).label(name) for name in SUMS]
    query = select(
        *keys,
        *sums,
        newest.filter(moves.c.sign < 0).label("was"),
        newest.filter(moves.c.sign > 0).label("now"),
    )
    return query.where(*(scope(moves.c) if scope else ())).group_by(*keys).cte("difference")


def _spread(part: FromClause, sign: int) -> Select[Any]:
    """The keys under which each part counts: its unit and all above, each for all posts and for its three facets."""
    steps = func.string_to_table(func.rtrim(part.c.counted_path, "."), ".")
    units = steps.table_valued(column("label", path())).render_derived(name="units")
    names = array([literal(facet.value) for facet in Facet])
    ids = array([literal(EVERYTHING, Uuid()), part.c.campaign_id, part.c.lesson_id, part.c.account_id])
    pairs = func.unnest(names, ids).table_valued(column("facet", term(Facet)), column("id", Uuid()))
    facets = pairs.render_derived(name="facets")
    known = [case((part.c[name].is_not(None), sign), else_=0).label(f"{name}_known") for name in METRICS]
    return (
        select(
            literal(sign).label("sign"),
            units.c.label.label("unit_label"),
            facets.c.facet,
            facets.c.id.label("facet_id"),
            *(part.c[name] for name in ("day", "level", "host_kind")),
            literal(sign).label("published"),
            case((part.c.gone, sign), else_=0).label("gone"),
            *((func.coalesce(part.c[name], 0) * sign).label(name) for name in METRICS),
            *known,
            part.c.taken_at,
        )
        .select_from(part)
        .join(units, true())
        .join(facets, facets.c.id.is_not(None))
    )


def is_settled() -> ColumnElement[bool]:
    """Whether a part stands as it is stored: asked of each by the key of its marks, which may be many."""
    return ~select(RollupMark.delivery_id).where(RollupMark.delivery_id == PARTS.c.delivery_id).exists()


def touched(moved: Any, *, others: ColumnElement[bool]) -> Subquery:
    """The roll-ups that a difference touches, as they stand once it is added; some are of no post any more.

    `others` are the parts that are not in the difference.
    """
    same = [STORED.c[name] == moved.c[name] for name in KEY]
    # Each by its key, whatever the planner expects: reading all that is stored for every batch would never end.
    stored = select(STORED).where(*same).limit(1).correlate(moved).lateral("stored")
    return _added(others, stored, moved, moved.outerjoin(stored, true()))


def _added(others: ColumnElement[bool], stored: Any, moved: Any, joined: Any) -> Subquery:
    """What is stored and what it differs by, added up."""
    added = select(
        *(func.coalesce(stored.c[name], moved.c[name]).label(name) for name in KEY),
        *((func.coalesce(stored.c[name], 0) + func.coalesce(moved.c[name], 0)).label(name) for name in SUMS),
        _newest(others, stored, moved).label("as_of"),
    )
    return added.select_from(joined).subquery("added")


def _newest(others: ColumnElement[bool], stored: Any, moved: Any) -> ColumnElement[Any]:
    """The newest reading: looked for among the other parts only where the one that was the newest has left."""
    has_left = and_(moved.c.was == stored.c.as_of, or_(moved.c.now.is_(None), moved.c.now < moved.c.was))
    of_facet = case(
        (stored.c.facet == Facet.ALL, true()),
        (stored.c.facet == Facet.CAMPAIGN, PARTS.c.campaign_id == stored.c.facet_id),
        (stored.c.facet == Facet.LESSON, PARTS.c.lesson_id == stored.c.facet_id),
        else_=PARTS.c.account_id == stored.c.facet_id,
    )
    step = literal(".") + stored.c.unit_label + "."
    next_one = (
        select(func.max(PARTS.c.taken_at))
        .where(
            *(PARTS.c[name] == stored.c[name] for name in ("day", "level", "host_kind")),
            func.strpos(literal(".") + PARTS.c.counted_path, step) > 0,
            of_facet,
            others,
        )
        .correlate(stored)
        .scalar_subquery()
    )
    return case((has_left, func.greatest(moved.c.now, next_one)), else_=func.greatest(stored.c.as_of, moved.c.now))


def standing(scope: Scope) -> Subquery:
    """The roll-ups of a scope as they stand now, with the columns of `Rollup`."""
    ids = marked()
    now = parts_now(Delivery.id == any_(ids)).cte("now_counted")
    moved = difference(ids, now, scope=scope)
    stored = select(STORED).where(*scope(STORED.c)).subquery("stored")
    same = and_(*(stored.c[name] == moved.c[name] for name in KEY))
    added = _added(is_settled(), stored, moved, stored.join(moved, same, full=True))
    return select(added).where(added.c.published > 0).subquery("standing")
