"""Pure decisions about posts: their final text, their spread in time, and when to try again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.access.abilities import Ability
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.access.rules import Undoing
from domain.hosts.rules import Capabilities, check_text
from domain.refusals import Hindered, Invalid, Reason, Refusal
from domain.terms import DeliveryState

SPREAD_LIMIT = 24 * 3600
LATE_LEAST, LATE_LONGEST = 60, 30 * 24 * 3600
# "Now", said by a front end, arrives a little later.
GRACE = timedelta(minutes=2)
# A year is planned ahead; what lies much further is a slip, and at the end of time no sum of dates holds.
HORIZON = timedelta(days=2 * 366)
# The last wait is repeated: what is due and was never sent stays due.
RETRY_AFTER = [timedelta(seconds=s) for s in (2, 8, 30, 120, 480, 1800, 3600)]
UNANSWERED_FIRST, UNANSWERED_LONGEST = timedelta(seconds=5), timedelta(minutes=15)
LOOK_AFTER = [timedelta(seconds=s) for s in (15, 60, 300, 900)]


def link(domain: str, code: str) -> str:
    """The short link of one delivery; the code in it is how the post is found again at the platform."""
    return f"https://{domain}/s/{code}"


def final_text(text: str, *, domain: str, code: str) -> str:
    """What is sent: the post's text and the delivery's own link."""
    return f"{text.strip()} {link(domain, code)}"


def approves(approval: Any, post: Any) -> Sequence[Any]:
    """Conditions under which an approval is one of the text that the post has now."""
    return (
        approval.post_id == post.id,
        approval.revision == post.revision,
        approval.withdrawn_at.is_(None),
    )


def check_time(publish_at: datetime, spread_seconds: int, *, now: datetime, path: str = "publishAt") -> None:
    """Refuse a time that is past, too far ahead, or without its zone."""
    if publish_at.tzinfo is None:
        raise Invalid(Reason.TIME_WITHOUT_ZONE, path=path)
    if publish_at < now - GRACE:
        raise Invalid(Reason.TIME_PASSED, path=path)
    if publish_at > now + HORIZON:
        raise Invalid(Reason.TIME_TOO_FAR, path=path, days=HORIZON.days)
    if not 0 <= spread_seconds <= SPREAD_LIMIT:
        raise Invalid(Reason.SPREAD_INVALID, path="spreadSeconds", limit=SPREAD_LIMIT)


def late_after(seconds: int | None) -> int | None:
    """After how long a delivery is late, if that was said."""
    if seconds is not None and not LATE_LEAST <= seconds <= LATE_LONGEST:
        raise Invalid(Reason.LATENESS_INVALID, path="lateAfterSeconds")
    return seconds


def check_post(text: str, *, domain: str, capabilities: Capabilities, code_length: int, path: str = "text") -> None:
    """Refuse a post whose final text a platform would refuse; every code has the same length."""
    if not text.strip():
        raise Invalid(Reason.TEXT_EMPTY, path=path)
    check_text(final_text(text, domain=domain, code="x" * code_length), capabilities, path=path)


def delivery_key(delivery_id: UUID, text: str, picture_key: str | None = None) -> UUID:
    """The idempotency key: the same for the same delivery, text and picture, however often it is tried."""
    return uuid5(delivery_id, text if picture_key is None else f"{text} {picture_key}")


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


def unanswered_after(unclear_for: timedelta | None) -> timedelta:
    """How long to wait after a look that got no answer: as long as nobody has known by now, so ever longer.

    At first the next post of the account waits for this; later a platform that is away is not to be asked in vain.
    """
    return min(max(unclear_for or timedelta(), UNANSWERED_FIRST), UNANSWERED_LONGEST)


def look_after(looks: int) -> timedelta | None:
    """How long to wait after the given number of looks that proved nothing; None is asking a person."""
    return LOOK_AFTER[looks - 1] if looks <= len(LOOK_AFTER) else None


def hinders_work(post: Any) -> Reason | None:
    """A cancelled post is not worked on."""
    return None if post.cancelled_at is None else Reason.POST_CANCELLED


def hinders_holding(post: Any) -> Reason | None:
    """It is held back once."""
    return Reason.POST_HELD if post.held_at is not None else hinders_work(post)


def hinders_release(post: Any) -> Reason | None:
    """Only what is held back is let go."""
    return Reason.POST_NOT_HELD if post.held_at is None else hinders_work(post)


def hinders_editing(post: Any) -> Reason | None:
    """What has begun is not edited."""
    return hinders_work(post) or (None if post.has_unbegun else Reason.NOTHING_LEFT_TO_EDIT)


def hinders_withdrawal(post: Any) -> Reason | None:
    """Only what was approved is taken back."""
    return hinders_work(post) or (None if post.is_approved else Reason.POST_NOT_APPROVED)


def authors_of(post: Any) -> tuple[UUID | None, ...]:
    """Whose work a post is as it stands: none of them is its second person."""
    return post.created_by, post.edited_by, post.pictured_by


class Approving(Ability):
    """Whoever wrote or edited a post does not approve it, and it is approved once."""

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        refusal = super().why_not(actor, row, now=now)
        if refusal is None and actor.user_id in authors_of(row):
            return Hindered.by(Reason.APPROVER_IS_AUTHOR)
        return refusal or (Hindered.by(Reason.POST_APPROVED) if row.is_approved else None)


def hinders_lifting(silence: Any) -> Reason | None:
    """It is lifted once."""
    return None if silence.lifted_at is None else Reason.SILENCE_LIFTED


def hinders_settling(delivery: Any) -> Reason | None:
    """Only what waits for a person is settled by one."""
    return None if delivery.state is DeliveryState.NEEDS_PERSON else Reason.NOT_FOR_A_PERSON


SILENCE_ABILITIES = (
    Undoing(
        "lift_silence",
        Permission.SILENCE_EDIT,
        hindrance=hinders_lifting,
        needs=frozenset({"lifted_at", "height"}),
    ),
)
DELIVERY_ABILITIES = (
    Ability("settle_delivery", Permission.POST_SETTLE, hindrance=hinders_settling, needs=frozenset({"state"})),
)
NEEDS = frozenset({"cancelled_at", "held_at"})
POST_ABILITIES = (
    Ability("cancel_post", Permission.POST_CANCEL),
    Approving(
        "approve_post",
        Permission.POST_APPROVE,
        hindrance=hinders_work,
        needs=NEEDS | {"created_by", "edited_by", "pictured_by", "is_approved"},
    ),
    Ability("withdraw_approval", Permission.POST_APPROVE, hindrance=hinders_withdrawal, needs=NEEDS | {"is_approved"}),
    Ability("edit_post", Permission.POST_EDIT, hindrance=hinders_editing, needs=NEEDS | {"has_unbegun"}),
    Ability("hold_post", Permission.POST_EDIT, hindrance=hinders_holding, needs=NEEDS),
    Ability("release_post", Permission.POST_EDIT, hindrance=hinders_release, needs=NEEDS),
    Ability("release_waiting", Permission.POST_EDIT, hindrance=hinders_work, needs=NEEDS),
    Ability("duplicate_post", Permission.LESSON_SCHEDULE),
)
