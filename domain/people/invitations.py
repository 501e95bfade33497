"""Inviting many people at once: what becomes of each row of a file, in a constant number of statements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert as plain_insert
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below
from domain.access.models import Grant, User
from domain.access.queries import held_by, not_over
from domain.access.rules import Held, refusal_to_grant, refusal_to_manage
from domain.base.dates import begins
from domain.base.ids import new_id
from domain.base.keyring import KeySet
from domain.logins import links
from domain.people import queries
from domain.people.files import Row, Wanted
from domain.people.rules import state_of
from domain.refusals import Conflict, NotFound, Reason, Refusal
from domain.terms import InviteOutcome, LinkPurpose, UserState
from domain.units.models import Unit

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Verdict:
    """What became of one row."""

    row: Row
    outcome: InviteOutcome
    problems: tuple[Refusal, ...] = ()
    user_id: UUID | None = None
    unit: Unit | None = None

    def facts(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "row": self.row.number,
            "login": self.row.login,
            "outcome": self.outcome.value,
            "user_id": str(self.user_id) if self.user_id else None,
            "problems": [
                {"code": p.code, "path": list(p.path), "zh": p.words("zh"), "en": p.words("en")} for p in self.problems
            ],
        }

    def grant(self) -> dict[str, Any]:
        """The role that was given, as plain data with ids and words only."""
        wanted, unit = self.row.wanted, self.unit
        if wanted is None or unit is None:
            return {}
        until = None if wanted.until is None else wanted.until.isoformat()
        held = {"role": wanted.role.value, "reach": wanted.reach.value, "until": until}
        return {"userId": str(self.user_id), "unitId": str(unit.id)} | held


async def judge(
    session: AsyncSession, actor: Actor, *, now: datetime, within: Unit, rows: Sequence[Row]
) -> list[Verdict]:
    """Decide on every row by what is there now; those to be made are CREATED, though nothing is written yet."""
    wanted = [row.wanted for row in rows if row.wanted]
    places = await session.execute(
        select(Unit).where(
            Unit.code.in_({w.unit_code for w in wanted}), Unit.closed_on.is_(None), below(Unit.path, within.path)
        )
    )
    units = {unit.code: unit for unit in places.scalars()}
    people = await session.execute(select(User).where(User.login.in_([w.login for w in wanted])))
    users = {user.login: user for user in people.scalars()}
    held = await session.execute(
        select(Grant).where(Grant.user_id.in_([u.id for u in users.values()]), not_over(now)(Grant))
    )
    grants = list(held.scalars())
    return [_verdict(actor, row, row.wanted, units, users, grants) for row in rows]


def _verdict(
    actor: Actor,
    row: Row,
    wanted: Wanted | None,
    units: Mapping[str, Unit],
    users: Mapping[str, User],
    grants: Collection[Grant],
) -> Verdict:
    if wanted is None:
        return Verdict(row, InviteOutcome.REFUSED, row.problems)
    unit, user = units.get(wanted.unit_code), users.get(wanted.login)
    if unit is None:
        return Verdict(row, InviteOutcome.REFUSED, (NotFound("unit", path="unit"),))
    to_hold = Held(wanted.role, unit.path, wanted.reach)
    refusal = refusal_to_grant(actor, user_id=user.id if user else None, held=to_hold, field="role")
    if refusal is not None:
        return Verdict(row, InviteOutcome.REFUSED, (refusal,))
    if user is None:
        return Verdict(row, InviteOutcome.CREATED, user_id=new_id(), unit=unit)
    if not _is_there(user, wanted, unit, grants):
        return Verdict(row, InviteOutcome.REFUSED, (Conflict(Reason.LOGIN_TAKEN, path="login"),))
    return Verdict(row, InviteOutcome.EXISTS, user_id=user.id, unit=unit)


def _is_there(user: User, wanted: Wanted, unit: Unit, grants: Collection[Grant]) -> bool:
    """Whether the row says what is so already: then a repeated file is no mistake."""
    there = {(g.unit_id, g.role, g.reach, g.valid_to) for g in grants if g.user_id == user.id}
    same = (unit.id, wanted.role, wanted.reach, ends_at(wanted))
    return user.name == wanted.name and user.disabled_at is None and same in there


def ends_at(wanted: Wanted) -> datetime | None:
    """The instant at which the last day is over."""
    return None if wanted.until is None else begins(wanted.until + DAY)


async def make(session: AsyncSession, actor: Actor, *, now: datetime, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Write down the people who are new, with their grants; a login that somebody else took meanwhile is refused."""
    # In one order for everybody, so that two files with the same logins cannot wait for each other.
    new = sorted((v for v in verdicts if v.outcome is InviteOutcome.CREATED), key=lambda v: v.row.login)
    if not new:
        return list(verdicts)
    rows = [_user(v, v.row.wanted, v.unit, now) for v in new if v.row.wanted and v.unit]
    made = await session.scalars(insert(User).on_conflict_do_nothing(index_elements=["login"]).returning(User.id), rows)
    ids = set(made)
    grants = [_grant(v, v.row.wanted, v.unit, now, actor) for v in new if v.user_id in ids and v.row.wanted and v.unit]
    if grants:
        await session.execute(plain_insert(Grant), grants)
    taken = (Conflict(Reason.LOGIN_TAKEN, path="login"),)
    lost = {v.user_id for v in new} - ids
    return [
        replace(v, outcome=InviteOutcome.REFUSED, problems=taken, user_id=None) if v.user_id in lost else v
        for v in verdicts
    ]


def _user(verdict: Verdict, wanted: Wanted, unit: Unit, now: datetime) -> dict[str, Any]:
    return {
        "id": verdict.user_id,
        "login": wanted.login,
        "name": wanted.name,
        "unit_id": unit.id,
        "unit_path": unit.path,
        "created_at": now,
    }


def _grant(verdict: Verdict, wanted: Wanted, unit: Unit, now: datetime, actor: Actor) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": verdict.user_id,
        "role": wanted.role,
        "reach": wanted.reach,
        "unit_id": unit.id,
        "unit_path": unit.path,
        "valid_from": now,
        "valid_to": ends_at(wanted),
        "granted_by": actor.person_id,
    }


async def hand_out(
    session: AsyncSession, actor: Actor, *, now: datetime, keys: KeySet, verdicts: Sequence[Verdict]
) -> None:
    """Make a link for everybody who is new, and for those who let theirs pass; who has an open one keeps it."""
    new = [v.user_id for v in verdicts if v.outcome is InviteOutcome.CREATED and v.user_id]
    known = [v.user_id for v in verdicts if v.outcome is InviteOutcome.EXISTS and v.user_id]
    late = await _late(session, actor, known, now=now) if known else []
    await links.make_links(
        session,
        user_ids=[*new, *late],
        purpose=LinkPurpose.INVITATION,
        created_by=actor.person_id,
        now=now,
        keys=keys,
    )


async def _late(session: AsyncSession, actor: Actor, user_ids: Sequence[UUID], *, now: datetime) -> list[UUID]:
    """Those who were invited and have no open link, as far as the actor looks after their logins."""
    still_open = await queries.open_links(session, actor, user_ids=user_ids, now=now)
    held = await held_by(session, user_ids, now=now)
    people = await session.execute(select(User).where(User.id.in_(user_ids)).order_by(User.id))
    return [
        user.id
        for user in people.scalars()
        if user.id not in still_open
        and state_of(password_set_at=user.password_set_at, disabled_at=user.disabled_at) is UserState.INVITED
        and refusal_to_manage(actor, user_id=user.id, home=user.unit_path, held=held.get(user.id, ())) is None
    ]


def left_out(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The same where one bad row keeps the others back: nothing is made."""
    return [
        replace(v, outcome=InviteOutcome.LEFT_OUT, user_id=None) if v.outcome is InviteOutcome.CREATED else v
        for v in verdicts
    ]
