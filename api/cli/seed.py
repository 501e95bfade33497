"""Fill an installation: the tree from real data, accounts at the sandbox, and people to log in as."""

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.personas import make_personas, persona
from api.cli.processes import child
from api.cli.sandbox import CLIENT_ID, Control, scaled, take_place
from api.cli.services import CannotStart, Services, open_database, open_services
from domain.access.actor import Actor
from domain.accounts.commands import NewAccount, connect_accounts
from domain.calendar.shipped import add_shipped_occasions
from domain.hosts.commands import register_host
from domain.hosts.models import CALLS_KEPT_BACK, CALLS_PER_DAY, POSTS_PER_HOUR
from domain.lessons.commands import add_themes
from domain.lessons.themes import SHIPPED
from domain.logins.rules import check_password
from domain.posts.models import fences
from domain.refusals import Refusal
from domain.tables import metadata
from domain.terms import HostKind, Level, Role, UnitKind
from domain.units.commands import import_units
from domain.units.divisions import STATE_ON, shipped_tree
from domain.units.imports import Imported
from domain.units.models import Unit, unit_numbers
from domain.units.rules import Tree
from domain.wording.models import LabelWord
from domain.wording.shipped import shipped_words
from integrations.database import open_sessions
from migrations.apply import migrate
from workers.audit import HEADS_FILE

# Synthetic: how large an account's audience is against the national news account whose real counts shape the sandbox.
AUDIENCE = {Level.NATIONAL: 0.05, Level.PROVINCIAL: 0.01, Level.PREFECTURE: 0.002, Level.COUNTY: 0.0005}
SMALLEST = 0.0001
# Account ids at the sandbox; built on the unit's own number, so that a second seed meets the same accounts.
FIRST_UID = 1_000_000_000
Say = Callable[[str], None]


@dataclass(frozen=True)
class Seeded:
    """What there is after seeding."""

    tree: Tree
    changes: Imported
    accounts: int


def fill(*, reset: bool, yes: bool, password: str | None) -> None:
    """The command: nothing else may work on the data folder meanwhile."""
    try:
        if password is not None:
            check_password(password, login="", path="password")
    except Refusal as refusal:
        raise CannotStart(f"{refusal.words('zh')} {refusal.words('en')}") from refusal
    with open_services() as services:
        if reset and services.settings.database_url and not yes:
            raise CannotStart("--reset would empty the database that DATABASE_URL names. Add --yes if you mean it.")
        # Held only to see that nobody else works here; the child takes it next.
        os.close(take_place(services.settings.data_dir))
        if reset:
            asyncio.run(empty(services))
        log = services.settings.data_dir / "log" / "sandbox.log"
        with child("sandbox", environment={"QICAI_SANDBOX_PORT": "0"}, log=log) as sandbox:
            control = Control(sandbox.said, services.keys.derived("sandbox control"))
            asyncio.run(seed(services, control, print, password=password))


async def seed(
    services: Services, sandbox: Control, say: Say, *, password: str | None = None, levels: Sequence[Level] = ()
) -> Seeded:
    """Accounts down to the counties, and of further levels where they are named.

    Repeatable: a second run finds what the first one made, renews the accounts' tokens, and mends the people.
    """
    async with open_database(services) as engine:
        before, after = await migrate(engine)
        say(f"Tables: revision {after}" + ("" if before == after else f" (was {before or 'empty'})"))
        sessions = open_sessions(engine)
        async with sessions() as session:
            tree = shipped_tree()
            now = datetime.now(UTC)
            changes = await import_units(session, Actor.operator(), now=now, tree=tree, effective_on=STATE_ON)
            occasions = await add_shipped_occasions(session, Actor.operator(), now=now)
            await session.commit()
        say(f"Units: {describe(tree, changes)}")
        say(f"Occasions: {occasions} of the nation added")
        async with sessions() as session:
            count = await _accounts(session, services, sandbox, {*AUDIENCE, *levels})
            for each in SHIPPED:
                await add_themes(session, Actor.operator(), list_name=each.name, since=each.since, names=each.themes)
            left_out = await make_personas(session, now=datetime.now(UTC), password=password)
            await session.commit()
        say(f"Accounts: {count:,} at the sandbox")
        say(f"People to log in as: one of every role at every level, as {persona(Level.COUNTY, Role.MEDIA_MANAGER)}")
        if left_out:
            say(f"Left out, since their unit is closed: {', '.join(left_out)}")
        return Seeded(tree, changes, count)


async def empty(services: Services) -> None:
    """Take every row out of the database, and forget what the sandbox knew and the heads of the audit log."""
    tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    async with open_database(services) as engine:
        await migrate(engine)
        async with engine.begin() as connection:
            await connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
            for sequence in (unit_numbers, fences):
                await connection.execute(text(f"ALTER SEQUENCE {sequence.name} RESTART"))
            # What a migration brought, and would not bring again.
            await connection.execute(insert(LabelWord), shipped_words())
    folder = services.settings.data_dir
    (folder / "sandbox" / "journal.jsonl").unlink(missing_ok=True)
    if (folder / HEADS_FILE).exists():
        # Of a log that is gone now; kept all the same, since nothing of a log's proof is ever deleted.
        (folder / HEADS_FILE).rename(folder / f"audit-heads.until-{datetime.now(UTC):%Y%m%dT%H%M%S}.jsonl")


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


async def _accounts(session: AsyncSession, services: Services, sandbox: Control, levels: set[Level]) -> int:
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
        calls_per_day=scaled(CALLS_PER_DAY, settings),
        calls_kept_back=scaled(CALLS_KEPT_BACK, settings),
        posts_per_hour=scaled(POSTS_PER_HOUR, settings),
    )
    rows = await session.execute(
        select(Unit.id, Unit.number, Unit.name, Unit.level).where(
            Unit.level.in_(levels), Unit.kind != UnitKind.STATISTICAL, Unit.closed_on.is_(None)
        )
    )
    units = {str(FIRST_UID + row.number): row for row in rows}
    wanted = [
        {"uid": uid, "screen_name": f"{row.name}七彩志愿", "audience": AUDIENCE.get(row.level, SMALLEST)}
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
