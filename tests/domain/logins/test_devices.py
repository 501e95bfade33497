"""A device token is told from forged ones, belongs to one name, and outlives a rotation of keys."""

import pytest

from domain.base.keyring import KeySet
from domain.logins.devices import device_token, lane_of, nonce_of
from tests.factories.logins import LINKS
from tests.factories.units import NOW

ROTATED = KeySet("a.new.key", {"a.new.key": b"n" * 32, **LINKS.keys})


def test_a_token_names_its_key_and_holds_for_one_name_only():
    token = device_token("li", LINKS)
    nonce = nonce_of(token, "li", LINKS)
    assert nonce is not None
    assert token.split(".")[:2] == ["links1", nonce]
    assert nonce_of(token, "lin", LINKS) is None
    assert nonce_of(device_token("li", LINKS), "li", LINKS) != nonce


def test_a_device_keeps_its_nonce_and_gets_a_token_of_the_key_in_use():
    token = device_token("li", LINKS)
    nonce = nonce_of(token, "li", ROTATED)
    assert nonce is not None
    newer = device_token("li", ROTATED, nonce=nonce)
    assert newer.startswith("a.new.key.")
    assert nonce_of(newer, "li", ROTATED) == nonce
    assert device_token("li", LINKS, nonce=nonce) == token
    # Once the old key is dropped, the old token is a stranger's.
    dropped = KeySet("a.new.key", {"a.new.key": b"n" * 32})
    assert nonce_of(token, "li", dropped) is None
    assert nonce_of(newer, "li", dropped) == nonce


def forged() -> list[str | None]:
    key, nonce, proof = device_token("li", LINKS, nonce="ab" * 16).split(".")
    others = KeySet("links1", {"links1": b"m" * 32})
    return [
        None,
        "",
        "..",
        "é" * 40,
        "0" * 100_000,
        proof,
        f"{key}.{nonce}",
        f"{key}.{nonce}.",
        f"{key}.{nonce}.{proof[:-1]}",
        f"{key}.{nonce}.{'0' * 64}",
        f"{key}.{'0' * 32}.{proof}",
        f"other.{nonce}.{proof}",
        f"{key}.{nonce}.{proof}\n",
        device_token("li", others, nonce=nonce),
    ]


@pytest.mark.parametrize("token", forged(), ids=lambda token: repr(token)[:30])
def test_what_is_no_token_has_no_nonce(token: str | None):
    assert nonce_of(token, "li", LINKS) is None


def test_a_token_holds_nothing_of_the_name_and_a_lane_begins_anew_with_a_new_password():
    assert "zhang" not in device_token("zhang", LINKS)
    assert lane_of("0", password_set_at=NOW) == lane_of("0", password_set_at=NOW)
    assert (
        len({lane_of("0", password_set_at=NOW), lane_of("0", password_set_at=None), lane_of("1", password_set_at=NOW)})
        == 3
    )
