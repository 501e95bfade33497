"""Send what is due, and look up what is unclear."""

import asyncio

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts import commands as accounts
from domain.base.keyring import SecretUnreadable
from domain.engagement import readings
from domain.hosts import commands as hosts
from domain.hosts import port
from domain.posts import deliveries
from domain.posts.deliveries import Claim
from domain.posts.outcomes import Settlement, after_look, after_submit
from domain.terms import DeliveryState
from workers.context import WorkerContext

log = structlog.get_logger()

SETTLED = Counter("qicai_deliveries_settled_total", "Claims settled, by what came of them.", ["event"])


async def claim_due(context: WorkerContext, limit: int) -> list[Claim]:
    """Take what is due; the claim is committed before anything is sent."""
    async with context.sessions() as session:
        claims = await deliveries.claim_due(session, limit=limit, lease=context.lease)
        await session.commit()
    return claims


async def claim_looks(context: WorkerContext, limit: int) -> list[Claim]:
    """Take what is to be looked up, after giving up on the leases of workers that are gone."""
    async with context.sessions() as session:
        ended = await deliveries.end_leases(session)
        claims = await deliveries.claim_looks(session, limit=limit, lease=context.lease)
        await session.commit()
    if ended:
        log.warning("leases_ended", deliveries=ended)
    return claims


async def deliver(context: WorkerContext, claim: Claim) -> None:
    """Call the platform for one claim and settle it; no session is open in between."""
    settlement = await _ask(context, claim)
    async with context.sessions() as session:
        settled = await deliveries.settle(session, claim, settlement)
        if settled:
            await _follow_up(session, context, claim, settlement)
        await session.commit()
    SETTLED.labels(settlement.event).inc()
    if not settled:
        log.warning("overtaken", delivery=str(claim.delivery_id), fence=claim.fence)
    elif settlement.problem:
        log.info(
            "delivery_problem",
            delivery=str(claim.delivery_id),
            outcome=settlement.event,
            problem=settlement.problem,
            detail=settlement.detail,
        )


async def _ask(context: WorkerContext, claim: Claim) -> Settlement:
    sending = claim.state is DeliveryState.SENDING
    submission = port.Submission(key=claim.key, code=claim.code, text=claim.text)
    client = context.client(claim.host_kind, claim.api_url)
    answer: port.Published | port.Accepted | port.Absent | port.Uncertain | port.HostError
    try:
        token = context.keyring.open(claim.token, row=f"accounts:token:{claim.account_id}")
        handle = port.Handle(uid=claim.uid, token=token)
        async with asyncio.timeout(context.call_seconds):
            call = client.submit if sending else client.find
            answer = await call(handle, submission)
    except port.HostError as error:
        answer = error
    except TimeoutError:
        answer = port.OutcomeUnknown(f"no answer within {context.call_seconds:g} s")
    except SecretUnreadable as error:
        answer = port.Unauthorized(f"the stored token cannot be used: {error}")
    if sending and not isinstance(answer, port.Absent | port.Uncertain):
        return after_submit(answer, tries=claim.tries)
    if not sending and not isinstance(answer, port.Accepted):
        return after_look(answer, state=claim.state, looks=claim.looks)
    raise TypeError(f"{client!r} answered {answer!r}")


async def _follow_up(session: AsyncSession, context: WorkerContext, claim: Claim, settlement: Settlement) -> None:
    """What a settlement means for the account, the platform, and the counting of the post."""
    if settlement.host_post_id is not None:
        await readings.begin(session, delivery_id=claim.delivery_id, ladder=context.ladder)
    if settlement.token_dead:
        await accounts.mark_unauthorized(session, account_id=claim.account_id)
    if settlement.limits == "account":
        await accounts.pause(session, account_id=claim.account_id, until=settlement.until, wait=settlement.wait)
    if settlement.limits == "host":
        await hosts.pause(session, host_id=claim.host_id, until=settlement.until, wait=settlement.wait)
