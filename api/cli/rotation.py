"""`qicai rotate-keys`: fresh keys, everything sealed anew, and old keys dropped once nobody needs them."""

import asyncio
import sys
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from api.cli.services import CannotStart, key_path, open_database, open_services, read_keys
from domain.accounts.sealing import SEALED, keys_in_use, reseal
from domain.base.keyring import Keyring
from domain.logins.keys import links_open_until
from integrations.database import Sessions, open_sessions
from integrations.keys import KeyFileError, add_keys, drop_keys, retired_keys

BATCH = 500
# What was made with a key just before it was retired may be committed a little later.
MARGIN = timedelta(minutes=5)
# No setting lets an access token live longer.
TOKEN_LIFE = timedelta(minutes=60)
PASSES = 50
PAUSE = 0.2


def rotate_keys(names: Collection[str], *, drop_old: bool) -> None:
    """Finish what an earlier run began; then add keys to these sets and seal everything anew, or drop old keys."""
    with open_services(quiet=True) as services:
        path = key_path(services.settings)

        async def run() -> None:
            async with open_database(services) as engine:
                sessions = open_sessions(engine)
                unreadable = await _reseal_all(sessions, services.keys.keyring)
                if drop_old:
                    await _drop(sessions, path, names)
                else:
                    for name, key in add_keys(path, names, now=datetime.now(UTC)).items():
                        _say(f"{name}: new key {key}")
                    unreadable = await _reseal_all(sessions, read_keys(services.settings).keyring)
            if unreadable:
                raise CannotStart(f"No key of the file opens these; they were left as they are: {unreadable}.")

        try:
            asyncio.run(run())
        except KeyFileError as error:
            raise CannotStart(str(error)) from error


async def _reseal_all(sessions: Sessions, keyring: Keyring) -> str:
    """Every sealed column under the current key; answers which rows no key opens."""
    unreadable: list[str] = []
    for name in SEALED:
        unreadable += [f"{name}:{row_id}" for row_id in await _reseal(sessions, keyring, name)]
    return ", ".join(unreadable)


async def _reseal(sessions: Sessions, keyring: Keyring, name: str) -> Collection[UUID]:
    """Pass after pass, until none is left: others write meanwhile, perhaps with the key they knew."""
    done = 0
    for _ in range(PASSES):
        unreadable: set[UUID] = set()
        last: UUID | None = None
        while True:
            async with sessions() as session:
                batch = await reseal(session, name=name, keyring=keyring, after=last, limit=BATCH)
                await session.commit()
            unreadable |= set(batch.unreadable)
            last = batch.last
            if last is None:
                break
            done += batch.resealed
            _say(f"{name}: {done} sealed anew")
        async with sessions() as session:
            used = (await keys_in_use(session))[name]
        if sum(used.values()) - used.get(keyring.current, 0) <= len(unreadable):
            return unreadable
        await asyncio.sleep(PAUSE)
    raise CannotStart(f"Some rows of {name} are held by others all the time; run `qicai rotate-keys --drop-old` later.")


async def _drop(sessions: Sessions, path: Path, names: Collection[str]) -> None:
    """Drop the old keys that nobody needs, and say of the others why and until when they stay."""
    now = datetime.now(UTC)
    retired = retired_keys(path, now=now)
    async with sessions() as session:
        rows: dict[str, int] = {}
        for used in (await keys_in_use(session)).values():
            rows |= {key: rows.get(key, 0) + count for key, count in used.items()}
        links = await links_open_until(session, now=now)
    dropped: dict[str, list[str]] = {}
    for name in names:
        for key, since in retired[name].items():
            reason = _needed(name, key, since, now=now, rows=rows, links=links)
            if reason is None:
                dropped.setdefault(name, []).append(key)
            _say(f"{name}: old key {key} {'dropped' if reason is None else 'kept: ' + reason}")
    drop_keys(path, dropped)
    if not any(retired[name] for name in names):
        _say("There is no old key.")


def _needed(
    name: str, key: str, since: datetime, *, now: datetime, rows: dict[str, int], links: dict[str, datetime]
) -> str | None:
    """Why a key that is not current any more has to stay; None where it may go."""
    if name == "sealing":
        return "the seals it made are checked with it for ever"
    if name == "rows" and rows.get(key):
        return f"it seals {rows[key]} values that could not be sealed anew"
    if name == "links" and key in links:
        return f"links made from it are open until {_told(links[key])}"
    until = since + MARGIN + (TOKEN_LIFE if name == "login" else timedelta())
    return f"it may be in use until {_told(until)}" if until > now else None


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
