"""Pure decisions about logins: names, passwords, how long sessions last, and how guessing is slowed down."""

import re
import unicodedata
from datetime import datetime, timedelta
from itertools import pairwise

from domain.refusals import Invalid, Reason
from domain.terms import SessionKind

PASSWORD_MIN, PASSWORD_MAX = 10, 200
LABEL_LENGTH = 100
DIGITS = "0123456789"
FEWEST_LETTERS = 4
MOBILE = re.compile(r"(86)?1[3-9]\d{9}")
# A password of one of these, with digits and signs around it, is among the first that anybody tries.
WORST = frozenset({"password", "passwort", "qwerty", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1q2w3e4r", "1qaz2wsx"})
WORST |= {"admin", "administrator", "welcome", "letmein", "iloveyou", "woaini", "mima", "guanli", "guanliyuan"}
WORST |= {"qicai", "a", "aa", "abc"}
# How often the same place may be guessed at before waiting begins, and how it grows.
FREE_FAILURES = 5
FIRST_LOCK, LONGEST_LOCK = timedelta(seconds=30), timedelta(minutes=15)
FORGET_FAILURES = timedelta(hours=24)

IDLE = {SessionKind.APP: timedelta(days=30), SessionKind.BROWSER: timedelta(hours=12)}
LONGEST = {SessionKind.APP: timedelta(days=90), SessionKind.BROWSER: timedelta(days=7)}
# That a session is in use is written down no more often than this.
TOUCH_EVERY = timedelta(minutes=1)
# Two windows of one app may renew with the same token at once; a thief comes later.
RACE = timedelta(seconds=10)


def login_name(typed: str) -> str:
    """The one form of a login name, however it was typed: no difference of case, of width, or of spaces around it.

    Names are kept in this form too, so that no two of them look alike.
    """
    folded = unicodedata.normalize("NFKC", typed).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def password_form(typed: str) -> str:
    """The one form of a password: an input method may give the same letters in another width."""
    return unicodedata.normalize("NFKC", typed)


def check_password(password: str, *, login: str, path: str) -> None:
    """Refuse a password that is too short, too long, or among the first to be guessed."""
    if len(password) > PASSWORD_MAX:
        raise Invalid(Reason.PASSWORD_TOO_LONG, path=path, limit=PASSWORD_MAX)
    given = password_form(password)
    if len(given) < PASSWORD_MIN:
        raise Invalid(Reason.PASSWORD_TOO_SHORT, path=path, limit=PASSWORD_MIN)
    if _is_weak(given.casefold(), login_name(login)):
        raise Invalid(Reason.PASSWORD_WEAK, path=path)


def _is_weak(password: str, login: str) -> bool:
    """Whether it is among the first guesses: few letters, a run of them, a mobile number, a worst word or the login."""
    letters = _letters(password)
    if len(set(password)) < FEWEST_LETTERS or _is_run(letters) or MOBILE.fullmatch(letters):
        return True
    core = letters.strip(DIGITS)
    words = WORST | {_letters(login), _letters(login).strip(DIGITS)} - {""}
    return letters in words or any(core and core == word * (len(core) // len(word)) for word in words)


def _is_run(letters: str) -> bool:
    """Whether each letter follows the one before it, upwards or downwards, as in 1234567890 or zyxwvutsrq."""
    steps = {
        (ord(later) - ord(earlier)) % 10 if letters.isdigit() else ord(later) - ord(earlier)
        for earlier, later in pairwise(letters)
    }
    return steps <= {1} or steps <= ({9} if letters.isdigit() else {-1})


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def lock_until(failures: int, now: datetime) -> datetime | None:
    """Until when a name takes no further guess after so many wrong ones in a row; None for the first five."""
    over = failures - FREE_FAILURES
    if over <= 0:
        return None
    # Beyond this many doublings it is the longest anyway, and a power of two knows no limit.
    return now + min(FIRST_LOCK * (1 << min(over - 1, 10)), LONGEST_LOCK)


def failures_after(failures: int, *, failed_at: datetime, now: datetime) -> int:
    """The count of wrong guesses with one more; what lies a day back is forgotten."""
    return 1 if now - failed_at > FORGET_FAILURES else failures + 1


def expires_at(kind: SessionKind, *, created_at: datetime, now: datetime) -> datetime:
    """When a session that is used now ends by itself."""
    return min(now + IDLE[kind], created_at + LONGEST[kind])
