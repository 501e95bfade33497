"""`qicai rotate-keys`: nothing sealed is lost, whatever happens meanwhile, and running processes need no restart."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import issue_token
from domain.accounts.models import Account
from domain.accounts.sealing import reseal
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.hosts.models import Host
from domain.logins.models import LoginLink
from domain.terms import LinkPurpose
from integrations.database import Sessions
from integrations.keys import SETS, Keys, add_keys, load_keys
from tests.api.cli.running import ROOT, environment, qicai
from tests.api.serving import served
from tests.factories.deliveries import change
from tests.factories.keys import write_keys
from tests.factories.posts import add_accounts, add_host
from tests.factories.units import Tree, add_user, plant_tree

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def key_file(keys: Keys, tmp_path: Path) -> Path:
    """A key file that a test may rotate."""
    return write_keys(tmp_path / "keys.json", keys)


@pytest.fixture
def given(key_file: Path, database_url: str, redis_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "QICAI_KEY_FILE": str(key_file)}


@pytest.fixture
def rotate(given: dict[str, str], tmp_path: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return qicai("rotate-keys", *arguments, folder=tmp_path, **given)

    return run


async def plant(session: AsyncSession, keys: Keys, *, count: int) -> tuple[Tree, Host]:
    tree = await plant_tree(session)
    host = await add_host(session, keys.keyring)
    await add_accounts(session, tree, "east", host, keys.keyring, count=count)
    return tree, host


async def sealed(session: AsyncSession) -> dict[str, str]:
    """Every sealed value by the row it is sealed for."""
    await session.rollback()
    tokens = await session.execute(select(Account.id, Account.token))
    secrets = await session.execute(select(Host.id, Host.app_secret))
    return {f"accounts:token:{row_id}": value for row_id, value in tokens} | {
        f"hosts:app_secret:{row_id}": value for row_id, value in secrets
    }


def opened(values: dict[str, str], ring: Keyring) -> set[str]:
    return {ring.open(value, row=row) for row, value in values.items()}


def sealing_keys(values: dict[str, str]) -> set[str]:
    return {value.partition(":")[0] for value in values.values()}


def backdate(key_file: Path, by: timedelta) -> None:
    """As if the keys had been retired earlier."""
    content = json.loads(key_file.read_text())
    for name in SETS:
        for key in content[name].get("retired", {}):
            content[name]["retired"][key] = (datetime.now(UTC) - by).isoformat()
    key_file.write_text(json.dumps(content))


def run_and_kill(command: list[str], variables: dict[str, str], *, at: str) -> None:
    """Run a command, and kill it when it says a line that begins so."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=variables)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(at):
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait(30)
    process.stdout.close()


async def test_everything_is_sealed_anew_and_opens(session: AsyncSession, keys: Keys, key_file: Path, rotate: Run):
    await plant(session, keys, count=1203)
    done = rotate()
    assert (done.returncode, done.stderr) == (0, "")
    ring = load_keys(key_file).keyring
    values = await sealed(session)
    assert sealing_keys(values) == {ring.current}
    assert ring.current != keys.keyring.current
    assert opened(values, ring) == {"token", "not a secret"}
    assert "accounts:token: 1203 sealed anew" in done.stdout
    # What is printed names keys and shows none.
    secrets = [key.hex() for name in SETS for key in sets_of(load_keys(key_file))[name].keys.values()]
    assert not any(secret in done.stdout for secret in secrets)


def sets_of(keys: Keys) -> dict[str, Any]:
    return {"rows": keys.keyring, "login": keys.login, "links": keys.links, "sealing": keys.sealing}


@pytest.mark.parametrize("name", SETS)
async def test_one_set_is_rotated_by_itself(session: AsyncSession, keys: Keys, key_file: Path, rotate: Run, name: str):
    await plant(session, keys, count=2)
    assert rotate("--set", name).returncode == 0
    now = sets_of(load_keys(key_file))
    assert {other for other in SETS if now[other].current != sets_of(keys)[other].current} == {name}
    assert sealing_keys(await sealed(session)) == {now["rows"].current}


async def test_a_run_that_was_killed_is_finished_by_the_next(
    session: AsyncSession, keys: Keys, key_file: Path, rotate: Run, given: dict[str, str], tmp_path: Path
):
    await plant(session, keys, count=4000)
    command = [sys.executable, "-m", "api.cli.main", "rotate-keys", "--set", "rows"]
    run_and_kill(command, environment(tmp_path, **given), at="accounts:token:")
    values = await sealed(session)
    first = load_keys(key_file).keyring
    # Killed half-way: some rows are sealed by the one key, some by the other, and all of them open.
    assert sealing_keys(values) == {keys.keyring.current, first.current}
    assert opened(values, first) == {"token", "not a secret"}

    done = rotate("--set", "rows")
    assert done.returncode == 0, done.stderr
    before, _, after = done.stdout.partition("rows: new key")
    assert "sealed anew" in before
    assert "accounts:token: 4000 sealed anew" in after
    second = load_keys(key_file).keyring
    values = await sealed(session)
    assert set(second.keys) == {keys.keyring.current, first.current, second.current}
    assert sealing_keys(values) == {second.current}
    assert opened(values, second) == {"token", "not a secret"}


async def test_a_token_renewed_meanwhile_is_not_overwritten(
    session: AsyncSession, sessions: Sessions, keys: Keys, key_file: Path
):
    await plant(session, keys, count=3)
    add_keys(key_file, ["rows"], now=datetime.now(UTC))
    ring = load_keys(key_file).keyring
    _, row_id, _ = (await session.execute(select(Account.id).order_by(Account.id))).scalars()
    renewed = keys.keyring.seal("renewed", row=f"accounts:token:{row_id}")
    async with sessions() as other, sessions() as own:
        held = await other.get_one(Account, row_id, with_for_update=True)
        held.token = renewed
        await other.flush()
        batch = await reseal(own, name="accounts:token", keyring=ring, after=None, limit=500)
        await own.commit()
        assert batch.resealed == 2
        await other.commit()
    async with sessions() as own:
        again = await reseal(own, name="accounts:token", keyring=ring, after=None, limit=500)
        await own.commit()
    assert again.resealed == 1
    values = await sealed(session)
    assert ring.open(values[f"accounts:token:{row_id}"], row=f"accounts:token:{row_id}") == "renewed"


async def test_what_no_key_opens_is_named_and_left(session: AsyncSession, keys: Keys, rotate: Run):
    await plant(session, keys, count=3)
    account = (await session.execute(select(Account).limit(1))).scalar_one()
    row = f"accounts:token:{account.id}"
    await change(session, account, token="lost:00ff")
    done = rotate("--set", "rows")
    assert done.returncode == 1
    assert row in done.stderr
    assert (await sealed(session))[row] == "lost:00ff"


async def test_old_keys_go_only_when_nobody_needs_them(session: AsyncSession, keys: Keys, key_file: Path, rotate: Run):
    tree, _ = await plant(session, keys, count=2)
    rotate()
    early = rotate("--drop-old")
    assert early.returncode == 0, early.stderr
    assert early.stdout.count("kept: it may be in use until") == 3
    assert "sealing: old key sealing1 kept: the seals it made are checked with it for ever" in early.stdout
    assert all(len(chosen.keys) == 2 for chosen in sets_of(load_keys(key_file)).values())

    user = await add_user(session, tree["east"])
    now = datetime.now(UTC)
    until = now + timedelta(days=3)
    link = {"user_id": user.id, "purpose": LinkPurpose.INVITATION, "key_id": "links1", "created_at": now}
    session.add(LoginLink(id=new_id(), **link, expires_at=until))
    session.add(LoginLink(id=new_id(), **link, expires_at=until + timedelta(days=9), withdrawn_at=now))
    await session.commit()
    backdate(key_file, timedelta(minutes=30))
    later = rotate("--drop-old").stdout
    assert "rows: old key k1 dropped" in later
    assert "login: old key login1 kept" in later
    assert (
        f"links: old key links1 kept: links made from it are open until {until.isoformat(timespec='seconds')}" in later
    )

    backdate(key_file, timedelta(minutes=66))
    assert "login: old key login1 dropped" in rotate("--drop-old").stdout
    now_held = {name: len(chosen.keys) for name, chosen in sets_of(load_keys(key_file)).items()}
    assert now_held == {"rows": 1, "login": 1, "links": 2, "sealing": 2}
    assert opened(await sealed(session), load_keys(key_file).keyring) == {"token", "not a secret"}


async def test_a_key_that_still_seals_something_is_not_dropped(
    session: AsyncSession, keys: Keys, key_file: Path, rotate: Run
):
    await plant(session, keys, count=1)
    account = (await session.execute(select(Account))).scalar_one()
    await change(session, account, token="k1:00ff")
    rotate("--set", "rows")
    backdate(key_file, timedelta(days=1))
    assert "rows: old key k1 kept: it seals 1 values" in rotate("--drop-old").stdout
    assert "k1" in load_keys(key_file).keyring.keys


async def test_a_live_api_takes_new_keys_without_a_restart(
    session: AsyncSession, keys: Keys, key_file: Path, rotate: Run, given: dict[str, str], tmp_path: Path
):
    tree, _ = await plant(session, keys, count=1)
    user = await add_user(session, tree["nation"])

    def name_of(api: httpx.Client, login: Any) -> Any:
        token = issue_token(login, user.id, now=datetime.now(UTC), life=timedelta(minutes=5))
        answer = api.post(
            "/graphql", json={"query": "{ viewer { name } }"}, headers={"Authorization": f"Bearer {token}"}
        )
        return answer.json().get("data")

    addresses = {"database_url": given["DATABASE_URL"], "redis_url": given["REDIS_URL"]}
    with served(tmp_path, key_file=key_file, **addresses) as api:
        assert name_of(api.http, keys.login) == {"viewer": {"name": "Somebody"}}
        assert rotate("--set", "login").returncode == 0
        fresh = load_keys(key_file).login
        assert fresh.current != keys.login.current
        assert name_of(api.http, fresh) == {"viewer": {"name": "Somebody"}}
        # Tokens of before hold until they expire, or until their key is dropped.
        assert name_of(api.http, keys.login) == {"viewer": {"name": "Somebody"}}
        backdate(key_file, timedelta(hours=2))
        assert "dropped" in rotate("--drop-old", "--set", "login").stdout
        assert name_of(api.http, keys.login) is None
        assert name_of(api.http, fresh) == {"viewer": {"name": "Somebody"}}


def test_a_set_that_does_not_exist_is_refused(rotate: Run):
    done = rotate("--set", "rows,login")
    assert done.returncode == 2
    assert "--set" in done.stderr
