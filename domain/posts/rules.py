"""Pure decisions about posts: their final text, their spread in time, and when to try again."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from domain.access.abilities import Ability
from domain.access.permissions import Permission
from domain.hosts.rules import Capabilities, check_text
from domain.refusals import Invalid, Reason

SPREAD_LIMIT = 24 * 3600
# "Now", said by a front end, arrives a little later.
GRACE = timedelta(minutes=2)
# A year is planned ahead; what lies much further is a slip, and at the end of time no sum of dates holds.
HORIZON = timedelta(days=2 * 366)
# The last wait is repeated: what is due and was never sent stays due.
RETRY_AFTER = [timedelta(seconds=s) for s in (2, 8, 30, 120, 480, 1800, 3600)]
LOOK_AFTER = [timedelta(seconds=s) for s in (15, 60, 300, 900)]


def link(domain: str, code: str) -> str:
    """The short link of one delivery; the code in it is how the post is found again at the platform."""
    return f"https://{domain}/s/{code}"


def final_text(text: str, *, domain: str, code: str) -> str:
    """What is sent: the post's text and the delivery's own link."""
    return f"{text.strip()} {link(domain, code)}"


def check_post(text: str, *, domain: str, capabilities: Capabilities, code_length: int) -> None:
    """Refuse a post whose final text a platform would refuse; every code has the same length."""
    if not text.strip():
        raise Invalid(Reason.TEXT_EMPTY, path="text")
    check_text(final_text(text, domain=domain, code="x" * code_length), capabilities, path="text")


def delivery_key(delivery_id: UUID, text: str) -> UUID:
    """The idempotency key: the same for the same delivery and text, however often it is tried."""
    return uuid5(delivery_id, text)


def spread(count: int, start: datetime, over: timedelta) -> list[datetime]:
    """`count` due times from `start` on, evenly over a period, so that platforms are not flooded."""
    # Rounded down each by itself: a rounded step, taken thousands of times, would lead beyond the period.
    return [start + over * place // count for place in range(count)]


def retry_after(tries: int) -> timedelta:
    """How long to wait after the given number of tries that certainly were not sent: ever longer, never for good."""
    return RETRY_AFTER[min(tries, len(RETRY_AFTER)) - 1]


def resend_after(looks: int) -> timedelta | None:
    """How long to wait after a proof of absence, by the looks so far; None is asking a person.

    The first time at once. A post that never arrives, though no answer says why, must not be sent for ever.
    """
    if looks > len(RETRY_AFTER) + 1:
        return None
    return retry_after(looks - 1) if looks > 1 else timedelta()


def look_after(looks: int) -> timedelta | None:
    """How long to wait after the given number of looks that proved nothing; None is asking a person."""
    return LOOK_AFTER[looks - 1] if looks <= len(LOOK_AFTER) else None


POST_ABILITIES = (Ability("cancel_post", Permission.POST_CANCEL),)
