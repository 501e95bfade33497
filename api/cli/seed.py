"""Fill an installation: the tree from real data, accounts at the sandbox, and people to log in as."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.sandbox import CLIENT_ID, Control
from api.cli.services import Services, open_database
from domain.access.actor import Actor
from domain.accounts.commands import NewAccount, connect_accounts
from domain.hosts.commands import register_host
from domain.people.commands import enrol
from domain.terms import HostKind, Level, Role, UnitKind
from domain.units.commands import import_units
from domain.units.divisions import STATE_ON, shipped_tree
from domain.units.imports import Imported
from domain.units.models import Unit
from domain.units.rules import Tree
from integrations.database import open_sessions
from migrations.apply import migrate

# Synthetic: how large an account's audience is against the national news account whose real counts shape the sandbox.
AUDIENCE = {Level.NATIONAL: 0.05, Level.PROVINCIAL: 0.01, Level.PREFECTURE: 0.002, Level.COUNTY: 0.0005}
# Account ids at the sandbox; built on the unit's own number, so that a second seed meets the same accounts.
FIRST_UID = 1_000_000_000
PERSONAS = [
    ("national-admin", "全国管理员(演示)", Role.ADMINISTRATOR, "0"),
    ("national-media", "全国微博管理员(演示)", Role.MEDIA_MANAGER, "0"),
    ("province-media", "省级微博管理员(演示)", Role.MEDIA_MANAGER, "44"),
    ("county-media", "县级微博管理员(演示)", Role.MEDIA_MANAGER, "440106"),
    ("county-viewer", "县级查看者(演示)", Role.VIEWER, "440106"),
]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Seeded:
    """What there is after seeding."""

    tree: Tree
    changes: Imported
    accounts: int


async def seed(services: Services, sandbox: Control, say: Say) -> Seeded:
    """Repeatable: a second run finds what the first one made and renews the accounts' tokens."""
    async with open_database(services) as engine:
        before, after = await migrate(engine)
        say(f"Tables: revision {after}" + ("" if before == after else f" (was {before or 'empty'})"))
        sessions = open_sessions(engine)
        async with sessions() as session:
            tree = shipped_tree()
            now = datetime.now(UTC)
            changes = await import_units(session, Actor.operator(), now=now, tree=tree, effective_on=STATE_ON)
            await session.commit()
        say(f"Units: {describe(tree, changes)}")
        async with sessions() as session:
            count = await _accounts(session, services, sandbox)
            await _people(session)
            await session.commit()
        say(f"Accounts: {count:,} at the sandbox, down to the counties; {len(PERSONAS)} people to log in as")
        return Seeded(tree, changes, count)


def describe(tree: Tree, changes: Imported) -> str:
    """What an import did, and what it did with the rows that do not fit the five levels."""
    zones = ", ".join(f"{count:,} {level.value.lower()}" for level, count in sorted(tree.statistical.items()))
    counties = sum(unit.level is Level.COUNTY for unit in tree.skipping)
    lines = [
        f"{changes.opened:,} opened, {changes.unchanged:,} as before, "
        f"{changes.proposed.total():,} changes proposed for a person to decide, {changes.known:,} proposed before",
        f"left out: {len(tree.left_out)} virtual rows without a body of their own "
        f"({sum(len(d.code) == 4 for d in tree.left_out)} prefectures, "
        f"{sum(len(d.code) == 6 for d in tree.left_out)} county placeholders)",
        f"skip a level lawfully: {counties} counties and {len(tree.skipping) - counties} townships; "
        f"{tree.corps_cities} more, the Corps' cities, stand under the Corps' divisions by a hand-made mapping",
        f"marked statistical: {zones}",
    ]
    return "\n  ".join(lines)


async def _accounts(session: AsyncSession, services: Services, sandbox: Control) -> int:
    now = datetime.now(UTC)
    settings, keyring = services.settings, services.keys.keyring
    host = await register_host(
        session,
        Actor.operator(),
        now=now,
        keyring=keyring,
        kind=HostKind.WEIBO,
        name="sandbox",
        api_url=sandbox.url,
        app_key=CLIENT_ID,
        app_secret=services.keys.derived("sandbox application"),
        safe_domain=settings.public_domain,
        settling_seconds=settings.settling_seconds,
    )
    rows = await session.execute(
        select(Unit.id, Unit.number, Unit.name, Unit.level).where(
            Unit.level.in_(AUDIENCE), Unit.kind != UnitKind.STATISTICAL, Unit.closed_on.is_(None)
        )
    )
    units = {str(FIRST_UID + row.number): row for row in rows}
    wanted = [
        {"uid": uid, "screen_name": f"{row.name}七彩志愿", "audience": AUDIENCE[row.level]}
        for uid, row in units.items()
    ]
    users: list[dict[str, Any]] = sandbox.call("POST", "users", json=wanted)
    accounts = [
        NewAccount(
            unit_id=units[user["uid"]].id,
            uid=user["uid"],
            screen_name=f"{units[user['uid']].name}七彩志愿",
            token=user["access_token"],
            token_expires_at=now + timedelta(seconds=int(user["expires_in"])),
        )
        for user in users
    ]
    return await connect_accounts(
        session, Actor.operator(), now=now, keyring=keyring, host_id=host.id, accounts=accounts
    )


async def _people(session: AsyncSession) -> None:
    codes = {code for _, _, _, code in PERSONAS}
    found = await session.execute(select(Unit.code, Unit).where(Unit.code.in_(codes), Unit.closed_on.is_(None)))
    units = dict(found.all())
    for login, name, role, code in PERSONAS:
        await enrol(
            session,
            Actor.operator(),
            now=datetime.now(UTC),
            login=login,
            name=name,
            role=role,
            unit=units[code],
        )
