"""The key file: made once, whoever comes first, and never half."""

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from domain.base.keyring import KeySet
from integrations.keys import SETS, KeyFileError, Keys, add_keys, drop_keys, load_keys, retired_keys

TELL = """
import sys
from pathlib import Path
from integrations.keys import load_keys
print("ready", flush=True)
sys.stdin.read(1)
keys = load_keys(Path(sys.argv[1]))
print(keys.derived("test"), keys.keyring.keys[keys.keyring.current].hex())
"""
ADD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from integrations.keys import add_keys
print("ready", flush=True)
sys.stdin.read(1)
for _ in range(10):
    print(add_keys(Path(sys.argv[1]), ["rows"], now=datetime.now(UTC))["rows"])
"""
NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROWS = {"current": "k1", "keys": {"k1": "00" * 32, "k0": "11" * 32}}
ONE = {"current": "a", "keys": {"a": "33" * 32}}
GOOD = {"rows": ROWS, "login": ONE, "links": ONE, "sealing": ONE, "installation": "22" * 32}
# As 0.1.0 wrote it.
OLD = {**ROWS, "signing": "22" * 32}
DAMAGED = {
    "empty": "",
    "cut off": json.dumps(GOOD)[:-20],
    "a list": "[]",
    "null": "null",
    "no login keys": json.dumps({name: part for name, part in GOOD.items() if name != "login"}),
    "no keys": json.dumps(GOOD | {"rows": ROWS | {"keys": {}}}),
    "keys in a list": json.dumps(GOOD | {"rows": ROWS | {"keys": ["00" * 32]}}),
    "no current key": json.dumps(GOOD | {"links": {"keys": ONE["keys"]}}),
    "an unknown current key": json.dumps(GOOD | {"rows": ROWS | {"current": "k2"}}),
    "a key that is no hex": json.dumps(GOOD | {"login": {"current": "a", "keys": {"a": "zz" * 32}}}),
    "a key that is a number": json.dumps(GOOD | {"login": {"current": "a", "keys": {"a": 7}}}),
    "a short key": json.dumps(GOOD | {"sealing": {"current": "a", "keys": {"a": "00" * 16}}}),
    "a long key": json.dumps(GOOD | {"sealing": {"current": "a", "keys": {"a": "00" * 33}}}),
    "an empty installation key": json.dumps(GOOD | {"installation": ""}),
    "a short installation key": json.dumps(GOOD | {"installation": "22" * 31}),
    "an old file, a short signing key": json.dumps(OLD | {"signing": "22" * 31}),
    "an old file without keys": json.dumps(OLD | {"keys": {}}),
}


def sets_of(keys: Keys) -> dict[str, KeySet]:
    return {"rows": keys.keyring, "login": keys.login, "links": keys.links, "sealing": keys.sealing}


def told(keys: Keys) -> dict[str, tuple[str, dict[str, bytes]]]:
    """What the sets hold now, apart from the file they follow."""
    return {name: (chosen.current, dict(chosen.keys)) for name, chosen in sets_of(keys).items()}


def same(one: Keys, other: Keys) -> bool:
    return told(one) == told(other) and one.installation == other.installation


def test_keys_are_made_at_the_first_start_and_stay(tmp_path: Path):
    path = tmp_path / "not" / "yet" / "keys.json"
    keys = load_keys(path)
    assert same(load_keys(path), keys)
    assert list(path.parent.iterdir()) == [path]
    assert keys.keyring.open(keys.keyring.seal("token", row="row"), row="row") == "token"
    assert [len(chosen.keys[chosen.current]) for chosen in sets_of(keys).values()] == [32] * 4
    assert len({key for chosen in sets_of(keys).values() for key in chosen.keys.values()}) == 4


def test_two_installations_have_different_keys(tmp_path: Path):
    one, other = load_keys(tmp_path / "one.json"), load_keys(tmp_path / "other.json")
    assert all(told(one)[name] != told(other)[name] for name in SETS)
    assert one.installation != other.installation


def test_only_the_owner_may_read_the_file_whatever_the_mask(tmp_path: Path):
    before = os.umask(0)
    try:
        load_keys(tmp_path / "keys.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_processes_that_start_at_once_get_the_same_keys(tmp_path: Path):
    command = [sys.executable, "-c", TELL, str(tmp_path / "keys.json")]
    starting = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)]
    for process in starting:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in starting:
        assert process.stdin is not None
        process.stdin.write(b"!")
        process.stdin.flush()
    said = {process.communicate(timeout=30)[0] for process in starting}
    assert len(said) == 1
    assert len(said.pop()) > 100
    assert list(tmp_path.iterdir()) == [tmp_path / "keys.json"]


def test_whoever_comes_second_uses_the_keys_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "keys.json"
    first = load_keys(path)
    # As if the first had come between the look and the making.
    monkeypatch.setattr(Path, "exists", lambda _path: False)
    assert same(load_keys(path), first)
    assert list(tmp_path.iterdir()) == [path]


def test_a_draft_left_by_a_crash_is_in_nobodys_way(tmp_path: Path):
    # In a container every start may have the same process id.
    (tmp_path / f".keys.json.{os.getpid()}").write_text("half a dra")
    assert load_keys(tmp_path / "keys.json").login


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_an_error_that_names_the_variable_and_is_left_alone(tmp_path: Path, content: str):
    path = tmp_path / "keys.json"
    path.write_text(content)
    with pytest.raises(KeyFileError, match="QICAI_KEY_FILE") as refused:
        load_keys(path)
    assert str(path) in str(refused.value)
    assert path.read_text() == content


def test_an_error_does_not_show_the_keys(tmp_path: Path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(GOOD | {"login": {"current": "a", "keys": {"a": "abcd" * 8}}}))
    with pytest.raises(KeyFileError) as refused:
        load_keys(path)
    assert "abcd" not in str(refused.value)


def test_a_file_that_cannot_be_made_is_an_error_that_names_the_variable(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="QICAI_KEY_FILE"):
        load_keys(tmp_path / "file" / "keys.json")


def test_a_file_of_the_first_release_opens_what_it_sealed_and_gives_the_other_sets_the_same_keys_each_time(
    tmp_path: Path,
):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(OLD | {"signing": "33" * 64}))
    keys = load_keys(path)
    assert (keys.keyring.current, set(keys.keyring.keys)) == ("k1", {"k0", "k1"})
    assert keys.installation == b"3" * 64
    assert same(load_keys(path), keys)
    assert len({key for chosen in sets_of(keys).values() for key in chosen.keys.values()}) == 5
    # Reading it changes nothing: the old release may still run beside the new one.
    assert json.loads(path.read_text()) == OLD | {"signing": "33" * 64}


def test_a_rotation_writes_an_old_file_in_the_new_form_and_keeps_every_key(tmp_path: Path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(OLD))
    before = told(load_keys(path))
    add_keys(path, SETS, now=NOW)
    after = load_keys(path)
    for name, chosen in sets_of(after).items():
        assert before[name][1].items() < chosen.keys.items()
        assert chosen.current not in before[name][1]
    assert after.installation == b"\x22" * 32


def test_a_rotation_concerns_the_sets_it_names(tmp_path: Path):
    path = tmp_path / "keys.json"
    before = told(load_keys(path))
    added = add_keys(path, ["links"], now=NOW)
    after = told(load_keys(path))
    assert added == {"links": after["links"][0]}
    assert {name for name in SETS if after[name] != before[name]} == {"links"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_running_process_uses_the_keys_of_a_file_that_was_replaced(tmp_path: Path):
    path = tmp_path / "keys.json"
    keys, sealed = load_keys(path), ""
    before = keys.keyring.seal("old", row="row")
    add_keys(path, SETS, now=NOW)
    elsewhere = load_keys(path)
    sealed = elsewhere.keyring.seal("new", row="row")
    assert keys.keyring.open(sealed, row="row") == "new"
    assert keys.keyring.open(before, row="row") == "old"
    assert keys.keyring.seal("again", row="row").startswith(f"{elsewhere.keyring.current}:")
    assert keys.login.keys[keys.login.current] == elsewhere.login.keys[elsewhere.login.current]


@pytest.mark.parametrize("content", [None, *DAMAGED.values()])
def test_a_file_that_is_damaged_or_gone_under_a_running_process_leaves_it_its_keys(tmp_path: Path, content: str | None):
    path = tmp_path / "keys.json"
    keys = load_keys(path)
    sealed = keys.keyring.seal("token", row="row")
    whole = path.read_text()
    path.unlink() if content is None else path.write_text(content)
    assert keys.keyring.open(sealed, row="row") == "token"
    path.write_text(whole)
    add_keys(path, ["rows"], now=NOW)
    assert keys.keyring.open(load_keys(path).keyring.seal("new", row="row"), row="row") == "new"


def test_two_rotations_at_once_lose_no_key(tmp_path: Path):
    path = tmp_path / "keys.json"
    before = told(load_keys(path))
    command = [sys.executable, "-c", ADD, str(path)]
    rotating = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(4)]
    for process in rotating:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    added = {word for process in rotating for word in process.communicate(b"!", timeout=30)[0].decode().split()}
    rows = load_keys(path).keyring
    assert len(added) == 40
    assert set(rows.keys) == {before["rows"][0], *added}
    assert rows.current in added


def test_who_retired_when_is_kept_and_a_key_of_unknown_age_counts_from_now(tmp_path: Path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(GOOD))
    assert retired_keys(path, now=NOW)["rows"] == {"k0": NOW}
    add_keys(path, ["rows"], now=NOW + timedelta(hours=1))
    again = retired_keys(path, now=NOW + timedelta(hours=2))
    assert again["rows"] == {"k0": NOW, "k1": NOW + timedelta(hours=1)}
    assert again["login"] == {}


def test_a_dropped_key_is_gone_and_a_current_one_stays(tmp_path: Path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(GOOD))
    drop_keys(path, {"rows": ["k0", "k1", "never there"]})
    assert told(load_keys(path))["rows"] == ("k1", {"k1": bytes(32)})
    assert retired_keys(path, now=NOW)["rows"] == {}


def test_a_name_that_is_a_link_still_is_one_after_a_rotation(tmp_path: Path):
    (tmp_path / "secret").mkdir()
    file, path = tmp_path / "secret" / "keys.json", tmp_path / "keys.json"
    file.write_text(json.dumps(GOOD))
    path.symlink_to(file)
    added = add_keys(path, ["rows"], now=NOW)
    assert path.is_symlink()
    assert json.loads(file.read_text())["rows"]["current"] == added["rows"]


def test_a_rotation_that_cannot_write_leaves_the_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(GOOD))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space"):
        add_keys(path, SETS, now=NOW)
    assert json.loads(path.read_text()) == GOOD
    assert {file.name for file in tmp_path.iterdir()} == {"keys.json", ".keys.json.lock"}


def test_a_derived_secret_is_stable_and_for_one_purpose(tmp_path: Path):
    keys = load_keys(tmp_path / "keys.json")
    assert keys.derived("one") == load_keys(tmp_path / "keys.json").derived("one")
    assert len({keys.derived("one"), keys.derived("other"), keys.installation.hex()}) == 3


def test_no_key_is_in_the_repr(tmp_path: Path):
    keys = load_keys(tmp_path / "keys.json")
    shown = repr(keys)
    for secret in (keys.installation, *(key for chosen in sets_of(keys).values() for key in chosen.keys.values())):
        assert repr(secret) not in shown
        assert secret.hex() not in shown
