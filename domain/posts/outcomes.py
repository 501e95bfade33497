"""What an answer of a platform means for a delivery: pure decisions."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.hosts import port
from domain.posts.lifecycle import Event
from domain.posts.rules import look_after, resend_after, retry_after, unanswered_after
from domain.terms import DeliveryState

# Where a platform limits us without saying until when.
LIMIT_WAIT = timedelta(minutes=5)
# Where a person has to mend something at the account, the platform or our application first.
BLOCK_WAIT = timedelta(minutes=30)
# For how long an account waits to learn what became of its last post.
UNCLEAR_LIMIT = timedelta(hours=6)
# How many workers may be gone while they have the same delivery.
CRASHES_LIMIT = 3
# These pass, or wait for the account's token; any other error of a look will be the same next time.
UNANSWERED = (port.TransientBeforeSend, port.OutcomeUnknown, port.RateLimited, port.Unauthorized)


@dataclass(frozen=True)
class Settlement:
    """What came of a claim, and what else follows from it.

    `wait` or `until` say when to go on where the delivery is not finished. `limits` names who is limited,
    "account" or "host"; `token_dead` that the account's token must be renewed by a person.
    """

    event: Event
    problem: str | None = None
    detail: str | None = None
    host_post_id: str | None = None
    host_url: str | None = None
    wait: timedelta = timedelta()
    until: datetime | None = None
    counts_as_try: bool = False
    counts_as_look: bool = True
    limits: str | None = None
    token_dead: bool = False


def after_submit(answer: port.Published | port.Accepted | port.HostError, *, tries: int) -> Settlement:
    """What follows from sending; `tries` counts the earlier ones that certainly were not sent."""
    if isinstance(answer, port.Published):
        return Settlement(Event.PUBLISHED, host_post_id=answer.host_post_id, host_url=answer.url)
    if isinstance(answer, port.Accepted):
        return Settlement(Event.TAKEN)
    problem, detail = problem_of(answer), words_of(answer)
    if isinstance(answer, port.OutcomeUnknown | port.Duplicate):
        # A platform that refuses a repetition may well be holding our own first try.
        return Settlement(Event.UNCLEAR, problem, detail)
    if isinstance(answer, port.RateLimited):
        return Settlement(Event.NOT_SENT, problem, detail, until=answer.until, wait=LIMIT_WAIT, limits=answer.scope)
    if isinstance(answer, port.Unauthorized):
        return Settlement(Event.NOT_SENT, problem, detail, token_dead=True)
    if isinstance(answer, port.HumanNeeded):
        return Settlement(Event.PERSON_ASKED, problem, detail, wait=BLOCK_WAIT, limits="account")
    if isinstance(answer, port.TransientBeforeSend):
        return Settlement(Event.NOT_SENT, problem, detail, wait=retry_after(tries + 1), counts_as_try=True)
    if isinstance(answer, port.AccountBlocked | port.PermissionMissing):
        # A trouble of the account, not of this post: those that come after it would fare no better.
        return Settlement(Event.NOT_SENT, problem, detail, wait=BLOCK_WAIT, limits="account")
    if isinstance(answer, port.Misconfigured):
        return Settlement(Event.NOT_SENT, problem, detail, wait=BLOCK_WAIT, limits="host")
    return Settlement(Event.REFUSED, problem, detail)


def after_look(
    answer: port.Published | port.Absent | port.Uncertain | port.HostError,
    *,
    state: DeliveryState,
    looks: int,
    crashes: int = 0,
    unclear_for: timedelta | None = None,
) -> Settlement:
    """What follows from looking; only an absence after an unclear answer allows to send again.

    `crashes` counts the workers that were gone while they had it, `unclear_for` says for how long nobody has known.
    """
    if isinstance(answer, port.Published):
        return Settlement(Event.FOUND, host_post_id=answer.host_post_id, host_url=answer.url)
    if isinstance(answer, port.Absent) and state is DeliveryState.UNCONFIRMED:
        again = resend_after(looks)
        if again is None:
            return Settlement(Event.PERSON_ASKED, "NEVER_ARRIVES")
        if crashes >= CRASHES_LIMIT:
            # Whatever is wrong with it, no further worker is to die of it.
            return Settlement(Event.PERSON_ASKED, "QUARANTINED")
        return Settlement(Event.ABSENT, wait=again)
    if isinstance(answer, UNANSWERED):
        if unclear_for is not None and unclear_for > UNCLEAR_LIMIT:
            # The account's next post has waited for this one long enough.
            return replace(_not_looked(answer, unclear_for), event=Event.PERSON_ASKED)
        return _not_looked(answer, unclear_for)
    problem, detail = "NOT_FOUND", None
    if isinstance(answer, port.HostError):
        problem, detail = problem_of(answer), words_of(answer)
    wait = look_after(looks)
    if wait is None:
        return Settlement(Event.PERSON_ASKED, problem, detail)
    return Settlement(Event.UNPROVED, problem, detail, wait=wait)


def _not_looked(error: port.HostError, unclear_for: timedelta | None) -> Settlement:
    """A look that got no answer says nothing, so it does not bring the delivery closer to a person."""
    unproved = Settlement(
        Event.UNPROVED, problem_of(error), words_of(error), wait=unanswered_after(unclear_for), counts_as_look=False
    )
    if isinstance(error, port.RateLimited):
        return replace(unproved, wait=LIMIT_WAIT, until=error.until, limits=error.scope)
    return replace(unproved, token_dead=isinstance(error, port.Unauthorized))


def problem_of(error: port.HostError) -> str:
    """Our code for a kind of failure, as in RATE_LIMITED."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).upper()


def words_of(error: port.HostError) -> str:
    """The platform's own code and words."""
    return f"{error.code}: {error.detail}" if error.code else error.detail
