"""Through which accounts a post goes out, and the deliveries that are made of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    SmallInteger,
    Text,
    Uuid,
    case,
    false,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.ids import CODE_LENGTH, new_codes, new_id
from domain.base.prepared import kept_plans
from domain.hosts.models import Host
from domain.hosts.rules import CAPABILITIES, check_picture
from domain.posts import rules
from domain.posts.models import Delivery, Post
from domain.posts.tiers import rank_of, tier_of
from domain.posts.waiting import uppers
from domain.refusals import Conflict, Invalid, Reason
from domain.terms import AccountState, DeliveryState, Level, UpperPosting
from domain.units.models import Unit
from domain.uploads.models import Picture
from domain.uploads.rules import key_of


@dataclass(frozen=True)
class Audience:
    """Active accounts, upper levels first, so that the nation's post stands before the counties' do.

    `by_release` are left out because their units take posts from above by release only.
    """

    accounts: Sequence[Any]
    by_release: int
    # The platforms by id: few, where accounts are many.
    hosts: dict[UUID, Any]


@dataclass(frozen=True)
class Plan:
    """The deliveries of an audience, column by column, in its order."""

    ids: list[UUID]
    codes: list[str]
    texts: list[str]
    keys: list[UUID]
    due_times: list[datetime]
    waits_for: list[UUID | None]
    # The same for all of them.
    picture_key: str | None


async def audience_of(
    session: AsyncSession, actor: Actor, unit: Unit, *which: ColumnElement[bool], path: str
) -> Audience:
    """The active accounts of open units that a condition chooses, for a unit to post through."""
    # Whoever speaks in a unit's name from above is the level above all the same.
    itself = Unit.id == unit.id if actor.holds_itself(Permission.LESSON_SCHEDULE, at=unit.path) else false()
    is_direct = or_(Unit.upper_posting == UpperPosting.DIRECT, itself).label("is_direct")
    columns = (Account.id, Account.unit_id, Account.unit_path, Account.level, Account.screen_name, Account.host_id)
    rows = await session.execute(
        select(*columns, is_direct)
        .join(Unit, Unit.id == Account.unit_id)
        .where(Unit.closed_on.is_(None), Account.state == AccountState.ACTIVE, *which)
    )
    found = rows.all()
    direct = [row for row in found if row.is_direct]
    if found and not direct:
        raise Conflict(Reason.ONLY_BY_RELEASE, path=path, count=len(found))
    if not direct:
        raise Invalid(Reason.NO_ACCOUNTS, path=path)
    depths = {level: level.depth for level in Level}
    ordered = sorted(direct, key=lambda row: (depths[row.level], row.unit_path, row.id))
    hosts = await session.execute(select(Host.id, Host.kind, Host.safe_domain, Host.name))
    return Audience(ordered, len(found) - len(direct), {host.id: host for host in hosts})


def check_content(text: str, picture: Picture | None, audience: Audience, *, path: str = "text") -> None:
    """Refuse a text or picture that one of the platforms would refuse."""
    for host_id in {account.host_id for account in audience.accounts}:
        host = audience.hosts[host_id]
        capabilities = CAPABILITIES[host.kind]
        rules.check_post(text, domain=host.safe_domain, capabilities=capabilities, code_length=CODE_LENGTH, path=path)
        if picture is not None:
            check_picture(picture.kind, picture.size, capabilities, path="pictureId")


def bytes_of(picture: Picture | None) -> str | None:
    """The key of the bytes that a delivery sends."""
    return None if picture is None else key_of(picture.id, picture.sha256, picture.kind)


def plan_of(post: Post, picture: Picture | None, audience: Audience, *, waits_for_upper: bool) -> Plan:
    """What is to go out, each with its final text frozen."""
    accounts = audience.accounts
    # Sorted, because ids made within one millisecond are not in order, and what is due at once goes out by id.
    ids = sorted(new_id() for _ in accounts)
    codes = new_codes(len(accounts))
    domains = {host_id: host.safe_domain for host_id, host in audience.hosts.items()}
    texts = [
        rules.final_text(post.text, domain=domains[account.host_id], code=code)
        for account, code in zip(accounts, codes, strict=True)
    ]
    picture_key = bytes_of(picture)
    above = uppers(accounts) if waits_for_upper else [None] * len(accounts)
    return Plan(
        ids=ids,
        codes=codes,
        texts=texts,
        keys=[rules.delivery_key(delivery_id, text, picture_key) for delivery_id, text in zip(ids, texts, strict=True)],
        picture_key=picture_key,
        due_times=rules.spread(len(accounts), post.publish_at, timedelta(seconds=post.spread_seconds)),
        waits_for=[None if place is None else ids[place] for place in above],
    )


async def add_deliveries(session: AsyncSession, audience: Audience, planned: Sequence[tuple[Post, Plan]]) -> None:
    """Write all deliveries in one statement, each column one value: 44,000 rows cost no more parsing than one.

    Posts that are written together are one unit's, the earliest first.
    """
    accounts = audience.accounts
    plans = [plan for _, plan in planned]
    before = await rank_of(session, planned[0][0])
    columns: dict[str, tuple[Sequence[Any], Any]] = {
        "id": (_joined(plan.ids for plan in plans), Uuid()),
        "post_id": ([post.id for post, _ in planned for _ in accounts], Uuid()),
        "waits_for_id": (_joined(plan.waits_for for plan in plans), Uuid()),
        "account_id": ([account.id for account in accounts] * len(plans), Uuid()),
        "unit_id": ([account.unit_id for account in accounts] * len(plans), Uuid()),
        "unit_path": ([account.unit_path for account in accounts] * len(plans), Text()),
        "text": (_joined(plan.texts for plan in plans), Text()),
        "picture_key": ([plan.picture_key for plan in plans for _ in accounts], Text()),
        "code": (_joined(plan.codes for plan in plans), Text()),
        "key": (_joined(plan.keys for plan in plans), Uuid()),
        "due_at": (_joined(plan.due_times for plan in plans), DateTime(timezone=True)),
        "tier": ([tier_of(before + place) for place in range(len(accounts) * len(plans))], SmallInteger()),
    }
    arrays = [literal(list(values), ARRAY(kind)) for values, kind in columns.values()]
    rows = func.unnest(*arrays).table_valued(*columns).render_derived()
    kind = Delivery.__table__.c.state.type
    state = case(
        (rows.c.waits_for_id.is_(None), literal(DeliveryState.SCHEDULED, kind)),
        else_=literal(DeliveryState.WAITING, kind),
    )
    values = {**{name: rows.c[name] for name in columns}, "try_at": rows.c.due_at, "state": state}
    async with kept_plans(session):
        await session.execute(insert(Delivery).from_select(list(values), select(*values.values())))


def _joined(parts: Iterable[Sequence[Any]]) -> list[Any]:
    return list(chain.from_iterable(parts))
