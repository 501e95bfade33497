"""The command as people and scripts meet it: what it prints where, and how it says no."""

import re
from pathlib import Path

import jwt
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import bearer
from api.cli import main
from api.cli.services import CannotStart
from integrations.keys import Keys
from tests.api.cli.running import qicai
from tests.factories.units import add_user, plant_tree


async def test_token_prints_one_token_and_nothing_else(
    session: AsyncSession, keys: Keys, key_file: Path, database_url: str, redis_url: str, tmp_path: Path
):
    tree = await plant_tree(session)
    user = await add_user(session, tree["nation"], login="national-admin")
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "QICAI_KEY_FILE": str(key_file)}
    done = qicai("token", folder=tmp_path, **given, QICAI_TOKEN_MINUTES="7")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", done.stdout)
    assert bearer(keys.login, done.stdout.strip()).user_id == user.id
    content = jwt.decode(done.stdout.strip(), options={"verify_signature": False})
    assert content["exp"] - content["iat"] == 7 * 60

    nobody = qicai("token", "--login", "nobody", folder=tmp_path, **given)
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "'nobody'" in nobody.stderr
    assert "Traceback" not in nobody.stderr


@pytest.mark.parametrize("command", ["token", "sandbox"])
def test_a_data_folder_that_cannot_be_used_is_one_message_that_names_the_variable(command: str):
    folder = Path("/proc/qicai") if Path("/proc").is_dir() else Path("/dev/null/qicai")
    done = qicai(command, folder=folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("qicai: ")
    assert "QICAI_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_start_says_why_on_stderr_and_fails(capsys: pytest.CaptureFixture[str]):
    def command() -> None:
        raise CannotStart("Something is to be set.")

    with pytest.raises(SystemExit) as left:
        main.run(command)
    assert left.value.code == 1
    assert capsys.readouterr() == ("", "qicai: Something is to be set.\n")


def test_the_schema_check_passes_on_the_file_that_the_command_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(main, "SCHEMA_FILE", tmp_path / "schema.graphql")
    with pytest.raises(CannotStart, match="qicai schema"):
        main.schema(check=True)
    main.schema(check=False)
    main.schema(check=True)
    with (tmp_path / "schema.graphql").open("a") as file:
        file.write("scalar Surplus\n")
    with pytest.raises(CannotStart, match="qicai schema"):
        main.schema(check=True)
