"""What a command runs on: every trouble has a message that names what to set."""

import asyncio
import re
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from api.cli.services import CannotStart, Services, open_database, read_keys, read_settings
from integrations.keys import Keys
from integrations.settings import Settings


def services(keys: Keys, database_url: str) -> Services:
    return Services(Settings(), keys, database_url, "redis://127.0.0.1:9", None)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("QICAI_PORT", "many"),
        ("QICAI_PORT", "70000"),
        ("QICAI_TOKEN_MINUTES", "0"),
        ("QICAI_DEVELOPMENT", "perhaps"),
        ("QICAI_LOG_LEVEL", "LOUD"),
        ("QICAI_ENGAGEMENT_LADDER", "soon"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("REDIS_URL", "somewhere"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str):
    monkeypatch.setenv(variable, value)
    with pytest.raises(CannotStart, match=rf"(?m)^  {variable}: "):
        read_settings()


def test_all_settings_that_cannot_be_used_are_named_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QICAI_PORT", "many")
    monkeypatch.setenv("DATABASE_URL", "mysql://somewhere")
    with pytest.raises(CannotStart) as refused:
        read_settings()
    assert set(re.findall(r"(?m)^  (\w+): ", str(refused.value))) == {"QICAI_PORT", "DATABASE_URL"}


def test_a_key_file_that_cannot_be_read_is_named(tmp_path: Path):
    broken = tmp_path / "keys.json"
    broken.write_text("{}")
    with pytest.raises(CannotStart, match="QICAI_KEY_FILE"):
        read_keys(Settings(key_file=broken))


@pytest.mark.parametrize("address", ["postgresql://127.0.0.1:9/qicai", "postgresql://nowhere.invalid/qicai"])
async def test_a_database_that_is_away_is_an_answer_not_a_traceback(keys: Keys, address: str):
    with pytest.raises(CannotStart, match="DATABASE_URL"):
        async with open_database(services(keys, address)) as engine, engine.connect():
            pytest.fail("nobody listens there")


@pytest.mark.parametrize("address", ["postgresql://somewhere:port/qicai", "postgresql"])
async def test_an_address_that_is_none_is_an_answer_not_a_traceback(keys: Keys, address: str):
    with pytest.raises(CannotStart, match="DATABASE_URL"):
        async with open_database(services(keys, address)):
            pytest.fail("that is no address")


async def test_a_database_without_tables_is_an_answer_not_a_traceback(keys: Keys, database_url: str):
    empty = re.sub(r"/qicai_\w+", "/template1", database_url)
    with pytest.raises(CannotStart, match="qicai migrate"):
        async with open_database(services(keys, empty)) as engine, engine.connect() as connection:
            await connection.execute(text("SELECT * FROM users"))


async def test_a_wrong_password_is_an_answer_not_a_traceback(keys: Keys):
    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _reader.read(8)
        fields = b"SFATAL\0C28P01\0Mpassword authentication failed\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        url = f"postgresql://somebody:wrong@127.0.0.1:{port}/qicai?ssl=disable"
        with pytest.raises(CannotStart, match=r"password.*DATABASE_URL"):
            async with open_database(services(keys, url)) as engine, engine.connect():
                pytest.fail("nobody comes in")
    finally:
        server.close()
        await server.wait_closed()


async def test_a_defect_in_a_statement_stays_a_defect(keys: Keys, database_url: str):
    with pytest.raises(ProgrammingError) as raised:
        async with open_database(services(keys, database_url)) as engine, engine.connect() as connection:
            await connection.execute(text("SELECT no_such_column FROM users"))
    assert raised.value.orig is not None
    assert isinstance(raised.value.orig.__cause__, asyncpg.UndefinedColumnError)
