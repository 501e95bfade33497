"""Acts on accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.access.rules import refusal_to_lift
from domain.accounts import classes, connections, gates, handover, queries, rules
from domain.accounts.connections import NewAccount as NewAccount
from domain.accounts.events import event, note
from domain.accounts.models import Account, AccountEvent, Delegation, Guidance
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.base.turns import shut_gate
from domain.base.words import said
from domain.refusals import Conflict, Invalid, NotFound, Reason
from domain.terms import AccountChange, AccountState, Level, Positioning, UpperPosting
from domain.units import queries as units
from domain.units.models import Unit
from domain.wording.queries import check_texts

# So many accounts may be named one by one; more are chosen by level.
NAMED_LIMIT = 1000
REFUSED_BY_PLATFORM = "平台不再接受该授权。"


async def connect_accounts(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    keyring: Keyring,
    host_id: UUID,
    accounts: Sequence[NewAccount],
) -> int:
    """Register accounts with their tokens, or renew the tokens of those already known; answers how many.

    A known account stays with its unit, so the permission is needed there too.
    """
    places = await connections.places_of(session, accounts)
    known = await connections.known_accounts(session, host_id)
    for account in accounts:
        if account.unit_id not in places:
            raise NotFound("unit", path="unitId")
        path, _ = places[account.unit_id]
        earlier = known.get(account.uid)
        actor.require(Permission.ACCOUNT_EDIT, at=path, path="unitId")
        actor.require(Permission.ACCOUNT_EDIT, at=earlier.unit_path if earlier else path, path="uid")
    return await connections.store_tokens(
        session, actor, now=now, keyring=keyring, host_id=host_id, accounts=accounts, places=places, known=known
    )


async def edit_account(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    account_id: UUID,
    expected_version: int,
    positioning: Positioning | None = None,
    is_brand: bool = False,
    guidance_id: UUID | None = None,
    reason: str | None = None,
) -> Account:
    """Say what an account is there for, unless somebody else did so after the version that was seen."""
    account = await gates.locked_account(session, actor, account_id)
    given = {"positioning": positioning, "is_brand": is_brand, "guidance_id": guidance_id}
    before = {name: getattr(account, name) for name in given}
    gates.check_version(account, expected_version, before, given)
    if given == before:
        return account
    if guidance_id != account.guidance_id:
        await gates.check_class(session, actor, account, guidance_id)
    for name, value in given.items():
        setattr(account, name, value)
    account.version += 1
    note(session, actor, account, AccountChange.PROFILE, now=now, reason=reason, before=before, after=given)
    await session.flush()
    return account


async def appoint_keeper(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    account_id: UUID,
    user_id: UUID | None = None,
    reason: str | None = None,
) -> Account:
    """Say who runs an account, or that nobody does."""
    account = await gates.locked_account(session, actor, account_id)
    if user_id is not None:
        await gates.check_runner(session, actor, user_id, [account.unit_path], now=now, path="userId")
    before, after = {"keeper_id": account.keeper_id}, {"keeper_id": user_id}
    if before != after:
        account.keeper_id = user_id
        note(session, actor, account, AccountChange.KEEPER, now=now, reason=reason, before=before, after=after)
    await session.flush()
    return account


async def delegate_account(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    account_id: UUID,
    user_id: UUID,
    until: datetime | None = None,
) -> Delegation:
    """Let somebody run an account beside its keeper from now on, until an instant or until it is ended."""
    if until is not None and until.tzinfo is None:
        raise Invalid(Reason.TIME_WITHOUT_ZONE, path="until")
    if until is not None and until <= now:
        raise Invalid(Reason.UNTIL_PASSED, path="until")
    account = await gates.locked_account(session, actor, account_id)
    await gates.check_runner(session, actor, user_id, [account.unit_path], now=now, path="userId")
    running = select(Delegation.id).where(handover.overlapping(now, user_id, account_id)).limit(1)
    if account.keeper_id == user_id or (await session.execute(running)).first() is not None:
        raise Conflict(Reason.RUNS_IT_ALREADY, path="userId")
    delegation = Delegation(
        id=new_id(),
        account_id=account_id,
        user_id=user_id,
        delegated_by=actor.person_id,
        valid_from=now,
        valid_to=until,
    )
    session.add(delegation)
    after = {"delegate_id": user_id, "until": until}
    note(session, actor, account, AccountChange.KEEPER, now=now, reason=None, before={}, after=after)
    await session.flush()
    return delegation


async def end_delegation(
    session: AsyncSession, actor: Actor, *, now: datetime, delegation_id: UUID, reason: str | None = None
) -> Delegation:
    """End a delegation before its time."""
    found = await session.get(Delegation, delegation_id, with_for_update=True)
    account = None if found is None else await session.get(Account, found.account_id)
    if found is None or account is None or not actor.holds(Permission.ACCOUNT_VIEW, at=account.unit_path):
        raise NotFound("delegation", path="delegationId")
    actor.require(Permission.ACCOUNT_EDIT, at=account.unit_path, path="delegationId")
    if found.valid_to is not None and found.valid_to <= now:
        raise Conflict(Reason.DELEGATION_OVER, path="delegationId")
    before = {"delegate_id": found.user_id, "until": found.valid_to}
    found.valid_to = max(now, found.valid_from + handover.INSTANT)
    note(session, actor, account, AccountChange.KEEPER, now=now, reason=reason, before=before, after={})
    await session.flush()
    return found


async def suspend_account(
    session: AsyncSession, actor: Actor, *, now: datetime, account_id: UUID, reason: str
) -> Account:
    """Take an account out of use: nothing is sent for it until it is resumed."""
    account = await gates.locked_account(session, actor, account_id)
    return await _set_state(session, actor, account, AccountState.SUSPENDED, now=now, reason=reason)


async def resume_account(
    session: AsyncSession, actor: Actor, *, now: datetime, account_id: UUID, reason: str
) -> Account:
    """Take a suspended account into use again; whether its token still lives shows at the next post."""
    account = await gates.locked_account(session, actor, account_id)
    return await _set_state(session, actor, account, AccountState.ACTIVE, now=now, reason=reason)


async def write_guidance(
    session: AsyncSession, actor: Actor, *, now: datetime, unit_id: UUID, title: str, text: str
) -> Guidance:
    """Write what a unit tells a class of accounts below it."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.GUIDANCE_EDIT, path="unitId")
    given = {"title": said(title, "title"), "text": said(text, "text")}
    await check_texts(session, given)
    guidance = Guidance(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        **given,
        created_at=now,
        updated_at=now,
    )
    session.add(guidance)
    await session.flush()
    return guidance


async def edit_guidance(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    guidance_id: UUID,
    expected_version: int,
    title: str,
    text: str,
) -> Guidance:
    """Change a guidance, unless somebody else did so after the version that was seen."""
    guidance = await gates.locked_guidance(session, actor, guidance_id)
    given = {"title": said(title, "title"), "text": said(text, "text")}
    await check_texts(session, given)
    before = {name: getattr(guidance, name) for name in given}
    gates.check_version(guidance, expected_version, before, given)
    if given != before:
        guidance.title, guidance.text = given["title"], given["text"]
        guidance.updated_at = now
        guidance.version += 1
    await session.flush()
    return guidance


@dataclass(frozen=True)
class Classing:
    """A guidance, how many accounts came into its class, and how many stay in the class of a unit further up."""

    guidance: Guidance
    classed: int
    staying: int


async def class_accounts(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    guidance_id: UUID,
    account_ids: Sequence[UUID] = (),
    levels: Sequence[Level] = (),
    reason: str | None = None,
) -> Classing:
    """Put accounts below a guidance's unit into its class, those named or all of some levels."""
    guidance = await gates.locked_guidance(session, actor, guidance_id)
    if bool(account_ids) == bool(levels):
        raise Invalid(Reason.CHOOSE_ACCOUNTS, path="accountIds")
    if len(account_ids) > NAMED_LIMIT:
        raise Invalid(Reason.TOO_MANY, path="accountIds", limit=NAMED_LIMIT)
    if account_ids:
        await gates.check_named(session, actor, guidance, account_ids)
    found = await classes.outside(session, guidance, account_ids=account_ids, levels=levels)
    moved = [row for row in found if not classes.stays(actor, row)]
    if moved:
        await classes.join(session, actor, guidance_id, moved, now=now, reason=reason)
    return Classing(guidance, len(moved), staying=len(found) - len(moved))


async def set_upper_posting(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    unit_id: UUID,
    upper_posting: UpperPosting,
) -> Unit:
    """Say how the levels above may post through a unit's accounts; that is for the unit alone to say."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.UNIT_SET, path="unitId")
    if not actor.holds_itself(Permission.UNIT_SET, at=unit.path):
        raise Conflict(Reason.SETTING_OF_THE_UNIT, path="unitId")
    unit.upper_posting = upper_posting
    await session.flush()
    return unit


@dataclass(frozen=True)
class HandingOver:
    """How many accounts went over: those kept, and those run by delegation."""

    kept: int
    delegated: int
    unit_id: UUID
    unit_path: str


async def hand_over_accounts(
    session: AsyncSession, actor: Actor, *, now: datetime, from_user_id: UUID, to_user_id: UUID, reason: str
) -> HandingOver:
    """Give a leaver's accounts to a successor, as far as the actor may edit them."""
    await units.tree_stands(session)
    leaver = await queries.runner(session, from_user_id, now=now)
    if leaver is None:
        raise NotFound("user", path="fromUserId")
    actor.require(Permission.ACCOUNT_EDIT, at=leaver.user.unit_path, path="fromUserId", what="user")
    why = said(reason, "reason")
    if from_user_id == to_user_id:
        raise Invalid(Reason.SAME_PERSON, path="toUserId")
    work = await handover.work_of(session, actor, user_id=from_user_id, now=now)
    await gates.check_runner(session, actor, to_user_id, list(work.paths.values()), now=now, path="toUserId")
    await handover.give(session, actor, work, leaver=from_user_id, successor=to_user_id, now=now, reason=why)
    return HandingOver(len(work.kept), len(work.delegated), leaver.user.unit_id, leaver.user.unit_path)


async def mark_unauthorized(session: AsyncSession, *, account_id: UUID, token: str) -> None:
    """The platform says this token is dead: nothing is sent for the account until it is renewed.

    `token` is the sealed one that was used; if another stands there by now, that one is not dead.
    """
    stopped = await session.execute(
        update(Account)
        .where(Account.id == account_id, Account.state == AccountState.ACTIVE, Account.token == token)
        .values(state=AccountState.UNAUTHORIZED, state_since=func.now(), state_reason=REFUSED_BY_PLATFORM)
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    )
    if stopped.first() is None:
        return
    before, after = {"state": AccountState.ACTIVE}, {"state": AccountState.UNAUTHORIZED}
    told = event(
        account_id,
        AccountChange.STATE,
        at=func.now(),
        actor=None,
        reason=REFUSED_BY_PLATFORM,
        before=before,
        after=after,
    )
    await session.execute(insert(AccountEvent).values(told))


async def pause(session: AsyncSession, *, account_id: UUID, until: datetime | None, wait: timedelta) -> None:
    """The platform limits the account: nothing is sent for it before `until`, or for `wait` where it names no end."""
    end = func.now() + wait if until is None else until
    await session.execute(
        update(Account).where(Account.id == account_id).values(paused_until=func.greatest(Account.paused_until, end))
    )


async def pause_reading(session: AsyncSession, *, account_id: UUID, until: datetime | None, wait: timedelta) -> None:
    """The account cannot read counts now: another one reads meanwhile, and what it sends is not held up."""
    end = func.now() + wait if until is None else until
    await session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(reading_paused_until=func.greatest(Account.reading_paused_until, end))
    )


async def _set_state(
    session: AsyncSession, actor: Actor, account: Account, state: AccountState, *, now: datetime, reason: str
) -> Account:
    why = said(reason, "reason")
    if state is AccountState.SUSPENDED and rules.suspended(account):
        raise Conflict(Reason.ACCOUNT_SUSPENDED, path="accountId")
    if state is AccountState.ACTIVE and rules.not_suspended(account):
        raise Conflict(Reason.ACCOUNT_NOT_SUSPENDED, path="accountId")
    if state is AccountState.ACTIVE:
        path, height = account.unit_path, account.suspended_height
        refusal = refusal_to_lift(actor, Permission.ACCOUNT_EDIT, at=path, height=height, field="accountId")
        if refusal is not None:
            raise refusal
    before, after = {"state": account.state}, {"state": state}
    account.state, account.state_since, account.state_reason = state, now, why
    from_up = actor.height(Permission.ACCOUNT_EDIT, at=account.unit_path)
    account.suspended_height = from_up if state is AccountState.SUSPENDED else None
    note(session, actor, account, AccountChange.STATE, now=now, reason=why, before=before, after=after)
    # What is sent for the account by the answer was claimed before it.
    await shut_gate(session)
    return account
