"""A newer list of divisions, which becomes proposals."""

import asyncio
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from api.cli.seed import describe
from api.cli.services import CannotStart, open_database, open_services
from domain.access.actor import Actor
from domain.calendar.shipped import add_shipped_occasions
from domain.units.commands import import_units
from domain.units.divisions import ListUnusable, tree_of
from integrations.database import open_sessions


def import_divisions(file: Path, on: date) -> None:
    """Propose what would make the tree agree with the list from that day on; the first list ever opens all units."""
    try:
        tree = tree_of(file.read_bytes())
    except OSError as error:
        raise CannotStart(f"{file} cannot be read ({error}).") from error
    except ListUnusable as error:
        raise CannotStart(f"{file} is no list of divisions: {error}.") from error

    async def run() -> str:
        async with open_database(services) as engine, open_sessions(engine)() as session:
            now = datetime.now(UTC)
            done = await import_units(session, Actor.operator(), now=now, tree=tree, effective_on=on)
            occasions = await add_shipped_occasions(session, Actor.operator(), now=now)
            await session.commit()
        return f"{describe(tree, done)}\nOccasions: {occasions} of the nation added"

    with open_services(quiet=True) as services:
        said = asyncio.run(run())
    sys.stdout.write(
        f"Units: {said}\nProposals are accepted or dismissed through the API: unitActs(states: [PROPOSED]).\n"
    )
