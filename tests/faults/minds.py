"""People change their minds close to the due time, and what they said is remembered as forbidden."""

import asyncio
import time
from uuid import UUID

from sqlalchemy import select

from domain.accounts.commands import resume_account, suspend_account
from domain.accounts.models import Account
from domain.posts.approvals import withdraw_approval
from domain.posts.commands import cancel_post
from domain.posts.edits import edit_post, hold_post, release_post
from domain.posts.models import Delivery, Post, Silence
from domain.posts.silences import lift_silence, order_silence
from domain.refusals import Refusal
from domain.terms import AccountState
from tests.faults.judgement import Forbidden
from tests.faults.run import Run


async def change_a_mind(run: Run) -> None:
    """Somebody cancels, holds, edits, silences, suspends or takes an approval back."""
    if not run.posts:
        return
    post_id = run.dice.choice(run.posts[-3:])
    act = run.dice.choice((cancel, hold, edit, silence, suspend, withdraw))
    try:
        await act(run, post_id)
        run.done[f"people: {act.__name__}"] += 1
    except Refusal as refusal:
        run.done[f"people: {act.__name__}, answered {refusal.code}"] += 1


async def cancel(run: Run, post_id: UUID) -> None:
    await run.do(cancel_post, post_id=post_id)
    await _forbid(run, post_id)


async def withdraw(run: Run, post_id: UUID) -> None:
    await run.do(withdraw_approval, post_id=post_id, reason="试验")
    await _forbid(run, post_id)


async def edit(run: Run, post_id: UUID) -> None:
    async with run.stage.sessions() as session:
        version = (await session.get_one(Post, post_id)).version
    await run.do(edit_post, post_id=post_id, expected_version=version, text=f"改过的文字 {version}")
    # The other text is approved by nobody.
    await _forbid(run, post_id)


async def hold(run: Run, post_id: UUID) -> None:
    await run.do(hold_post, post_id=post_id, reason="试验")
    at = time.time()
    await _for_a_while(run, at, await run.waiting(Delivery.post_id == post_id))
    await run.surely(lambda: run.do(release_post, post_id=post_id))


async def silence(run: Run, _post_id: UUID) -> None:
    place = run.tree["north county"]
    ordered = await run.do(order_silence, unit_id=place.id, reason="试验")
    at = time.time()
    await _for_a_while(run, at, await run.waiting(Delivery.unit_id == place.id))
    await run.surely(lambda: run.do(lift_silence, silence_id=ordered.id, over_seconds=1))


async def suspend(run: Run, _post_id: UUID) -> None:
    async with run.stage.sessions() as session:
        active = await session.scalars(select(Account.id).where(Account.state == AccountState.ACTIVE))
        account_id = run.dice.choice(active.all())
    await run.do(suspend_account, account_id=account_id, reason="试验")
    at = time.time()
    await _for_a_while(run, at, await run.waiting(Delivery.account_id == account_id))
    await run.surely(lambda: run.do(resume_account, account_id=account_id, reason="试验"))


async def let_all_go(run: Run) -> None:
    """Take back whatever still keeps posts from going out: the database may have been away when it should end."""
    async with run.stage.sessions() as session:
        posts = (
            await session.scalars(select(Post.id).where(Post.held_at.is_not(None), Post.cancelled_at.is_(None)))
        ).all()
        silences = (await session.scalars(select(Silence.id).where(Silence.lifted_at.is_(None)))).all()
        accounts = (await session.scalars(select(Account.id).where(Account.state == AccountState.SUSPENDED))).all()
    for post_id in posts:
        await run.do(release_post, post_id=post_id)
    for silence_id in silences:
        await run.do(lift_silence, silence_id=silence_id)
    for account_id in accounts:
        await run.do(resume_account, account_id=account_id, reason="试验")


async def _forbid(run: Run, post_id: UUID) -> None:
    """From the answer on, for good."""
    at = time.time()
    run.forbidden.append(Forbidden(await run.waiting(Delivery.post_id == post_id), at))


async def _for_a_while(run: Run, since: float, codes: set[str]) -> None:
    await asyncio.sleep(run.dice.uniform(0.2, 2))
    run.forbidden.append(Forbidden(codes, since, time.time()))
