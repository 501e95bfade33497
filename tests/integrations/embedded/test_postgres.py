"""PostgreSQL: its data, its settings, and data that are not its own."""

import stat
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from tests.integrations.embedded.holder import Holder, gone, query, supervisors

pytestmark = pytest.mark.faults

Hold = Callable[..., Holder]


async def test_data_and_password_survive_a_restart(data_dir: Path, hold: Hold):
    first = hold()
    await first.query("CREATE TABLE kept AS SELECT '乡村小学' AS name")
    first.end()
    assert gone(*supervisors(data_dir))
    second = hold()
    assert await second.query("SELECT name FROM kept") == "乡村小学"
    assert second.database_url == first.database_url


async def test_chinese_texts_sort_by_code_point_and_are_found(hold: Hold):
    holder = hold()
    values = "(VALUES ('王'), ('b'), ('丁'), ('É'), ('B')) AS names (name)"
    assert await holder.query(f"SELECT string_agg(name, '' ORDER BY name) FROM {values}") == "BbÉ丁王"
    assert await holder.query("SELECT '希望小学 ÉCOLE' ILIKE '%小学 école%'")
    assert await holder.query("SELECT lower('ÀÉ') || upper('ß')") == "àéß"
    assert await holder.query("SELECT '志愿者' ~ '^\\w+$'")
    await holder.query("CREATE EXTENSION pg_trgm")
    assert await holder.query("SELECT similarity('希望小学', '希望中学') > 0")
    assert await holder.query("SHOW server_encoding") == "UTF8"
    assert await holder.query("SHOW timezone") == "UTC"


async def test_it_listens_on_no_port_and_lets_nobody_in_without_the_password(data_dir: Path, hold: Hold):
    holder = hold()
    assert await holder.query("SHOW listen_addresses") == ""
    password = data_dir / "postgres.password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await query(holder.database_url.replace(password.read_text().strip(), "guessed"), "SELECT 1")


async def test_a_start_that_was_cut_short_is_done_again(data_dir: Path, hold: Hold):
    (data_dir / "postgres.new" / "base").mkdir(parents=True)
    (data_dir / "postgres.password.new").write_text("old")
    (data_dir / "postgres").mkdir()
    assert await hold().query("SELECT 1") == 1
    assert not (data_dir / "postgres.new").exists()


def test_data_of_another_version_are_refused(data_dir: Path, hold: Hold):
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")
    error = hold().error
    assert "version 15" in error
    assert "DATABASE_URL" in error
    assert "QICAI_DATA_DIR" in error


def test_a_folder_with_something_else_is_left_alone(data_dir: Path, hold: Hold):
    (data_dir / "postgres").mkdir()
    (data_dir / "postgres" / "diary.txt").write_text("mine")
    assert "QICAI_DATA_DIR" in hold().error
    assert (data_dir / "postgres" / "diary.txt").read_text() == "mine"


def test_a_server_that_does_not_start_is_an_error_with_the_end_of_its_log(data_dir: Path, hold: Hold):
    hold().end()
    assert gone(*supervisors(data_dir))
    with (data_dir / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    error = hold().error
    assert "no_such_setting" in error
    assert "DATABASE_URL" in error


def test_a_lost_password_is_an_error_that_names_the_file(data_dir: Path, hold: Hold):
    hold().end()
    assert gone(*supervisors(data_dir))
    (data_dir / "postgres.password").unlink()
    assert "postgres.password" in hold().error
