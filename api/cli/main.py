"""The command `qicai`."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import typer

from api.cli import audit
from api.cli.services import CannotStart, open_database, open_services

app = typer.Typer(
    name="qicai",
    help="Qicai (七彩): the backend of a national volunteer programme. Start with `qicai demo` or `qicai up`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(audit.app, name="audit")

Child = Annotated[bool, typer.Option("--child", hidden=True)]
SCHEMA_FILE = Path(__file__).resolve().parents[2] / "schema.graphql"


class KeyChoice(StrEnum):
    """Which keys to renew."""

    ALL = "all"
    ROWS = "rows"
    LOGIN = "login"
    LINKS = "links"
    SEALING = "sealing"


@app.command()
def demo(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    faults: Annotated[bool, typer.Option(help="Let the sandbox fail with one post in fifty.")] = True,
    scale: Annotated[
        Literal["usual", "full"], typer.Option(help="`full` promotes through every grassroots unit too: about 44,000.")
    ] = "usual",
) -> None:
    """Run the main job end to end and print what happened."""
    from api.cli.demo import demo as run_demo

    raise typer.Exit(run_demo(as_json=as_json, faults=faults, scale=scale))


@app.command()
def up() -> None:
    """Serve API, worker, sandbox host and embedded servers until stopped."""
    from api.cli.up import up as run_up

    raise typer.Exit(run_up())


@app.command()
def serve(child: Child = False) -> None:
    """Serve the API."""
    from api.cli.serve import serve_api

    serve_api(child=child)


@app.command()
def work(child: Child = False) -> None:
    """Send what is due and collect engagement."""
    from api.cli.serve import run_worker

    run_worker(child=child)


@app.command()
def sandbox(child: Child = False) -> None:
    """Serve the sandbox host, which speaks Weibo's API and is not Weibo."""
    from api.cli.serve import serve_sandbox

    serve_sandbox(child=child)


@app.command()
def migrate() -> None:
    """Bring the database to the newest tables."""
    from migrations.apply import migrate as apply

    async def run() -> None:
        async with open_database(services) as engine:
            before, after = await apply(engine)
        sys.stdout.write(f"{before or 'empty'} -> {after}\n")

    with open_services() as services:
        asyncio.run(run())


@app.command()
def seed(
    reset: Annotated[bool, typer.Option("--reset", help="Empty the database and the sandbox first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Also empty a database that DATABASE_URL names.")] = False,
    password: Annotated[
        str | None, typer.Option(help="Set this password for all invented people, to try logging in.")
    ] = None,
) -> None:
    """Fill an installation with units, accounts at the sandbox, and people of every role and level."""
    from api.cli.seed import fill

    fill(reset=reset, yes=yes, password=password)


@app.command()
def import_divisions(
    file: Annotated[Path, typer.Argument(help="CSV with the columns code, name, kind; packed by gzip or not.")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day whose divisions it lists.")],
) -> None:
    """Compare a newer list of divisions with the tree, and propose the changes for people to decide."""
    from api.cli.divisions import import_divisions as bring

    bring(file, on.date())


@app.command()
def token(
    login: Annotated[
        str, typer.Option(help="Who to be; `qicai up` and `qicai demo` make the people.")
    ] = "national-admin",
) -> None:
    """Print an access token and nothing else."""
    from api.auth import issue_token
    from domain.access.queries import user_by_login
    from integrations.database import open_sessions

    async def run() -> str:
        async with open_database(services) as engine, open_sessions(engine)() as session:
            user = await user_by_login(session, login)
        if user is None:
            raise CannotStart(f"Nobody logs in as {login!r}; `qicai up` and `qicai demo` make the people.")
        life = timedelta(minutes=services.settings.token_minutes)
        return issue_token(services.keys.login, user.id, now=datetime.now(UTC), life=life)

    with open_services(quiet=True) as services:
        sys.stdout.write(asyncio.run(run()) + "\n")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to write the copy.")]) -> None:
    """Copy the whole database into one file, while everything runs."""
    from api.cli.backup import backup as copy

    copy(file)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A copy made by `qicai backup`.")],
    yes: Annotated[bool, typer.Option("--yes", help="Put aside the data that are there.")] = False,
) -> None:
    """Make the database what a copy holds; nothing is sent before a person says so."""
    from api.cli.backup import restore as bring_back

    bring_back(file, yes=yes)


@app.command()
def rotate_keys(
    chosen: Annotated[KeyChoice, typer.Option("--set", help="Which keys to renew.")] = KeyChoice.ALL,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", help="Add no key; drop the old ones that nobody needs any more.")
    ] = False,
) -> None:
    """Renew the keys of the key file, and seal every stored secret anew. A run that was killed is finished first."""
    from api.cli.rotation import rotate_keys as rotate
    from integrations.keys import SETS

    rotate(SETS if chosen is KeyChoice.ALL else (chosen.value,), drop_old=drop_old)


@app.command()
def schema(
    check: Annotated[bool, typer.Option("--check", help="Fail if schema.graphql is not what the code serves.")] = False,
) -> None:
    """Write schema.graphql, the API's text."""
    from schema.root import build_schema

    text = build_schema().as_str() + "\n"
    if not check:
        SCHEMA_FILE.write_text(text, "utf-8")
    elif not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text("utf-8") != text:
        raise CannotStart("schema.graphql is not what the code serves; run `qicai schema` and commit the file.")


def run(command: Callable[[], None] = app) -> None:
    """The entry point: what cannot start says why, without a traceback."""
    try:
        command()
    except CannotStart as error:
        sys.stderr.write(f"qicai: {error}\n")
        raise SystemExit(1) from None


if __name__ == "__main__":
    run()
