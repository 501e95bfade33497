"""Send what is due, and look up what is unclear."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts import commands as accounts
from domain.base.keyring import SecretUnreadable
from domain.engagement import readings
from domain.hosts import commands as hosts
from domain.hosts import port
from domain.posts import answers, deliveries
from domain.posts.deliveries import Claim
from domain.posts.lifecycle import Event
from domain.posts.outcomes import Settlement, after_look, after_submit
from domain.posts.rules import retry_after
from domain.terms import DeliveryState
from domain.uploads.rules import are_of, kind_of
from integrations.database import AWAY, is_away
from integrations.objects import StoreAway
from workers.context import WorkerContext

log = structlog.get_logger()

SETTLED = Counter("qicai_deliveries_settled_total", "Claims settled, by what came of them.", ["event"])
LEASES_ENDED = Counter("qicai_leases_ended_total", "Deliveries whose worker was gone before it said what came of them.")
SETTLE_AGAIN_SECONDS = 0.5
UNREADABLE_WAIT = timedelta(minutes=1)
# The store is our own, and what comes after this post waits with it.
STORE_WAIT = timedelta(minutes=2)


@dataclass(frozen=True)
class Held:
    """A claim, and until when by this process's own clock nobody else may act on it."""

    claim: Claim
    until: float

    def left(self) -> float:
        """Seconds of the lease that are left; the process may have been held up since it claimed."""
        return self.until - _clock()


def _clock() -> float:
    """Seconds that go on while the machine sleeps, where it can say so: a lease at the database does too."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


async def claim_due(context: WorkerContext, limit: int) -> list[Held]:
    """Take what is due; the claim is committed before anything is sent."""
    until = _clock() + context.lease.total_seconds()
    async with context.sessions() as session:
        claims = await deliveries.claim_due(session, limit=limit, lease=context.lease)
        await session.commit()
    return [Held(claim, until) for claim in claims]


async def claim_looks(context: WorkerContext, limit: int) -> list[Held]:
    """Take what is to be looked up, after giving up on the leases of workers that are gone."""
    until = _clock() + context.lease.total_seconds()
    async with context.sessions() as session:
        ended = await deliveries.end_leases(session)
        claims = await deliveries.claim_looks(session, limit=limit, lease=context.lease)
        await session.commit()
    if ended:
        LEASES_ENDED.inc(ended)
        log.warning("leases_ended", deliveries=ended)
    return [Held(claim, until) for claim in claims]


async def deliver(context: WorkerContext, held: Held) -> None:
    """Call the platform for one claim and settle it; no session is open in between."""
    claim = held.claim
    settlement = await _ask(context, held)
    if not await _settled(context, held, settlement):
        log.warning("overtaken", delivery=str(claim.delivery_id), fence=claim.fence)
        return
    SETTLED.labels(settlement.event).inc()
    if settlement.problem:
        log.info(
            "delivery_problem",
            delivery=str(claim.delivery_id),
            outcome=settlement.event,
            problem=settlement.problem,
            detail=settlement.detail,
        )


async def _ask(context: WorkerContext, held: Held) -> Settlement:
    claim = held.claim
    sending = claim.state is DeliveryState.SENDING
    picture = await _picture(context, claim) if sending else None
    if isinstance(picture, Settlement):
        return picture
    if sending and held.left() < context.call_seconds:
        # Whoever takes over when the lease ends must not meet our request at the platform.
        return Settlement(Event.NOT_SENT, Event.LEASE_ENDED, "the worker was held up before it sent")
    try:
        token = context.keyring.open(claim.token, row=f"accounts:token:{claim.account_id}")
    except SecretUnreadable as error:
        # The fault may be this process's own, as with a key file of another machine: the account is left alone.
        log.error("token_unreadable", account=str(claim.account_id), error=str(error))
        event = Event.NOT_SENT if sending else Event.UNPROVED
        return Settlement(event, "TOKEN_UNREADABLE", str(error), wait=UNREADABLE_WAIT, counts_as_look=False)
    answer = await _answer(context, held, port.Handle(uid=claim.uid, token=token), picture, sending=sending)
    if sending and not isinstance(answer, port.Absent | port.Uncertain):
        return after_submit(answer, tries=claim.tries)
    if not sending and not isinstance(answer, port.Accepted):
        return after_look(
            answer, state=claim.state, looks=claim.looks, crashes=claim.crashes, unclear_for=claim.unclear_for
        )
    raise TypeError(f"{claim.host_kind} answered {answer!r}")


async def _picture(context: WorkerContext, claim: Claim) -> port.Media | Settlement | None:
    """The very bytes that were approved, if the post carries a picture; without them it is not sent."""
    key = claim.picture_key
    if key is None:
        return None
    try:
        async with asyncio.timeout(context.call_seconds):
            content = await context.store.get(key)
    except (StoreAway, TimeoutError) as error:
        log.error("store_away", delivery=str(claim.delivery_id), error=str(error) or type(error).__name__)
        wait = min(retry_after(claim.tries + 1), STORE_WAIT)
        return Settlement(Event.NOT_SENT, "PICTURE_UNREADABLE", wait=wait, counts_as_try=True)
    if content is None:
        log.error("picture_missing", delivery=str(claim.delivery_id), key=key)
        return Settlement(Event.REFUSED, "PICTURE_MISSING")
    if not are_of(key, content):
        log.error("picture_altered", delivery=str(claim.delivery_id), key=key)
        return Settlement(Event.REFUSED, "PICTURE_ALTERED")
    return port.Media(kind_of(key), content)


async def _answer(
    context: WorkerContext, held: Held, handle: port.Handle, picture: port.Media | None, *, sending: bool
) -> port.Published | port.Accepted | port.Absent | port.Uncertain | port.HostError:
    claim = held.claim
    submission = port.Submission(
        key=claim.key,
        code=claim.code,
        text=claim.text,
        picture=picture,
        after=claim.last_post_id,
        is_ours=lambda: held.left() > 0,
    )
    try:
        client = context.client(claim.host_kind, claim.api_url)
        async with asyncio.timeout(context.call_seconds):
            call = client.submit if sending else client.find
            return await call(handle, submission)
    except port.HostError as error:
        return error
    except TimeoutError:
        return port.OutcomeUnknown(f"no answer within {context.call_seconds:g} s")
    except Exception as error:
        # Left unsettled it would come up again for ever; so it ends with a person, and the defect is told.
        log.exception("client_failed", delivery=str(claim.delivery_id))
        unknown = port.OutcomeUnknown(f"the client failed: {type(error).__name__}")
        return unknown if sending else port.Uncertain()


async def _settled(context: WorkerContext, held: Held, settlement: Settlement) -> bool:
    """Write down what came of a claim, as often as the database is away, but only while the claim is ours."""
    while True:
        try:
            async with context.sessions() as session:
                settled = await answers.settle(session, held.claim, settlement)
                if settled:
                    await _follow_up(session, context, held.claim, settlement)
                await session.commit()
            return settled
        except AWAY as error:
            if not is_away(error) or held.left() < 0:
                raise
            log.warning("settlement_waits", delivery=str(held.claim.delivery_id), error=type(error).__name__)
            await asyncio.sleep(SETTLE_AGAIN_SECONDS)


async def _follow_up(session: AsyncSession, context: WorkerContext, claim: Claim, settlement: Settlement) -> None:
    """What a settlement means for the account, the platform, and the counting of the post."""
    if settlement.host_post_id is not None:
        await readings.begin(session, delivery_id=claim.delivery_id, ladder=context.ladder)
    if settlement.token_dead:
        await accounts.mark_unauthorized(session, account_id=claim.account_id, token=claim.token)
    if settlement.limits == "account":
        await accounts.pause(session, account_id=claim.account_id, until=settlement.until, wait=settlement.wait)
    if settlement.limits == "host":
        await hosts.pause(session, host_id=claim.host_id, until=settlement.until, wait=settlement.wait)
