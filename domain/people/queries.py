"""Reads of people: their grants at an instant, who is found by name, and units with nobody to ask."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, distinct, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below, within_reach
from domain.access.models import Grant, User
from domain.access.permissions import Permission
from domain.access.queries import held_by
from domain.access.rules import ACTING, refusal_to_lift, refusal_to_manage
from domain.logins.models import LoginLink
from domain.logins.queries import vouched_for
from domain.people.rules import care_of_login, places_above, second_person, state_of
from domain.reading.selection import Page, typed
from domain.refusals import Invalid, Reason, Refusal
from domain.terms import Level, Reach
from domain.units.models import Unit
from domain.units.search import FOUND_LIMIT, SEARCH_LEAST, SEARCH_LONGEST, FoundUnit, places_by_path

Condition = Callable[[Any], ColumnElement[bool]]


def valid_at(instant: datetime) -> Condition:
    """Grants that were, or will be, in force at an instant."""
    if instant.tzinfo is None:
        raise Invalid(Reason.TIME_WITHOUT_ZONE, path="asOf")
    return lambda grant: and_(grant.valid_from <= instant, or_(grant.valid_to.is_(None), grant.valid_to > instant))


def named(text: str, *, path: str = "search") -> Condition:
    """People whose name or login begins with the text."""
    wanted = text.strip()
    if not SEARCH_LEAST <= len(wanted) <= SEARCH_LONGEST:
        raise Invalid(Reason.SEARCH_TOO_SHORT, path=path, least=SEARCH_LEAST, limit=SEARCH_LONGEST)
    return lambda user: or_(
        user.name.startswith(wanted, autoescape=True), user.login.startswith(wanted.casefold(), autoescape=True)
    )


@dataclass(frozen=True)
class FoundUser:
    """What somebody may know of a person who finds them without seeing them."""

    id: UUID
    name: str
    unit: str


async def found_users(session: AsyncSession, actor: Actor, *, text: str) -> list[FoundUser]:
    """Up to 20 people within the actor's reach of finding, which may go further than what the actor sees."""
    rows = await session.execute(
        select(User.id, User.name, Unit.name)
        .join(Unit, Unit.id == User.unit_id)
        .where(
            named(text)(User),
            User.disabled_at.is_(None),
            within_reach(actor, Permission.USER_FIND, User.unit_path),
        )
        .order_by(User.unit_path, User.id)
        .limit(FOUND_LIMIT)
    )
    return [FoundUser(*row) for row in rows]


@dataclass(frozen=True)
class Home:
    """The name a person logs in with, and the unit the person belongs to."""

    login: str
    unit: FoundUnit


async def home_of(session: AsyncSession, user_id: UUID) -> Home | None:
    """Where one person belongs, for that person: to know it needs no permission."""
    row = (await session.execute(select(User.login, User.unit_path).where(User.id == user_id))).one_or_none()
    if row is None:
        return None
    return Home(row.login, (await places_by_path(session, [row.unit_path]))[row.unit_path])


async def grants_held(session: AsyncSession, user_id: UUID, *, now: datetime) -> Sequence[Grant]:
    """The grants of one person that are valid now, whoever asks: everybody knows their own."""
    query = select(Grant).where(Grant.user_id == user_id, valid_at(now)(Grant)).order_by(Grant.unit_path, Grant.id)
    return (await session.execute(query)).scalars().all()


async def care_of_logins(
    session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]
) -> dict[UUID, dict[str, Refusal | None]]:
    """Of each login, by act, what stands in the way of this actor's looking after it."""
    held = await held_by(session, ids, now=func.now())
    columns = (User.id, User.unit_path, User.password_set_at, User.disabled_at, User.disabled_height)
    found = {}
    for user_id, home, password_set_at, disabled_at, height in await session.execute(
        select(*columns).where(User.id.in_(ids))
    ):
        state = state_of(password_set_at=password_set_at, disabled_at=disabled_at)
        managing = refusal_to_manage(actor, user_id=user_id, home=home, held=held.get(user_id, ()))
        lifting = None if managing else refusal_to_lift(actor, Permission.USER_EDIT, at=home, height=height)
        found[user_id] = care_of_login(state, managing, lifting)
    return found


async def open_links(
    session: AsyncSession, actor: Actor, *, user_ids: Collection[UUID], now: datetime
) -> dict[UUID, LoginLink]:
    """The newest open link of each of these people whose login the actor looks after now.

    One whose maker could not make it any more opens nothing, and is not shown.
    """
    rows = await session.execute(
        select(LoginLink, User.unit_path)
        .join(User, User.id == LoginLink.user_id)
        .where(
            LoginLink.user_id.in_(user_ids),
            LoginLink.used_at.is_(None),
            LoginLink.withdrawn_at.is_(None),
            LoginLink.expires_at > now,
            User.disabled_at.is_(None),
        )
        .order_by(LoginLink.created_at, LoginLink.id)
    )
    every = [(link, home) for link, home in rows]
    held = await held_by(session, {link.user_id for link, _ in every}, now=now)
    vouched = await vouched_for(session, every, held=held, now=now)
    found = {link.user_id: (link, home) for link, home in every if link.id in vouched}
    return {
        user_id: link
        for user_id, (link, home) in found.items()
        if refusal_to_manage(actor, user_id=user_id, home=home, held=held.get(user_id, ())) is None
    }


@dataclass(frozen=True)
class LoneUnit:
    """A unit with one person to act for it, and the place above whose people step in where a second one is needed."""

    unit_id: UUID
    path: str
    name: str
    level: Level
    user_id: UUID
    user_name: str
    steps_in_id: UUID | None
    steps_in_name: str | None


async def lone_units(
    session: AsyncSession, actor: Actor, *, now: datetime, page: Page, under: str = ""
) -> tuple[list[LoneUnit], int | None]:
    """Units whose only acting person cannot be their own second person, in the order of the tree; one more than asked.

    The second value is how many there are, where the page asks for it.
    """
    rows = _lone(now).where(within_reach(actor, Permission.GRANT_VIEW, Grant.unit_path), below(Grant.unit_path, under))
    total = await session.scalar(select(func.count()).select_from(rows.subquery())) if page.total else None
    if page.cursor is not None:
        rows = rows.where(Grant.unit_path > typed(page.cursor, [str])[0])
    lone = rows.order_by(Grant.unit_path).limit(page.size + 1).subquery()
    query = (
        select(Unit.id, Unit.path, Unit.name, Unit.level, User.id, User.name)
        .join(lone, lone.c.unit_id == Unit.id)
        .join(User, User.id == lone.c.user_id)
        .order_by(Unit.path)
    )
    found = (await session.execute(query)).all()
    acting, units = await _acting(session, {above for row in found for above in places_above(row.path)}, now=now)
    listed = []
    for unit_id, path, name, level, user_id, user_name in found:
        steps_in = second_person(user_id, path=path, acting=acting)
        place = (None, None) if steps_in is None else units[steps_in]
        listed.append(LoneUnit(unit_id, path, name, level, user_id, user_name, *place))
    return listed, total


def _lone(now: datetime) -> Any:
    """Open units with exactly one acting person, by path, with that person."""
    people = func.array_agg(Grant.user_id, type_=ARRAY(Uuid()))
    return (
        select(Unit.id.label("unit_id"), people[1].label("user_id"))
        .select_from(Grant)
        .join(User, User.id == Grant.user_id)
        .join(Unit, Unit.id == Grant.unit_id)
        .where(_acts(now), Unit.closed_on.is_(None))
        .group_by(Grant.unit_path, Unit.id)
        .having(func.count(distinct(Grant.user_id)) == 1)
    )


def _acts(now: datetime) -> ColumnElement[bool]:
    return and_(
        Grant.role.in_(sorted(ACTING)), Grant.reach == Reach.ACT, valid_at(now)(Grant), User.disabled_at.is_(None)
    )


async def _acting(
    session: AsyncSession, paths: Iterable[str], *, now: datetime
) -> tuple[dict[str, set[UUID]], dict[str, tuple[UUID, str]]]:
    """Who acts at each of these places, and which units they are."""
    rows = await session.execute(
        select(Grant.unit_path, Grant.user_id, Unit.id, Unit.name)
        .join(User, User.id == Grant.user_id)
        .join(Unit, Unit.id == Grant.unit_id)
        .where(Grant.unit_path.in_(list(paths)), _acts(now), Unit.closed_on.is_(None))
        .distinct()
    )
    acting: dict[str, set[UUID]] = defaultdict(set)
    units: dict[str, tuple[UUID, str]] = {}
    for path, user_id, unit_id, name in rows:
        acting[path].add(user_id)
        units[path] = (unit_id, name)
    return acting, units
