"""Sealed values open for their own row, under the key that sealed them, and never otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.base.keyring import Keyring, SecretUnreadable

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
KEYRING = Keyring("k1", {"k1": OLD})
ROTATED = Keyring("k2", {"k1": OLD, "k2": NEW})
ROW = "accounts:token:1"


@given(st.text(), st.text())
def test_what_is_sealed_for_a_row_opens_for_it(secret: str, row: str):
    assert KEYRING.open(KEYRING.seal(secret, row=row), row=row) == secret


def test_a_sealed_value_does_not_hold_the_secret():
    sealed = KEYRING.seal("2.00abcdEF", row=ROW)
    key_id, _, body = sealed.partition(":")
    assert key_id == "k1"
    assert b"2.00abcdEF" not in bytes.fromhex(body)


def test_the_same_secret_is_sealed_differently_each_time():
    assert KEYRING.seal("token", row=ROW) != KEYRING.seal("token", row=ROW)


def test_a_value_moved_to_another_row_does_not_open():
    sealed = KEYRING.seal("token", row=ROW)
    with pytest.raises(SecretUnreadable):
        KEYRING.open(sealed, row="accounts:token:2")


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_value_with_any_byte_altered_does_not_open(place: int, change: int):
    key_id, _, body = KEYRING.seal("token", row=ROW).partition(":")
    data = bytearray.fromhex(body)
    data[place % len(data)] ^= change
    with pytest.raises(SecretUnreadable):
        KEYRING.open(f"{key_id}:{data.hex()}", row=ROW)


@pytest.mark.parametrize("sealed", ["", "k1", "k1:", "k1:00", "k1:not hex", "k1:" + "00" * 12, "token"])
def test_what_was_never_sealed_does_not_open(sealed: str):
    with pytest.raises(SecretUnreadable):
        KEYRING.open(sealed, row=ROW)


def test_a_value_under_an_unknown_key_does_not_open_and_names_the_key():
    sealed = ROTATED.seal("token", row=ROW)
    with pytest.raises(SecretUnreadable, match="k2"):
        KEYRING.open(sealed, row=ROW)


def test_a_value_under_the_wrong_bytes_of_its_key_does_not_open():
    sealed = KEYRING.seal("token", row=ROW)
    with pytest.raises(SecretUnreadable):
        Keyring("k1", {"k1": NEW}).open(sealed, row=ROW)


def test_after_a_rotation_old_values_open_and_new_ones_use_the_new_key():
    old = KEYRING.seal("token", row=ROW)
    assert ROTATED.open(old, row=ROW) == "token"
    assert ROTATED.seal("token", row=ROW).startswith("k2:")


def test_the_repr_shows_no_key():
    shown = repr(ROTATED)
    assert "k2" in shown
    for key in (OLD, NEW):
        assert repr(key) not in shown
        assert key.hex() not in shown
