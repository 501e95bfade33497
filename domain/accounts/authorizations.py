"""Connecting an account by its owner's leave: a person goes to the platform with a state of ours and comes back.

The state names a row and carries a proof made from the installation's keys; it is good for one person, one unit or
account, one platform, ten minutes, and one use.
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.access.queries import actor_of
from domain.accounts import budgets, connections, renewals
from domain.accounts.models import Account, Authorization
from domain.audit.entries import record
from domain.base.ids import new_id
from domain.base.keyring import Keyring, KeySet
from domain.hosts.models import Host
from domain.hosts.port import Application, TokenInfo
from domain.hosts.rules import authorize_url
from domain.refusals import Invalid, NotFound, NotPermitted, Reason
from domain.terms import AccountState, HostKind
from domain.units.models import Unit
from domain.units.queries import tree_stands

LIFE = timedelta(minutes=10)
# So long a state is known to be over, rather than unknown.
REMEMBERED = timedelta(days=1)


class Arrival(Enum):
    """What becomes of a person who comes back from a platform."""

    CONNECTED = "CONNECTED"
    RENEWED = "RENEWED"
    STILL_SUSPENDED = "STILL_SUSPENDED"
    STATE_FOREIGN = "STATE_FOREIGN"
    STATE_USED = "STATE_USED"
    STATE_EXPIRED = "STATE_EXPIRED"
    DENIED = "DENIED"
    NOT_PERMITTED = "NOT_PERMITTED"
    OTHER_ACCOUNT = "OTHER_ACCOUNT"
    ELSEWHERE = "ELSEWHERE"
    CODE_REFUSED = "CODE_REFUSED"
    NO_ANSWER = "NO_ANSWER"
    MISCONFIGURED = "MISCONFIGURED"
    DATABASE_AWAY = "DATABASE_AWAY"


class Halted(Exception):
    """Somebody came back and nothing is stored."""

    def __init__(self, arrival: Arrival) -> None:
        super().__init__(arrival.value)
        self.arrival = arrival


@dataclass(frozen=True)
class Begun:
    """Where to send a person, and until when."""

    authorize_url: str
    expires_at: str
    unit_id: UUID
    unit_path: str


@dataclass(frozen=True)
class Errand:
    """What a person went for, and how the platform is asked about it."""

    user_id: UUID
    unit_id: UUID
    account_id: UUID | None
    host_id: UUID
    host_kind: HostKind
    api_url: str
    application: Application = field(repr=False)


async def begin_connection(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    links: KeySet,
    callback_url: str,
    unit_id: UUID | None = None,
    host_id: UUID | None = None,
    account_id: UUID | None = None,
) -> Begun:
    """Begin to connect a new account of a unit at a platform, or to renew the token of a known one.

    Whoever runs an account may renew its token, and nothing else.
    """
    field, what, unit_id, path, host_id = await _place(session, unit_id, host_id, account_id)
    actor.require(
        Permission.ACCOUNT_EDIT if account_id is None else Permission.ACCOUNT_RENEW, at=path, path=field, what=what
    )
    if account_id is not None:
        if not await renewals.may_renew(session, actor, account_id=account_id, unit_path=path, now=now):
            raise NotPermitted(Permission.ACCOUNT_EDIT.value, path=field)
        await renewals.mark_begun(session, account_id=account_id, now=now)
    host = await session.get(Host, host_id)
    if host is None:
        raise NotFound("host", path="hostId")
    errand = Authorization(
        id=new_id(),
        user_id=actor.user_id,
        unit_id=unit_id,
        account_id=account_id,
        host_id=host_id,
        key_id=links.current,
        created_at=now,
        expires_at=now + LIFE,
    )
    session.add(errand)
    await session.flush()
    url = authorize_url(
        host.kind, host.api_url, app_key=host.app_key, callback_url=callback_url, state=state_of(errand, links)
    )
    return Begun(url, errand.expires_at.isoformat(), unit_id, path)


async def _place(
    session: AsyncSession, unit_id: UUID | None, host_id: UUID | None, account_id: UUID | None
) -> tuple[str, str, UUID, str, UUID]:
    """The input field and noun that name the place, and unit, path and platform of what is to be connected there."""
    if account_id is not None and unit_id is None and host_id is None:
        account = await session.get(Account, account_id)
        if account is None:
            raise NotFound("account", path="accountId")
        return "accountId", "account", account.unit_id, account.unit_path, account.host_id
    if account_id is not None or unit_id is None or host_id is None:
        raise Invalid(Reason.CHOOSE_UNIT_OR_ACCOUNT, path="unitId" if account_id is None else "accountId")
    query = select(Unit.path).where(Unit.id == unit_id, Unit.closed_on.is_(None))
    path = (await session.execute(query)).scalar_one_or_none()
    if path is None:
        raise NotFound("unit", path="unitId")
    return "unitId", "unit", unit_id, path, host_id


async def take(
    session: AsyncSession, *, state: str, now: datetime, links: KeySet, keyring: Keyring, visitor: UUID | None
) -> Errand:
    """Use a state up; the caller commits, also where this raises `Halted`. `visitor` is who the browser belongs to."""
    errand = await _errand_of(session, state, links)
    # Whoever follows another one's link would connect an account of theirs to somebody else's unit.
    if errand is None or visitor not in (None, errand.user_id):
        raise Halted(Arrival.STATE_FOREIGN)
    if errand.used_at is None and now >= errand.expires_at:
        raise Halted(Arrival.STATE_EXPIRED)
    used = (
        update(Authorization)
        .where(Authorization.id == errand.id, Authorization.used_at.is_(None))
        .values(used_at=now)
        .returning(Authorization.id)
        .execution_options(synchronize_session=False)
    )
    if (await session.execute(used)).first() is None:
        raise Halted(Arrival.STATE_USED)
    await _permitted(session, errand.user_id, errand.unit_id, errand.account_id, now=now)
    host = await session.get_one(Host, errand.host_id)
    secret = keyring.open(host.app_secret, row=f"hosts:app_secret:{host.id}")
    return Errand(
        user_id=errand.user_id,
        unit_id=errand.unit_id,
        account_id=errand.account_id,
        host_id=host.id,
        host_kind=host.kind,
        api_url=host.api_url,
        application=Application(host.app_key, secret),
    )


async def finish(
    session: AsyncSession,
    errand: Errand,
    *,
    now: datetime,
    keyring: Keyring,
    token: str,
    info: TokenInfo,
    screen_name: str,
) -> Arrival:
    """Store the token of whoever really logged in, if it is the account that was meant."""
    await tree_stands(session)
    actor, unit_id, path = await _permitted(session, errand.user_id, errand.unit_id, errand.account_id, now=now)
    # With the turn at the platform taken, nobody connects the same account meanwhile.
    all_known = await connections.known_accounts(session, errand.host_id)
    known = all_known.get(info.uid)
    if errand.account_id is not None and (known is None or known.id != errand.account_id):
        raise Halted(Arrival.OTHER_ACCOUNT)
    if known is not None and known.unit_path != path:
        raise Halted(Arrival.ELSEWHERE)
    fresh = connections.NewAccount(unit_id, info.uid, screen_name, token, now + info.lasts)
    places = await connections.places_of(session, [fresh])
    if unit_id not in places:
        raise Halted(Arrival.NOT_PERMITTED)
    given: dict[str, Any] = {"host_id": errand.host_id, "accounts": [fresh], "places": places, "known": all_known}
    await connections.store_tokens(session, actor, now=now, keyring=keyring, **given)
    whose = (Account.host_id == errand.host_id, Account.uid == info.uid)
    # Its name was asked for: that was a call of its day.
    spent = update(Account).where(*whose).values(budgets.spending(is_post=False)).returning(Account.id)
    row_id = (await session.execute(spent.execution_options(synchronize_session=False))).scalar_one()
    record(
        session,
        at=now,
        actor_id=actor.user_id,
        act="connectAccount",
        about="Account",
        row_id=row_id,
        unit_id=unit_id,
        unit_path=path,
        details={"uid": info.uid, "renewed": known is not None},
    )
    if known is None:
        return Arrival.CONNECTED
    return Arrival.STILL_SUSPENDED if known.told["state"] is AccountState.SUSPENDED else Arrival.RENEWED


async def forget_over(session: AsyncSession) -> int:
    """States that ended long ago; answers how many."""
    over = delete(Authorization).where(Authorization.expires_at < func.now() - REMEMBERED).returning(Authorization.id)
    return len((await session.execute(over.execution_options(synchronize_session=False))).all())


def state_of(errand: Authorization, links: KeySet) -> str:
    """What the platform sends back: a row and its proof."""
    return f"{errand.id}.{_proof(errand, links.keys[errand.key_id])}"


async def _errand_of(session: AsyncSession, state: str, links: KeySet) -> Authorization | None:
    """The row of a state that is ours, whether or not it is over."""
    try:
        row_id = UUID(state.partition(".")[0])
    except ValueError:
        return None
    errand = await session.get(Authorization, row_id)
    if errand is None or errand.key_id not in links.keys:
        return None
    return errand if hmac.compare_digest(state_of(errand, links).encode(), state.encode()) else None


def _proof(errand: Authorization, key: bytes) -> str:
    bound = (errand.id, errand.user_id, errand.unit_id, errand.account_id, errand.host_id)
    ends = int(errand.expires_at.timestamp())
    return hmac.new(key, f"qicai connection {' '.join(map(str, bound))} {ends}".encode(), "sha256").hexdigest()


async def _permitted(
    session: AsyncSession, user_id: UUID, unit_id: UUID, account_id: UUID | None, *, now: datetime
) -> tuple[Actor, UUID, str]:
    """The person as things stand now, and where the account lies or is to lie; halts where it is not theirs to do."""
    actor = await actor_of(session, user_id, now=now)
    query = select(Unit.id, Unit.path).where(Unit.id == unit_id, Unit.closed_on.is_(None))
    if account_id is not None:
        query = select(Account.unit_id, Account.unit_path).where(Account.id == account_id)
    place = (await session.execute(query)).one_or_none()
    if actor is None or place is None:
        raise Halted(Arrival.NOT_PERMITTED)
    found, path = place
    if account_id is None:
        may = actor.holds(Permission.ACCOUNT_EDIT, at=path)
    else:
        may = await renewals.may_renew(session, actor, account_id=account_id, unit_path=path, now=now)
    if not may:
        raise Halted(Arrival.NOT_PERMITTED)
    return actor, found, path
