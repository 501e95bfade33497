"""What a delivery costs a worker, and how late a thousand of them are.

    .venv/bin/python -m benchmarks.delivery

The floor is a bare httpx loop that sends as many texts to the same sandbox, in the same run, from a process of its own.
Everything is embedded; the sandbox is not Weibo, and its limits are far away.
"""

import asyncio
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text, update

from domain.accounts.models import Account
from domain.lessons.models import Lesson
from domain.posts.models import Delivery
from domain.terms import DeliveryState, Level
from integrations.database import open_engine, open_sessions
from migrations.apply import migrate
from tests.factories.posts import add_account, add_host, add_lesson, schedule
from tests.factories.servers import eventually, own_database_number, own_servers
from tests.factories.units import Tree, plant_tree
from tests.faults.judgement import entries
from tests.faults.scene import Scene, scene
from tests.integrations.sandbox.running import running

ACCOUNTS, POSTS = 20, 50
MANY, SINGLES = 3_000, 20
MINUTE = 60
TICKS = os.sysconf("SC_CLK_TCK")
BARE = """
import asyncio, sys, httpx
url, tokens, each = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3])
async def one(http, token):
    for n in range(each):
        words = f"floor {token[:6]} {n} https://qicai.example/s/{token[:6]}{n}"
        (await http.post(url + "/2/statuses/share.json", data={"access_token": token, "status": words})).json()
async def main():
    async with httpx.AsyncClient(trust_env=False) as http:
        await asyncio.gather(*(one(http, token) for token in tokens))
asyncio.run(main())
"""


def cpu_of(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def all_published(stage: Scene) -> None:
    async def none_left() -> bool:
        async with stage.sessions() as session:
            return not await session.scalar(select(func.count()).where(Delivery.state != DeliveryState.PUBLISHED))

    await eventually(none_left, 300)


async def promise(stage: Scene, tree: Tree, lesson: Lesson, *, start: datetime, over: float) -> None:
    """So many posts to every account, due evenly over a period."""
    async with stage.sessions() as session:
        for number in range(POSTS):
            at = start + timedelta(seconds=over * number / POSTS)
            await schedule(session, tree, lesson, publish_at=at, spread_seconds=int(over / POSTS))


async def cost(stage: Scene, tree: Tree, lesson: Lesson, tokens: list[str]) -> None:
    """All due at once: processor time of the worker, beside that of the bare loop."""
    await promise(stage, tree, lesson, start=datetime.now(UTC), over=0)
    worker = stage.worker(QICAI_WORKER_BATCH="32", QICAI_LEASE_SECONDS="30", QICAI_CALL_SECONDS="10")
    before, began = cpu_of(worker.process.pid), time.monotonic()
    await all_published(stage)
    taken, used = time.monotonic() - began, cpu_of(worker.process.pid) - before
    worker.stop()
    count = ACCOUNTS * POSTS
    command = [sys.executable, "-c", BARE, stage.sandbox.url, ",".join(tokens), str(POSTS)]
    first = os.times()
    await asyncio.to_thread(subprocess.run, command, check=True)
    last = os.times()
    bare = last.children_user + last.children_system - first.children_user - first.children_system
    print(f"{count} deliveries at once: {count / taken:.0f} a second; worker {1000 * used / count:.2f} ms of CPU each")
    print(f"bare httpx loop: {1000 * bare / count:.2f} ms of CPU each, its start included; ratio {used / bare:.1f}")


async def lateness(stage: Scene, tree: Tree, lesson: Lesson) -> None:
    """A thousand due within one minute on twenty accounts: how late each was taken, and whether any came too soon."""
    start = datetime.now(UTC) + timedelta(seconds=3)
    already = len(entries(stage))
    await promise(stage, tree, lesson, start=start, over=MINUTE)
    worker = stage.worker(QICAI_WORKER_BATCH="32", QICAI_LEASE_SECONDS="30", QICAI_CALL_SECONDS="10")
    await all_published(stage)
    worker.stop()
    async with stage.sessions() as session:
        rows = await session.execute(select(Delivery.code, Delivery.due_at, Account.uid).join(Account))
        due = {code: (uid, at.timestamp()) for code, at, uid in rows}
    late: list[float] = []
    last: dict[str, float] = {}
    inversions = 0
    for entry in entries(stage)[already:]:
        uid, at = due[entry["code"]]
        late.append(entry["received_at"] - at)
        inversions += at < last.get(uid, 0)
        last[uid] = at
    late.sort()
    print(
        f"{len(late)} due in {MINUTE} s on {ACCOUNTS} accounts: late p50 {late[len(late) // 2]:.2f} s, "
        f"p99 {late[int(0.99 * len(late))]:.2f} s, inversions within an account {inversions}"
    )


async def turns(stage: Scene, tree: Tree, lesson: Lesson, *, in_turns: bool) -> None:
    """Thousands of one unit due at once, and of another unit single posts due meanwhile: how late those are.

    The floor is first come, first served: everything in one tier.
    """
    start = datetime.now(UTC) + timedelta(seconds=3)
    already = len(entries(stage))
    async with stage.sessions() as session:
        await schedule(session, tree, lesson, unit="east", levels=(Level.PREFECTURE,), publish_at=start)
        singles = [
            await schedule(
                session,
                tree,
                lesson,
                unit="far county",
                levels=(Level.COUNTY,),
                publish_at=start + timedelta(seconds=(number + 1) / 2),
            )
            for number in range(SINGLES)
        ]
        if not in_turns:
            await session.execute(update(Delivery).values(tier=0))
            await session.commit()
    mine = {single.post.id for single in singles}
    worker = stage.worker(QICAI_WORKER_BATCH="32", QICAI_LEASE_SECONDS="30", QICAI_CALL_SECONDS="10")
    await all_published(stage)
    worker.stop()
    async with stage.sessions() as session:
        rows = await session.execute(select(Delivery.code, Delivery.due_at, Delivery.post_id))
        due = {code: (at.timestamp(), post_id in mine) for code, at, post_id in rows}
    sent = [(entry["received_at"], *due[entry["code"]]) for entry in entries(stage)[already:]]
    late = sorted(received - at for received, at, is_mine in sent if is_mine)
    whole = max(received - start.timestamp() for received, at, is_mine in sent if at == start.timestamp())
    how = "units in turns" if in_turns else "first come, first served"
    print(
        f"{how}: {MANY} of one unit due at once took {whole:.0f} s; {len(late)} single posts of another, "
        f"due meanwhile: late p50 {late[len(late) // 2]:.2f} s, at most {late[-1]:.2f} s"
    )


async def main() -> None:
    with ExitStack() as stack:
        held = stack.enter_context(own_servers(postgres=True, valkey=True, durable=True))
        sandbox = stack.enter_context(running(limit_scale=10_000, refuse_duplicates=False))
        engine = open_engine(str(held.database_url))
        await migrate(engine)
        sessions = open_sessions(engine)
        urls = {"database_url": str(held.database_url), "redis_url": own_database_number(str(held.redis_url))}
        stage = stack.enter_context(scene(sandbox, sessions, **urls))
        async with sessions() as session:
            tree = await plant_tree(session)
            host = await add_host(session, stage.keys.keyring, api_url=sandbox.url)
            # The limits are off: what is measured is the worker.
            await session.execute(text("UPDATE hosts SET calls_per_day = 1000000, posts_per_hour = 1000000"))
            people = [sandbox.known(str(3_200_000_001 + number), f"账号{number}") for number in range(ACCOUNTS)]
            for person in people:
                await add_account(
                    session, tree, "north county", host, stage.keys.keyring, uid=person.uid, token=person.token
                )
            lesson = await add_lesson(session, tree)
        await cost(stage, tree, lesson, [person.token for person in people])
        await lateness(stage, tree, lesson)
        async with sessions() as session:
            many = [sandbox.known(str(3_300_000_001 + number), f"多号{number}") for number in range(MANY)]
            places = [("east city", person) for person in many] + [("far county", sandbox.known("3400000001", "独号"))]
            for unit, person in places:
                await add_account(session, tree, unit, host, stage.keys.keyring, uid=person.uid, token=person.token)
        for in_turns in (True, False):
            await turns(stage, tree, lesson, in_turns=in_turns)
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
