"""The life of the servers: as long as anybody holds them, and not a moment longer, whoever is killed."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from tests.integrations.embedded.holder import Holder, alive, eventually, gone, postmaster, supervisors

pytestmark = pytest.mark.faults

Hold = Callable[..., Holder]


@pytest.mark.parametrize("leave", [Holder.end, Holder.kill])
def test_everything_stops_when_the_last_holder_ends_or_is_killed(
    data_dir: Path, hold: Hold, leave: Callable[[Holder], None]
):
    first, second = hold(), hold()
    pids = (first.valkey_pid, postmaster(data_dir), *supervisors(data_dir))
    assert second.valkey_pid == first.valkey_pid
    leave(first)
    assert second.valkey().ping()
    assert all(alive(pid) for pid in pids)
    leave(second)
    assert gone(*pids)
    assert "database system is shut down" in (data_dir / "log" / "postgres.log").read_text()


async def test_an_interrupt_at_the_terminal_of_the_first_holder_leaves_the_others_alone(hold: Hold):
    first = hold()
    assert await first.query("SELECT 1") == 1
    second = hold()
    assert second.valkey().ping()
    for number in (signal.SIGINT, signal.SIGHUP):
        os.killpg(first.process.pid, number)
    first.process.wait()
    assert await second.query("SELECT 1") == 1
    assert second.valkey().ping()


async def test_a_killed_supervisor_leaves_no_server_behind_and_the_next_start_works(data_dir: Path, hold: Hold):
    holder = hold()
    await holder.query("CREATE TABLE kept AS SELECT 7 AS number")
    pids = (holder.valkey_pid, postmaster(data_dir))
    os.kill(supervisors(data_dir)[-1], signal.SIGKILL)
    # At once, so that it meets servers that are still stopping.
    following = hold()
    assert await following.query("SELECT number FROM kept") == 7
    assert following.valkey().ping()
    assert gone(*pids)


async def test_a_machine_that_lost_power_starts_again(data_dir: Path, hold: Hold):
    holder = hold()
    await holder.query("CREATE TABLE kept AS SELECT 7 AS number")
    await holder.query("CHECKPOINT")
    pids = (*supervisors(data_dir), postmaster(data_dir), holder.valkey_pid)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    assert gone(*pids)
    # After a restart of the machine its number may be anybody's, for example ours.
    pidfile = data_dir / "postgres" / "postmaster.pid"
    pidfile.write_text(pidfile.read_text().replace(str(pids[-2]), str(os.getpid()), 1))
    assert await hold().query("SELECT number FROM kept") == 7


def test_a_supervisor_that_is_told_to_stop_stops_its_servers(data_dir: Path, hold: Hold):
    holder = hold()
    pids = (holder.valkey_pid, postmaster(data_dir), *supervisors(data_dir))
    os.kill(pids[-1], signal.SIGTERM)
    assert gone(*pids)
    assert "database system is shut down" in (data_dir / "log" / "postgres.log").read_text()
    assert hold().valkey().ping()


async def test_a_killed_postgresql_comes_back(data_dir: Path, hold: Hold):
    holder = hold()
    await holder.query("CREATE TABLE kept AS SELECT 7 AS number")
    await holder.query("CHECKPOINT")
    pid = postmaster(data_dir)
    os.kill(pid, signal.SIGKILL)
    log = data_dir / "log" / "supervisor.log"
    assert eventually(lambda: log.read_text().count("PostgreSQL runs as process") == 2)
    assert await holder.query("SELECT number FROM kept") == 7
    assert postmaster(data_dir) != pid


def test_a_killed_valkey_comes_back(data_dir: Path, hold: Hold):
    holder = hold(postgres=False)
    pid = holder.valkey_pid
    os.kill(pid, signal.SIGKILL)
    log = data_dir / "log" / "supervisor.log"
    assert eventually(lambda: log.read_text().count("Valkey runs as process") == 2)
    assert holder.valkey_pid != pid


def test_a_server_that_keeps_dying_is_left_alone_until_it_is_asked_for(data_dir: Path, hold: Hold):
    holder = hold(postgres=False)
    log = data_dir / "log" / "supervisor.log"
    pids: set[int] = set()

    def is_back() -> bool:
        try:
            return holder.valkey_pid not in pids
        except redis.ConnectionError:
            return False

    for _ in range(6):
        assert eventually(is_back)
        pid = holder.valkey_pid
        pids.add(pid)
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: "it is left alone" in log.read_text())
    assert hold(postgres=False).valkey().ping()
