"""Acts on people: invited, granted roles, looked after, and seen off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.access.permissions import Permission
from domain.access.queries import held_by, not_over
from domain.access.rules import Held, is_grant_over, refusal_to_grant, refusal_to_lift, refusal_to_manage
from domain.base.dates import today
from domain.base.ids import new_id
from domain.base.keyring import KeySet
from domain.base.words import said
from domain.logins import links
from domain.logins.models import LoginLink
from domain.logins.rules import login_name
from domain.logins.sessions import end_sessions_of
from domain.people import invitations
from domain.people.files import NAME_LIMIT, parse_people, usable_name
from domain.people.rules import state_of
from domain.refusals import Conflict, Invalid, NotFound, Reason
from domain.terms import InviteOutcome, LinkPurpose, Reach, Role, RowPolicy, SessionEnd, UserState
from domain.units import queries as units
from domain.units.models import Unit


async def enrol(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    login: str,
    name: str,
    role: Role,
    unit: Unit,
    reach: Reach = Reach.ACT,
) -> User:
    """Make a person known and give a role over a unit; for one who has that role already nothing changes."""
    actor.require(Permission.GRANT_EDIT, at=unit.path, path="unitId")
    login = login_name(login)
    user = (await session.execute(select(User).where(User.login == login))).scalar_one_or_none()
    refusal = refusal_to_grant(
        actor, user_id=user.id if user else None, held=Held(role, unit.path, reach), field="role"
    )
    if refusal is not None:
        raise refusal
    if user is None:
        user = User(id=new_id(), login=login, name=name, unit_id=unit.id, unit_path=unit.path, created_at=now)
        session.add(user)
        await session.flush()
    grant = Grant(user_id=user.id, role=role, reach=reach, unit_id=unit.id, unit_path=unit.path, valid_from=now)
    if not await _is_held(session, grant):
        session.add(_given(grant, actor))
        await session.flush()
    return user


@dataclass(frozen=True)
class Invitations:
    """What became of a file of people, row by row as plain data, and in numbers."""

    unit_id: UUID
    unit_path: str
    rows: list[dict[str, Any]]
    created: int
    existing: int
    refused: int
    # Who was given which role where, for the record; nothing that describes a person.
    decided: dict[str, Any]


async def invite_users(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    keys: KeySet,
    unit_id: UUID,
    file: str,
    policy: RowPolicy = RowPolicy.IGNORE_FAILED,
) -> Invitations:
    """Invite the people of a file to units within one unit, each with a role and a link of their own.

    A row that says what is so already changes nothing, so that a file may be sent again.
    """
    within = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.GRANT_EDIT, path="unitId")
    rows = parse_people(file, today=today(now))
    verdicts = await invitations.judge(session, actor, now=now, within=within, rows=rows)
    if policy is RowPolicy.REJECT_ALL and _count(verdicts, InviteOutcome.REFUSED):
        verdicts = invitations.left_out(verdicts)
    else:
        verdicts = await invitations.make(session, actor, now=now, verdicts=verdicts)
        if policy is RowPolicy.REJECT_ALL and _count(verdicts, InviteOutcome.REFUSED):
            # Somebody took a login in this very moment: what was made of the others is rolled back.
            raise Conflict(Reason.LOGIN_TAKEN, path="file")
        await invitations.hand_out(session, actor, now=now, keys=keys, verdicts=verdicts)
    return Invitations(
        unit_id=within.id,
        unit_path=within.path,
        rows=[verdict.facts() for verdict in verdicts],
        created=_count(verdicts, InviteOutcome.CREATED),
        existing=_count(verdicts, InviteOutcome.EXISTS),
        refused=_count(verdicts, InviteOutcome.REFUSED),
        decided={"grants": [verdict.grant() for verdict in verdicts if verdict.outcome is InviteOutcome.CREATED]},
    )


async def grant_role(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    user_id: UUID,
    unit_id: UUID,
    role: Role,
    reach: Reach = Reach.ACT,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
) -> Grant:
    """Give a person a role over a unit and everything below it, from an instant to an instant."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.GRANT_EDIT, path="unitId")
    user = await _locked(session, user_id)
    actor.require(Permission.USER_FIND, at=user.unit_path, path="userId", what="user")
    refusal = refusal_to_grant(actor, user_id=user.id, held=Held(role, unit.path, reach), field="role")
    if refusal is not None:
        raise refusal
    if user.disabled_at is not None:
        raise Conflict(Reason.USER_DISABLED, path="userId")
    for field, instant in (("validFrom", valid_from), ("validTo", valid_to)):
        if instant is not None and instant.tzinfo is None:
            raise Invalid(Reason.TIME_WITHOUT_ZONE, path=field)
    begins = now if valid_from is None else valid_from
    if begins < now or (valid_to is not None and valid_to <= begins):
        raise Invalid(Reason.GRANT_PERIOD, path="validFrom" if begins < now else "validTo")
    grant = Grant(user_id=user.id, role=role, reach=reach, unit_id=unit.id, unit_path=unit.path, valid_from=begins)
    grant.valid_to = valid_to
    if await _is_held(session, grant):
        raise Conflict(Reason.GRANT_THERE, path="userId")
    session.add(_given(grant, actor))
    await _withdraw_others(session, actor, user.id, now=now)
    await session.flush()
    return grant


async def end_grant(session: AsyncSession, actor: Actor, *, now: datetime, grant_id: UUID, reason: str) -> Grant:
    """End a grant now, or take it back before it begins."""
    query = select(Grant).where(Grant.id == grant_id).with_for_update().execution_options(populate_existing=True)
    grant = (await session.execute(query)).scalar_one_or_none()
    if grant is None:
        raise NotFound("grant", path="grantId")
    actor.require(Permission.GRANT_EDIT, at=grant.unit_path, path="grantId", what="grant")
    held = Held(grant.role, grant.unit_path, grant.reach)
    refusal = refusal_to_grant(actor, user_id=grant.user_id, held=held, field="grantId")
    if refusal is not None:
        raise refusal
    said(reason, "reason")
    if is_grant_over(grant, now):
        raise Conflict(Reason.GRANT_ENDED, path="grantId")
    grant.valid_to = max(now, grant.valid_from)
    grant.ended_by = actor.person_id
    await session.flush()
    return grant


async def disable_user(
    session: AsyncSession, actor: Actor, *, now: datetime, user_id: UUID, reason: str, is_leaving: bool = False
) -> User:
    """Shut a login at once, with its sessions and links; of a person who leaves for good the grants end too."""
    user = await _in_care(session, actor, user_id, now=now)
    why = said(reason, "reason")
    if user.disabled_at is not None:
        raise Conflict(Reason.USER_DISABLED, path="userId")
    user.disabled_at, user.disabled_reason = now, why
    user.disabled_height = actor.height(Permission.USER_EDIT, at=user.unit_path)
    await end_sessions_of(session, user_ids=[user.id], now=now, end=SessionEnd.DISABLED)
    await links.withdraw(session, user_ids=[user.id], now=now)
    if is_leaving:
        await session.execute(
            update(Grant)
            .where(Grant.user_id == user.id, not_over(now)(Grant))
            .values(valid_to=func.greatest(Grant.valid_from, now), ended_by=actor.person_id)
            .execution_options(synchronize_session=False)
        )
    await session.flush()
    return user


async def enable_user(session: AsyncSession, actor: Actor, *, now: datetime, user_id: UUID) -> User:
    """Open a login again; what the person had been logged in with stays ended."""
    user = await _in_care(session, actor, user_id, now=now)
    if user.disabled_at is None:
        raise Conflict(Reason.USER_ENABLED, path="userId")
    path, height = user.unit_path, user.disabled_height
    refusal = refusal_to_lift(actor, Permission.USER_EDIT, at=path, height=height, field="userId")
    if refusal is not None:
        raise refusal
    user.disabled_at = user.disabled_reason = user.disabled_height = None
    await session.flush()
    return user


async def send_reset_link(session: AsyncSession, actor: Actor, *, now: datetime, keys: KeySet, user_id: UUID) -> User:
    """Make a link by which a person sets a password: a new invitation for those who have none yet."""
    user = await _in_care(session, actor, user_id, now=now)
    state = state_of(password_set_at=user.password_set_at, disabled_at=user.disabled_at)
    if state is UserState.DISABLED:
        raise Conflict(Reason.USER_DISABLED, path="userId")
    purpose = LinkPurpose.INVITATION if state is UserState.INVITED else LinkPurpose.RESET
    await links.make_link(session, user_id=user.id, purpose=purpose, created_by=actor.person_id, now=now, keys=keys)
    return user


async def edit_user(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    user_id: UUID,
    name: str | None = None,
    unit_id: UUID | None = None,
) -> User:
    """Change the name of a person, or the unit whose administrators look after the login."""
    unit = None
    if unit_id is not None:
        unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.USER_EDIT, path="unitId")
    user = await _in_care(session, actor, user_id, now=now)
    if name is not None:
        if not usable_name(name.strip()):
            raise Invalid(Reason.NAME_UNUSABLE, path="name", limit=NAME_LIMIT)
        user.name = name.strip()
    if unit is not None and unit.id != user.unit_id:
        user.unit_id, user.unit_path = unit.id, unit.path
        await _withdraw_others(session, actor, user.id, now=now)
    await session.flush()
    return user


async def _in_care(session: AsyncSession, actor: Actor, user_id: UUID, *, now: datetime) -> User:
    """The person, with the turn at them taken, if the actor looks after the login."""
    user = await _locked(session, user_id)
    actor.require(Permission.USER_EDIT, at=user.unit_path, path="userId", what="user")
    held = await held_by(session, [user.id], now=now)
    refusal = refusal_to_manage(actor, user_id=user.id, home=user.unit_path, held=held.get(user.id, ()), field="userId")
    if refusal is not None:
        raise refusal
    return user


async def _locked(session: AsyncSession, user_id: UUID) -> User:
    """Whoever gives a role at the same time waits: what was decided on the person's grants stays true until the end.

    The tree stands first: a move rewrites grants and then people, and would be waited for in return.
    """
    await units.tree_stands(session)
    query = select(User).where(User.id == user_id).with_for_update().execution_options(populate_existing=True)
    user = (await session.execute(query)).scalar_one_or_none()
    if user is None:
        raise NotFound("user", path="userId")
    return user


async def _is_held(session: AsyncSession, grant: Grant) -> bool:
    """Whether the person has the same grant in some part of that time."""
    query = select(Grant.id).where(
        Grant.user_id == grant.user_id,
        Grant.unit_id == grant.unit_id,
        Grant.role == grant.role,
        Grant.reach == grant.reach,
        or_(Grant.valid_to.is_(None), (Grant.valid_to > grant.valid_from) & (Grant.valid_to > Grant.valid_from)),
    )
    if grant.valid_to is not None:
        query = query.where(Grant.valid_from < grant.valid_to)
    return (await session.execute(query)).first() is not None


def _given(grant: Grant, actor: Actor) -> Grant:
    grant.id, grant.granted_by = new_id(), actor.person_id
    return grant


async def _withdraw_others(session: AsyncSession, actor: Actor, user_id: UUID, *, now: datetime) -> None:
    """Make worthless the links that others made: a person who may do more is not let in by whoever could do less."""
    await session.execute(
        update(LoginLink)
        .where(
            LoginLink.user_id == user_id,
            LoginLink.used_at.is_(None),
            LoginLink.withdrawn_at.is_(None),
            LoginLink.created_by.is_distinct_from(actor.person_id),
        )
        .values(withdrawn_at=now)
        .execution_options(synchronize_session=False)
    )


def _count(verdicts: list[invitations.Verdict], outcome: InviteOutcome) -> int:
    return sum(verdict.outcome is outcome for verdict in verdicts)
