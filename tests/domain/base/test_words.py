"""What others say is kept without secrets, short, and as text that the database takes."""

import pytest

from domain.base.words import HIDDEN, kept, said, without_secrets
from domain.refusals import Invalid

SECRET = "SECRETsecret.0123-_"


@pytest.mark.parametrize(
    "said",
    [
        "https://api.example/2/x.json?access_token={}&uid=1",
        "access_token={}",
        "access_token%3D{}",
        '{{"access_token": "{}", "uid": 1}}',
        "{{'client_secret': '{}'}}",
        '"{{\\"refresh_token\\":\\"{}\\"}}"',
        "Authorization: OAuth2 {}",
        "authorization=Bearer {}",
        "{{'Authorization': 'Bearer {}'}}",
        "bearer {} was refused",
        "OAuth2 {}",
        "Cookie: SUB={}; x=1",
        "password={}",
        "https://qicai.example/uploads/1?until=1780000000&proof={}",
        "app_secret: {}",
    ],
)
def test_what_is_named_as_a_secret_is_hidden(said: str):
    found = without_secrets(said.format(SECRET))
    assert SECRET not in found
    assert "SECRET" not in found
    assert HIDDEN in found


def test_a_token_of_the_platform_is_hidden_wherever_it_stands():
    assert without_secrets("invalid: 2.00abcdEFGH1234!") == f"invalid: {HIDDEN}!"


@pytest.mark.parametrize("form", ["a b/c+d=", "a%20b%2Fc%2Bd%3D", "a+b%2Fc%2Bd%3D"])
def test_a_secret_that_is_known_is_hidden_however_it_is_written(form: str):
    assert without_secrets(f"no: {form}!", "a b/c+d=") == f"no: {HIDDEN}!"
    assert without_secrets("nothing is known", "") == "nothing is known"


@pytest.mark.parametrize(
    "words",
    ["token_expired", "expired_token", "the token is over", "21327: expired_token", "重复内容", "uid=1&count=2"],
)
def test_plain_words_stay_as_they_are(words: str):
    assert kept(words, limit=100) == words


def test_what_is_long_is_cut_and_says_so():
    assert kept("长" * 100, limit=100) == "长" * 100
    assert kept("长" * 101, limit=100) == "长" * 99 + "…"
    assert len(kept(f"access_token={SECRET} " * 10_000, limit=100)) == 100


def test_what_the_database_does_not_take_is_replaced():
    assert kept("a\x00b\ud800c\x1bd\ne", limit=100) == "a\ufffdb\ufffdc\ufffdd\ne"


@pytest.mark.parametrize("words", ["", " ", "\u3000\n\t"])
def test_whoever_has_to_say_something_and_says_nothing_is_told_where(words: str):
    with pytest.raises(Invalid) as caught:
        said(words, "given.reason", limit=5)
    assert (caught.value.code, caught.value.path) == ("TEXT_EMPTY", ("given", "reason"))


@pytest.mark.parametrize("limit", [5, None])
def test_blanks_around_words_neither_stay_nor_count(limit: int | None):
    assert said(" 一二三四五\n", "reason", limit=limit) == "一二三四五"


def test_more_than_may_be_said_is_refused_with_the_limit():
    assert said("字" * 6, "reason") == "字" * 6
    with pytest.raises(Invalid) as caught:
        said("字" * 6, "reason", limit=5)
    assert (caught.value.code, caught.value.path, caught.value.facts) == ("WORDS_TOO_LONG", ("reason",), {"limit": 5})
