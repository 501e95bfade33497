"""Access tokens: what is issued is understood, and nothing else is."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.auth import ALGORITHM, ISSUER, BadToken, issue_token, user_of

KEY = b"a signing key that only tests know, 32+"
USER = UUID("01890000-0000-7000-8000-000000000001")
LIFE = timedelta(minutes=10)


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"iss": ISSUER, "sub": str(USER), "iat": now, "exp": now + LIFE} | changes


def signed(given: dict[str, Any], *, key: bytes = KEY, algorithm: str = ALGORITHM) -> str:
    return jwt.encode(given, key, algorithm=algorithm)


@given(st.uuids())
def test_a_token_names_the_user_it_was_issued_to(user: UUID):
    assert user_of(KEY, issue_token(KEY, user, now=datetime.now(UTC), life=LIFE)) == user


def test_a_token_says_who_and_until_when_and_nothing_more():
    token = issue_token(KEY, USER, now=datetime.now(UTC), life=LIFE)
    content = jwt.decode(token, options={"verify_signature": False})
    assert set(content) == {"iss", "sub", "iat", "exp"}
    assert content["exp"] - content["iat"] == LIFE.total_seconds()


def test_a_token_is_good_until_it_expires_and_not_a_second_longer():
    nearly = issue_token(KEY, USER, now=datetime.now(UTC) - LIFE + timedelta(seconds=5), life=LIFE)
    assert user_of(KEY, nearly) == USER
    over = issue_token(KEY, USER, now=datetime.now(UTC) - LIFE - timedelta(seconds=1), life=LIFE)
    with pytest.raises(BadToken):
        user_of(KEY, over)


def test_a_token_signed_with_another_key_is_bad():
    with pytest.raises(BadToken):
        user_of(KEY, signed(claims(), key=KEY + b"!"))


def test_an_unsigned_token_is_bad_though_its_claims_are_right():
    unsigned = jwt.encode(claims(), "", algorithm="none")
    with pytest.raises(BadToken):
        user_of(KEY, unsigned)


def test_a_token_signed_by_another_algorithm_is_bad_though_the_key_is_right():
    with pytest.raises(BadToken):
        user_of(KEY, signed(claims(), key=KEY * 2, algorithm="HS512"))


@pytest.mark.parametrize("claim", ["exp", "sub", "iss"])
def test_a_token_without_a_claim_is_bad(claim: str):
    lacking = claims()
    del lacking[claim]
    with pytest.raises(BadToken):
        user_of(KEY, signed(lacking))


@pytest.mark.parametrize("wrong", [{"iss": "another"}, {"sub": "nobody"}, {"sub": 5}, {"sub": ""}, {"exp": "soon"}])
def test_a_token_with_a_claim_that_is_not_ours_is_bad(wrong: dict[str, Any]):
    content = claims(iat=0, exp=4_000_000_000) | wrong
    with pytest.raises(BadToken):
        user_of(KEY, jwt.api_jws.encode(json.dumps(content).encode(), KEY, algorithm=ALGORITHM))


@given(st.text() | st.text(alphabet="abcABC019-_.=", max_size=60))
def test_garbage_is_a_bad_token_and_nothing_worse(garbage: str):
    with pytest.raises(BadToken):
        user_of(KEY, garbage)


@given(st.integers(min_value=0), st.characters())
def test_a_token_with_one_letter_changed_is_bad_or_the_same(place: int, letter: str):
    token = issue_token(KEY, USER, now=datetime.now(UTC), life=LIFE)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    try:
        # The last letter of a signature may differ in bits that do not count.
        assert user_of(KEY, changed) == USER
        assert changed.rpartition(".")[0] == token.rpartition(".")[0]
    except BadToken:
        assert changed != token
