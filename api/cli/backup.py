"""A copy of the database in one file, and an installation made from one, which sends nothing before it is told to."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from api.cli.sandbox import take_place
from api.cli.services import CannotStart, Services, open_database, open_services
from domain.posts.restoring import Restored, hold_restored
from integrations.database import driver_url, open_sessions
from integrations.embedded.postgres import installation
from migrations.apply import migrate
from workers.audit import HEADS_FILE


def backup(file: Path) -> None:
    """Write the whole database into a file, as of one instant; whatever runs goes on."""
    with open_services(quiet=True) as services:
        part = file.with_name(f"{file.name}.part")
        _run(services, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        part.replace(file)
        store = services.settings.store_url or services.settings.objects_dir
    sys.stdout.write(
        f"{file} ({file.stat().st_size:,} bytes). The key file is not in it: without it no token can be opened, "
        f"so keep a copy of it elsewhere. Pictures are in {store}: copy them after this.\n"
    )


def restore(file: Path, *, yes: bool) -> None:
    """Make the database what the file holds; every delivery is held, and looked for before it is sent."""
    if not file.is_file():
        raise CannotStart(f"There is no file {file}.")
    with open_services(quiet=True) as services:
        # Nobody may send meanwhile; given to the process, it is let go at its end.
        take_place(services.settings.data_dir)
        kept, restored = asyncio.run(_restore(services, file, yes=yes))
    sys.stdout.write(
        f"Restored. {restored.deliveries:,} deliveries may have gone out since the copy was made: nothing is sent now. "
        f"Each is looked for at its platform before it is sent. Look through what waits, then lift the order over "
        f"{restored.unit} (liftSilence), over a period if there is much.\n"
    )
    if kept:
        sys.stdout.write(f"What was there before is kept in the schema {kept}; drop it when you need it no more.\n")


async def _restore(services: Services, file: Path, *, yes: bool) -> tuple[str, Restored]:
    stamp = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    async with open_database(services) as engine:
        async with engine.begin() as connection:
            is_used = await _refuse_where_used(connection, yes=yes)
            before = f"before_restore_{stamp}"
            await _put_aside(connection, before)
        try:
            _run(services, "pg_restore", "--no-owner", "--no-privileges", "--single-transaction", str(file))
        except CannotStart:
            async with engine.begin() as connection:
                await _put_back(connection, before)
            raise
        await migrate(engine)
        async with open_sessions(engine)() as session:
            restored = await hold_restored(session, now=datetime.now(UTC))
            await session.commit()
        if not is_used:
            async with engine.begin() as connection:
                await connection.execute(text(f"DROP SCHEMA {before} CASCADE"))
    heads = services.settings.data_dir / HEADS_FILE
    if heads.exists():
        # They are of a log that went on after the copy was made; kept, since they prove what it held.
        heads.rename(heads.with_name(f"audit-heads.until-{stamp}.jsonl"))
    return before if is_used else "", restored


async def _refuse_where_used(connection: AsyncConnection, *, yes: bool) -> bool:
    """Whether there are data, which only an explicit word puts aside; nobody may be at work."""
    others = await connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND application_name = 'qicai'"
        )
    )
    if others:
        raise CannotStart(f"{others} connections of Qicai are open; stop `serve` and `work` first.")
    has_table = await connection.scalar(text("SELECT to_regclass('public.units') IS NOT NULL"))
    is_used = bool(has_table and await connection.scalar(text("SELECT EXISTS (SELECT FROM units)")))
    if is_used and not yes:
        raise CannotStart("The database holds data. Add --yes to put them aside and restore the file in their place.")
    return is_used


async def _put_aside(connection: AsyncConnection, name: str) -> None:
    """Nothing is deleted: should the file be no good, what was there is put back."""
    await connection.execute(text(f"ALTER SCHEMA public RENAME TO {name}"))
    await connection.execute(text("CREATE SCHEMA public"))
    # What the file needs of the database itself stays where the file looks for it.
    if await connection.scalar(text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist')")):
        await connection.execute(text("ALTER EXTENSION btree_gist SET SCHEMA public"))


async def _put_back(connection: AsyncConnection, name: str) -> None:
    if await connection.scalar(text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist')")):
        await connection.execute(text(f"ALTER EXTENSION btree_gist SET SCHEMA {name}"))
    await connection.execute(text("DROP SCHEMA public CASCADE"))
    await connection.execute(text(f"ALTER SCHEMA {name} RENAME TO public"))


def _run(services: Services, program: str, *options: str) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, which other users cannot read."""
    url = make_url(driver_url(services.database_url))
    where = {
        "PGHOST": str(url.query.get("host", url.host or "")),
        "PGPORT": str(url.port or url.query.get("port", "5432")),
        "PGUSER": url.username or "",
        "PGPASSWORD": str(url.password or ""),
        "PGDATABASE": url.database or "",
    }
    environment = os.environ | {name: value for name, value in where.items() if value}
    database = ["--dbname", where["PGDATABASE"]] if program == "pg_restore" else []
    command = [str(installation() / "bin" / program), *database, *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise CannotStart(f"{program} failed: {done.stderr.strip()[-500:]}")
