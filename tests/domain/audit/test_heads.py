"""A head is one line that anybody with the public key can check, and nobody without the seed can make."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit.heads import Head, Witness, public_keys
from domain.base.keyring import KeySet
from integrations.keys import add_keys, load_keys

KEYS = KeySet("k1", {"k1": bytes(range(32))})
RENEWED = KeySet("k2", {"k1": bytes(range(32)), "k2": bytes(range(32, 64))})
AT = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
HEAD = Head.signed(KEYS, position=7, hash=bytes(32), sealed_at=AT)


@given(st.integers(1, 2**63 - 1), st.binary(min_size=32, max_size=32), st.datetimes(timezones=st.just(UTC)))
def test_a_line_is_read_back_as_it_was_and_still_verifies(position: int, digest: bytes, at: datetime):
    head = Head.signed(KEYS, position=position, hash=digest, sealed_at=at)
    assert "\n" not in head.line()
    assert Head.parsed(head.line()) == head
    assert Witness.of(KEYS).vouches(Head.parsed(head.line().encode()))


def test_a_line_says_what_it_is_about():
    said = json.loads(HEAD.line())
    assert list(said) == ["position", "hash", "sealedAt", "keyId", "signature"]
    assert (said["position"], said["sealedAt"], said["keyId"]) == (7, "2026-06-01T01:00:00.000000+00:00", "k1")


@pytest.mark.parametrize(
    "change",
    [
        {"position": 8},
        {"hash": bytes([1] * 32)},
        {"sealed_at": AT + timedelta(microseconds=1)},
        {"key_id": "k2"},
        {"key_id": "unknown"},
        {"signature": b""},
        {"signature": bytes(64)},
        {"signature": HEAD.signature[:-1]},
        {"signature": HEAD.signature + b"\0"},
    ],
)
def test_a_head_with_anything_changed_is_not_vouched_for(change: dict[str, Any]):
    assert not Witness.of(RENEWED).vouches(replace(HEAD, **change))


def test_a_key_that_was_renewed_still_vouches_for_what_it_signed():
    assert Witness.of(RENEWED).vouches(HEAD)
    renewed = Head.signed(RENEWED, position=7, hash=bytes(32), sealed_at=AT)
    assert (renewed.key_id, Witness.of(RENEWED).vouches(renewed), Witness.of(KEYS).vouches(renewed)) == (
        "k2",
        True,
        False,
    )


def test_a_key_file_that_is_replaced_meanwhile_signs_with_the_new_key(tmp_path: Path):
    keys = load_keys(tmp_path / "keys.json").sealing
    before = Head.signed(keys, position=1, hash=bytes(32), sealed_at=AT)
    fresh = add_keys(tmp_path / "keys.json", ["sealing"], now=AT)["sealing"]
    after = Head.signed(keys, position=2, hash=bytes(32), sealed_at=AT)
    assert (before.key_id != fresh, after.key_id) == (True, fresh)
    assert Witness.of(keys).vouches(before)
    assert Witness.of(keys).vouches(after)


def test_public_keys_are_enough_with_a_name_or_without():
    ((name, key),) = public_keys(KEYS).items()
    assert key != KEYS.keys[name]
    assert Witness([(name, key)]).vouches(HEAD)
    assert Witness([(None, key)]).vouches(HEAD)
    assert not Witness([("other", key)]).vouches(HEAD)
    assert not Witness([]).vouches(HEAD)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_what_is_no_public_key_is_refused(key: bytes):
    with pytest.raises(ValueError, match="32"):
        Witness([(None, key)])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "[]",
        "null",
        "{}",
        HEAD.line()[:60],
        *[json.dumps({**json.loads(HEAD.line()), **change}) for change in ({"position": 0}, {"position": None})],
        *[json.dumps({**json.loads(HEAD.line()), **change}) for change in ({"hash": "00"}, {"hash": 7}, {"hash": "x"})],
        *[json.dumps({**json.loads(HEAD.line()), "sealedAt": at}) for at in ("", 7, "2026-06-01T01:00:00")],
        json.dumps({**json.loads(HEAD.line()), "signature": None}),
    ],
)
def test_what_is_no_head_is_refused(line: str):
    with pytest.raises(ValueError, match=r".+"):
        Head.parsed(line)


def test_keys_are_not_shown():
    assert KEYS.keys["k1"].hex() not in repr(KEYS)
    assert KEYS.keys["k1"].hex() not in repr(Witness.of(KEYS))
