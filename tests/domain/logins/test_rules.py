"""Names, passwords, lock-outs and ends of sessions are decided on plain data."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.logins import rules
from domain.refusals import Invalid
from domain.terms import SessionKind
from tests.factories.logins import wide
from tests.factories.units import NOW

SECONDS = st.integers(min_value=0, max_value=200 * 86_400)


@pytest.mark.parametrize(
    "typed", ["li.wei", "LI.WEI", "Li.Wei ", wide("li.wei"), wide("LI") + ".wEI", "\u3000li.wei\t"]
)
def test_case_width_and_spaces_around_make_no_other_name(typed: str):
    assert rules.login_name(typed) == "li.wei"


@given(st.text())
def test_the_form_of_a_name_is_its_own_form(typed: str):
    once = rules.login_name(typed)
    assert rules.login_name(once) == once


def test_names_that_differ_are_not_the_same():
    assert len({rules.login_name(name) for name in ("li.wei", "liwei", "li wei", "li.wei2", "李伟")}) == 5


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "PASSWORD_TOO_SHORT"),
        ("ninechars", "PASSWORD_TOO_SHORT"),
        ("x" * 201, "PASSWORD_TOO_LONG"),
        ("aaaaaaaaaaaa", "PASSWORD_WEAK"),
        ("1212121212", "PASSWORD_WEAK"),
        ("1234567890", "PASSWORD_WEAK"),
        ("9876543210", "PASSWORD_WEAK"),
        ("abcdefghijkl", "PASSWORD_WEAK"),
        ("13812345678", "PASSWORD_WEAK"),
        ("password2026", "PASSWORD_WEAK"),
        ("Password!!123", "PASSWORD_WEAK"),
        ("passwordpassword", "PASSWORD_WEAK"),
        ("Admin12345", "PASSWORD_WEAK"),
        ("qwertyuiop", "PASSWORD_WEAK"),
        ("woaini1314520", "PASSWORD_WEAK"),
        ("east-admin7", "PASSWORD_WEAK"),
        ("East.Admin7", "PASSWORD_WEAK"),
        ("eastadmin2026", "PASSWORD_WEAK"),
        ("eastadmineastadmin", "PASSWORD_WEAK"),
        (wide("EAST-ADMIN7"), "PASSWORD_WEAK"),
        (wide("1234567890"), "PASSWORD_WEAK"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, code: str):
    with pytest.raises(Invalid) as refused:
        rules.check_password(password, login="east-admin7", path="new")
    assert (refused.value.code, refused.value.path) == (code, ("new",))


@pytest.mark.parametrize(
    "password",
    [
        "seven colours of cloud",
        "窗前明月光疑是地上霜",
        "Tr0ub4dor&3",
        "x7#kQ2!mZp",
        "20260601lanterns",
        "x9" * 5 + "Kq",
    ],
)
def test_any_other_password_will_do(password: str):
    rules.check_password(password, login="east-admin7", path="new")


def test_the_length_counts_what_is_compared():
    # A single letter may stand for many: what counts is the form that is hashed.
    rules.check_password("ﷺ北京路口", login="li", path="new")
    with pytest.raises(Invalid):
        rules.check_password("e\u0301" * 9, login="li", path="new")


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [
        (0, None),
        (1, None),
        (5, None),
        (6, 30),
        (7, 60),
        (8, 120),
        (9, 240),
        (10, 480),
        (11, 900),
        (12, 900),
        (10**9, 900),
    ],
)
def test_five_failures_are_free_and_then_waiting_doubles_to_a_quarter_of_an_hour(failures: int, seconds: int | None):
    assert rules.lock_until(failures, NOW) == (None if seconds is None else NOW + timedelta(seconds=seconds))


@given(st.integers(min_value=0, max_value=10**6))
def test_one_more_failure_never_shortens_the_wait(failures: int):
    assert (rules.lock_until(failures, NOW) or NOW) <= (rules.lock_until(failures + 1, NOW) or NOW)


def test_failures_are_forgotten_a_day_after_the_last():
    day = timedelta(hours=24)
    assert rules.failures_after(7, failed_at=NOW - day, now=NOW) == 8
    assert rules.failures_after(7, failed_at=NOW - day - timedelta(seconds=1), now=NOW) == 1


def test_a_day_of_guessing_without_rest_gets_about_a_hundred_tries():
    now, failures, tries = NOW, 0, 0
    while now < NOW + timedelta(hours=24):
        failures, tries = rules.failures_after(failures, failed_at=now, now=now), tries + 1
        now = rules.lock_until(failures, now) or now
    assert tries < 110


@given(st.sampled_from(list(SessionKind)), SECONDS)
def test_a_session_ends_unused_or_at_its_longest_whichever_comes_first(kind: SessionKind, seconds: int):
    now = NOW + timedelta(seconds=seconds)
    end = rules.expires_at(kind, created_at=NOW, now=now)
    assert end in (now + rules.IDLE[kind], NOW + rules.LONGEST[kind])
    assert end <= NOW + rules.LONGEST[kind]


def test_the_lives_of_sessions_are_as_told():
    assert (rules.IDLE[SessionKind.APP], rules.LONGEST[SessionKind.APP]) == (timedelta(days=30), timedelta(days=90))
    browser = SessionKind.BROWSER
    assert (rules.IDLE[browser], rules.LONGEST[browser]) == (timedelta(hours=12), timedelta(days=7))
