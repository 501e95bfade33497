"""The key file: made once, whoever comes first, and never half."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from integrations.keys import KeyFileError, Keys, load_keys

TELL = """
import sys
from pathlib import Path
from integrations.keys import load_keys
print("ready", flush=True)
sys.stdin.read(1)
keys = load_keys(Path(sys.argv[1]))
print(keys.derived("test"), keys.keyring.keys[keys.keyring.current].hex())
"""
GOOD = {"current": "k1", "keys": {"k1": "00" * 32, "k0": "11" * 32}, "signing": "22" * 32}
DAMAGED = {
    "empty": "",
    "cut off": json.dumps(GOOD)[:-20],
    "a list": "[]",
    "null": "null",
    "no keys": json.dumps(GOOD | {"keys": {}}),
    "keys in a list": json.dumps(GOOD | {"keys": ["00" * 32]}),
    "no current key": json.dumps({name: part for name, part in GOOD.items() if name != "current"}),
    "an unknown current key": json.dumps(GOOD | {"current": "k2"}),
    "a key that is no hex": json.dumps(GOOD | {"keys": {"k1": "zz" * 32}}),
    "a key that is a number": json.dumps(GOOD | {"keys": {"k1": 7}}),
    "a short key": json.dumps(GOOD | {"keys": {"k1": "00" * 16}}),
    "a long key": json.dumps(GOOD | {"keys": {"k1": "00" * 33}}),
    "an empty signing key": json.dumps(GOOD | {"signing": ""}),
    "a short signing key": json.dumps(GOOD | {"signing": "22" * 31}),
}


def same(one: Keys, other: Keys) -> bool:
    return (one.keyring.current, one.keyring.keys, one.signing) == (
        other.keyring.current,
        other.keyring.keys,
        other.signing,
    )


def test_keys_are_made_at_the_first_start_and_stay(tmp_path: Path):
    path = tmp_path / "not" / "yet" / "keys.json"
    keys = load_keys(path)
    assert same(load_keys(path), keys)
    assert list(path.parent.iterdir()) == [path]
    assert keys.keyring.open(keys.keyring.seal("token", row="row"), row="row") == "token"
    assert len(keys.signing) == 32


def test_two_installations_have_different_keys(tmp_path: Path):
    one, other = load_keys(tmp_path / "one.json"), load_keys(tmp_path / "other.json")
    assert one.signing != other.signing
    assert one.keyring.keys != other.keyring.keys


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
    assert load_keys(tmp_path / "keys.json").signing


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
    path.write_text(json.dumps(GOOD | {"keys": {"k1": "abcd" * 8}}))
    with pytest.raises(KeyFileError) as refused:
        load_keys(path)
    assert "abcd" not in str(refused.value)


def test_a_file_that_cannot_be_made_is_an_error_that_names_the_variable(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(KeyFileError, match="QICAI_KEY_FILE"):
        load_keys(tmp_path / "file" / "keys.json")


def test_older_keys_and_a_longer_signing_key_are_welcome(tmp_path: Path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(GOOD | {"signing": "33" * 64}))
    keys = load_keys(path)
    assert set(keys.keyring.keys) == {"k0", "k1"}
    assert keys.signing == b"3" * 64


def test_a_derived_secret_is_stable_and_for_one_purpose(tmp_path: Path):
    keys = load_keys(tmp_path / "keys.json")
    assert keys.derived("one") == load_keys(tmp_path / "keys.json").derived("one")
    assert len({keys.derived("one"), keys.derived("other"), keys.signing.hex()}) == 3


def test_no_key_is_in_the_repr(tmp_path: Path):
    keys = load_keys(tmp_path / "keys.json")
    shown = repr(keys)
    for secret in (keys.signing, *keys.keyring.keys.values()):
        assert repr(secret) not in shown
        assert secret.hex() not in shown
