"""Access tokens: what is issued is understood, and nothing else is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auth import ALGORITHM, ISSUER, BadToken, ExpiredToken, bearer, csrf_holds, csrf_token, issue_token
from domain.base.keyring import KeySet

KEY = b"a signing key that only tests know, 32+"
KEYS = KeySet("k1", {"k1": KEY})
USER = UUID("01890000-0000-7000-8000-000000000001")
SESSION = UUID("01890000-0000-7000-8000-000000000002")
LIFE = timedelta(minutes=10)


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"iss": ISSUER, "sub": str(USER), "iat": now, "exp": now + LIFE} | changes


def signed(given: dict[str, Any], *, key: bytes = KEY, algorithm: str = ALGORITHM, kid: Any = "k1") -> str:
    return jwt.encode(given, key, algorithm=algorithm, headers={"kid": kid})


def user_of(token: str) -> UUID:
    return bearer(KEYS, token).user_id


@given(st.uuids())
def test_a_token_names_the_user_it_was_issued_to(user: UUID):
    assert user_of(issue_token(KEYS, user, now=datetime.now(UTC), life=LIFE)) == user


def test_a_token_says_who_and_until_when_and_nothing_more():
    token = issue_token(KEYS, USER, now=datetime.now(UTC), life=LIFE)
    content = jwt.decode(token, options={"verify_signature": False})
    assert set(content) == {"iss", "sub", "iat", "exp"}
    assert content["exp"] - content["iat"] == LIFE.total_seconds()


def test_a_token_is_good_until_it_expires_and_not_a_second_longer():
    nearly = issue_token(KEYS, USER, now=datetime.now(UTC) - LIFE + timedelta(seconds=5), life=LIFE)
    assert user_of(nearly) == USER
    over = issue_token(KEYS, USER, now=datetime.now(UTC) - LIFE - timedelta(seconds=1), life=LIFE)
    with pytest.raises(ExpiredToken):
        user_of(over)


def test_a_forged_token_that_is_over_is_not_told_to_be_refreshed():
    over = claims(exp=datetime.now(UTC) - LIFE)
    with pytest.raises(BadToken) as bad:
        user_of(signed(over, key=KEY + b"!"))
    assert not isinstance(bad.value, ExpiredToken)


def test_a_token_of_a_login_names_its_session():
    token = issue_token(KEYS, USER, now=datetime.now(UTC), life=LIFE, session_id=SESSION)
    found = bearer(KEYS, token)
    assert (found.user_id, found.session_id, found.cookie_digest) == (USER, SESSION, None)


def test_a_token_outlives_the_rotation_of_its_key_but_not_its_retirement():
    token = issue_token(KEYS, USER, now=datetime.now(UTC), life=LIFE)
    rotated = KeySet("k2", {"k2": KEY + b"2", "k1": KEY})
    assert bearer(rotated, token).user_id == USER
    assert jwt.get_unverified_header(issue_token(rotated, USER, now=datetime.now(UTC), life=LIFE))["kid"] == "k2"
    with pytest.raises(BadToken):
        bearer(KeySet("k2", {"k2": KEY + b"2"}), token)


@pytest.mark.parametrize("kid", ["k2", "", "../k1", None])
def test_a_token_that_names_no_key_of_ours_is_bad(kid: str | None):
    with pytest.raises(BadToken):
        user_of(signed(claims(), kid=kid) if kid is not None else jwt.encode(claims(), KEY, algorithm=ALGORITHM))


def test_a_token_that_names_another_key_than_signed_it_is_bad():
    two = KeySet("k1", {"k1": KEY, "k2": KEY + b"2"})
    with pytest.raises(BadToken):
        bearer(two, signed(claims(), kid="k2"))


def test_the_token_beside_a_cookie_belongs_to_one_session_and_outlives_a_rotation():
    token = csrf_token(KEYS, SESSION)
    assert csrf_holds(KEYS, SESSION, token)
    assert csrf_holds(KeySet("k2", {"k2": KEY + b"2", "k1": KEY}), SESSION, token)
    assert not csrf_holds(KeySet("k2", {"k2": KEY + b"2"}), SESSION, token)
    assert not csrf_holds(KEYS, USER, token)
    for wrong in ("", token[:-1], token.upper(), "\xe9"):
        assert not csrf_holds(KEYS, SESSION, wrong)


def test_a_token_signed_with_another_key_is_bad():
    with pytest.raises(BadToken):
        user_of(signed(claims(), key=KEY + b"!"))


def test_an_unsigned_token_is_bad_though_its_claims_are_right():
    unsigned = jwt.encode(claims(), "", algorithm="none", headers={"kid": "k1"})
    with pytest.raises(BadToken):
        user_of(unsigned)


def test_a_token_signed_by_another_algorithm_is_bad_though_the_key_is_right():
    with pytest.raises(BadToken):
        user_of(signed(claims(), key=KEY * 2, algorithm="HS512"))


@pytest.mark.parametrize("claim", ["exp", "sub", "iss"])
def test_a_token_without_a_claim_is_bad(claim: str):
    lacking = claims()
    del lacking[claim]
    with pytest.raises(BadToken):
        user_of(signed(lacking))


@pytest.mark.parametrize(
    "wrong",
    [
        {"sid": 5},
        {"sid": None},
        {"sid": ""},
        {"iss": "another"},
        {"sub": "nobody"},
        {"sub": 5},
        {"sub": ""},
        {"exp": "soon"},
    ],
)
def test_a_token_with_a_claim_that_is_not_ours_is_bad(wrong: dict[str, Any]):
    content = claims(iat=0, exp=4_000_000_000) | wrong
    with pytest.raises(BadToken):
        user_of(jwt.api_jws.encode(json.dumps(content).encode(), KEY, algorithm=ALGORITHM, headers={"kid": "k1"}))


@given(st.text() | st.text(alphabet="abcABC019-_.=", max_size=60))
def test_garbage_is_a_bad_token_and_nothing_worse(garbage: str):
    with pytest.raises(BadToken):
        user_of(garbage)


@given(st.integers(min_value=0), st.characters())
def test_a_token_with_one_letter_changed_is_bad_or_the_same(place: int, letter: str):
    token = issue_token(KEYS, USER, now=datetime.now(UTC), life=LIFE)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    try:
        # The last letter of a signature may differ in bits that do not count.
        assert user_of(changed) == USER
        assert changed.rpartition(".")[0] == token.rpartition(".")[0]
    except BadToken:
        assert changed != token
