"""A device token is told from forged ones, belongs to one name, and outlives a rotation of keys."""

from datetime import timedelta

import pytest

from domain.base.keyring import KeySet
from domain.logins.devices import LIFE, device_token, lane_of, nonce_of
from tests.factories.logins import LINKS
from tests.factories.units import NOW

ROTATED = KeySet("a.new.key", {"a.new.key": b"n" * 32, **LINKS.keys})


def test_a_token_names_its_key_and_holds_for_one_name_only():
    token = device_token("li", LINKS, now=NOW)
    nonce = nonce_of(token, "li", LINKS, now=NOW)
    assert nonce is not None
    assert token.split(".")[:3] == ["links1", nonce, str(int(NOW.timestamp()))]
    assert nonce_of(token, "lin", LINKS, now=NOW) is None
    assert nonce_of(device_token("li", LINKS, now=NOW), "li", LINKS, now=NOW) != nonce


def test_a_device_keeps_its_nonce_and_gets_a_token_of_the_key_in_use():
    token = device_token("li", LINKS, now=NOW)
    nonce = nonce_of(token, "li", ROTATED, now=NOW)
    assert nonce is not None
    newer = device_token("li", ROTATED, now=NOW, nonce=nonce)
    assert newer.startswith("a.new.key.")
    assert nonce_of(newer, "li", ROTATED, now=NOW) == nonce
    assert device_token("li", LINKS, now=NOW, nonce=nonce) == token
    # Once the old key is dropped, the old token is a stranger's.
    dropped = KeySet("a.new.key", {"a.new.key": b"n" * 32})
    assert nonce_of(token, "li", dropped, now=NOW) is None
    assert nonce_of(newer, "li", dropped, now=NOW) == nonce


def test_a_token_is_over_once_nobody_came_in_for_half_a_year():
    token = device_token("li", LINKS, now=NOW)
    last = NOW + LIFE - timedelta(seconds=1)
    nonce = nonce_of(token, "li", LINKS, now=last)
    assert nonce is not None
    assert nonce_of(token, "li", LINKS, now=NOW + LIFE) is None
    # Whoever comes in goes on with the same nonce for as long again.
    newer = device_token("li", LINKS, now=last, nonce=nonce)
    assert nonce_of(newer, "li", LINKS, now=NOW + LIFE) == nonce


def forged() -> list[str | None]:
    key, nonce, second, proof = device_token("li", LINKS, now=NOW, nonce="ab" * 16).split(".")
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
        f"{key}.{nonce}.{proof}",
        f"{key}.{nonce}.{second}.{proof[:-1]}",
        f"{key}.{nonce}.{second}.{'0' * 64}",
        f"{key}.{'0' * 32}.{second}.{proof}",
        # Nobody makes it younger than it is.
        f"{key}.{nonce}.{int(second) + 1}.{proof}",
        f"{key}.{nonce}.{'9' * 100}.{proof}",
        f"other.{nonce}.{second}.{proof}",
        f"{key}.{nonce}.{second}.{proof}\n",
        device_token("li", others, now=NOW, nonce=nonce),
    ]


@pytest.mark.parametrize("token", forged(), ids=lambda token: repr(token)[:30])
def test_what_is_no_token_has_no_nonce(token: str | None):
    assert nonce_of(token, "li", LINKS, now=NOW) is None


def test_a_token_holds_nothing_of_the_name_and_a_lane_begins_anew_with_a_new_password():
    assert "zhang" not in device_token("zhang", LINKS, now=NOW)
    assert lane_of("0", password_set_at=NOW) == lane_of("0", password_set_at=NOW)
    assert (
        len({lane_of("0", password_set_at=NOW), lane_of("0", password_set_at=None), lane_of("1", password_set_at=NOW)})
        == 3
    )
