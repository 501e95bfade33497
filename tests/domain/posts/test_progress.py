"""What is in trouble, grouped by cause over a subtree, and how a post gets on."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.base.prepared import kept_plans
from domain.posts.models import Delivery, Hold
from domain.posts.progress import SAMPLES, Progress, causes, progress_of, troubles, troubles_of
from domain.posts.queries import StateCount
from domain.refusals import NotFound
from domain.terms import DeliveryState as State
from domain.terms import HoldReason
from tests.factories.deliveries import Scene, add_delivery, add_post, set_scene
from tests.factories.posts import add_accounts
from tests.factories.statements import statements_of
from tests.factories.units import actor_at

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east", "west", "north county"))


async def hold(session: AsyncSession, delivery: Delivery, *reasons: HoldReason, lifted: bool = False) -> None:
    now = datetime.now(UTC)
    for reason in reasons:
        row = Hold(id=new_id(), delivery_id=delivery.id, reason=reason, since=now, lifted_at=now if lifted else None)
        session.add(row)
    await session.commit()


async def counted(session: AsyncSession, actor: Actor, **where: Any) -> dict[tuple[str, str], int]:
    found = await troubles(session, actor, **where)
    return {(group.state.value, group.trouble.code): group.count for group in found}


async def test_what_is_in_trouble_is_counted_by_cause_and_state(session: AsyncSession, scene: Scene, keyring: Keyring):
    accounts = iter(await add_accounts(session, scene.tree, "far county", scene.host, keyring, count=12))
    rows = [
        (State.FAILED, "CONTENT_REJECTED"),
        (State.FAILED, "CONTENT_REJECTED"),
        (State.FAILED, "INVALID"),
        (State.NEEDS_PERSON, "NOT_FOUND"),
        (State.UNCONFIRMED, "NOT_FOUND"),
        (State.ACCEPTED, None),
        (State.SCHEDULED, "RATE_LIMITED"),
        (State.SCHEDULED, None),
        (State.PUBLISHED, None),
        (State.CANCELLED, "INVALID"),
        (State.SENDING, "INVALID"),
    ]
    for state, problem in rows:
        await add_delivery(session, scene.post, next(accounts), state=state, problem=problem, look_at=None)
    held = await add_delivery(session, scene.post, next(accounts), state=State.HELD, problem="INVALID")
    await hold(session, held, HoldReason.SILENCED, HoldReason.NOT_APPROVED)
    await hold(session, held, HoldReason.TOO_LATE, lifted=True)
    assert await counted(session, actor_at(scene.tree["nation"])) == {
        ("FAILED", "CONTENT_REJECTED"): 2,
        ("FAILED", "INVALID"): 1,
        ("HELD", "NOT_APPROVED"): 1,
        ("HELD", "SILENCED"): 1,
        ("NEEDS_PERSON", "NOT_FOUND"): 1,
        ("SCHEDULED", "RATE_LIMITED"): 1,
        ("UNCONFIRMED", "NOT_FOUND"): 1,
    }


async def test_what_waits_for_one_above_that_will_not_go_out_is_told_by_what_became_of_that(
    session: AsyncSession, scene: Scene, keyring: Keyring
):
    accounts = iter(await add_accounts(session, scene.tree, "far county", scene.host, keyring, count=30))
    for state in State:
        above = await add_delivery(session, scene.post, next(accounts), state=state)
        for _ in range(1 + (state is State.FAILED)):
            facts: dict[str, Any] = {"state": State.WAITING, "waits_for_id": above.id}
            await add_delivery(session, scene.post, next(accounts), **facts)
    expected = {("WAITING", "UPPER_FAILED"): 2, ("WAITING", "UPPER_MISSED"): 1, ("WAITING", "UPPER_CANCELLED"): 1}
    nation = actor_at(scene.tree["nation"])
    by_cause = await counted(session, nation)
    assert {cause: n for cause, n in by_cause.items() if cause[0] == "WAITING"} == expected
    found = await progress_of(session, nation, post_id=scene.post.id)
    told = {(row.state.value, row.trouble.code): row.count for row in found.troubles}
    assert {cause: n for cause, n in told.items() if cause[0] == "WAITING"} == expected
    assert {row.state: row.count for row in found.states}[State.WAITING] == len(State) + 1 + 1


async def test_each_delivery_tells_what_its_group_tells(session: AsyncSession, scene: Scene, keyring: Keyring):
    accounts = iter(await add_accounts(session, scene.tree, "far county", scene.host, keyring, count=60))
    rows = [
        await add_delivery(session, scene.post, next(accounts), state=state, problem=problem, look_at=func.now())
        for state in State
        for problem in (None, "INVALID")
    ]
    for above in rows[:]:
        facts: dict[str, Any] = {"state": State.WAITING, "waits_for_id": above.id}
        rows.append(await add_delivery(session, scene.post, next(accounts), **facts))
    nation = actor_at(scene.tree["nation"])
    each = await troubles_of(session, nation, ids=[row.id for row in rows])
    alone = Counter((row.state.value, told.code) for row in rows if (told := each[row.id]) is not None)
    grouped = await progress_of(session, nation, post_id=scene.post.id)
    assert alone == {(row.state.value, row.trouble.code): row.count for row in grouped.troubles}
    # What was missed is over, and stands in no list of what can still be helped.
    assert await counted(session, nation) == {cause: n for cause, n in alone.items() if cause[0] != "MISSED"}


async def test_only_what_is_within_reach_and_below_the_unit_asked_for_counts(session: AsyncSession, scene: Scene):
    for account in scene.accounts.values():
        await add_delivery(session, scene.post, account, state=State.FAILED, problem="INVALID")
    key = ("FAILED", "INVALID")
    by_reach = {unit: await counted(session, actor_at(scene.tree[unit])) for unit in ("nation", "east", "north town")}
    assert by_reach == {"nation": {key: 4}, "east": {key: 2}, "north town": {}}
    nation = actor_at(scene.tree["nation"])
    assert await counted(session, nation, within_path=scene.tree["west"].path) == {key: 1}
    assert await counted(session, actor_at(scene.tree["west"]), within_path=scene.tree["east"].path) == {}
    assert await counted(session, Actor(new_id(), "nobody", ())) == {}


async def test_it_can_be_asked_of_one_post_and_of_a_time(session: AsyncSession, scene: Scene):
    other = await add_post(session, scene.tree, scene.lesson)
    for post, ago in [(scene.post, 1), (scene.post, 60), (other, 1)]:
        await add_delivery(
            session, post, scene.accounts["east"], due_in=-ago * MINUTE, state=State.FAILED, problem="GONE"
        )
    nation, key = actor_at(scene.tree["nation"]), ("FAILED", "GONE")
    assert await counted(session, nation, post_id=scene.post.id) == {key: 2}
    assert await counted(session, nation, since=datetime.now(UTC) - 30 * MINUTE) == {key: 2}


async def test_each_cause_shows_its_first_deliveries_and_its_stretch_of_time(session: AsyncSession, scene: Scene):
    made = [
        await add_delivery(
            session, scene.post, scene.accounts["east"], due_in=-n * MINUTE, state=State.FAILED, problem="INVALID"
        )
        for n in range(7)
    ]
    (found,) = await troubles(session, actor_at(scene.tree["nation"]))
    assert (found.count, found.oldest, found.newest) == (7, made[6].due_at, made[0].due_at)
    assert found.sample_ids == tuple(row.id for row in reversed(made))[:SAMPLES]


async def test_a_cause_that_is_tried_again_says_when_the_first_is(session: AsyncSession, scene: Scene):
    tried = [
        await add_delivery(session, scene.post, scene.accounts[unit], problem="RATE_LIMITED", due_in=n * MINUTE)
        for n, unit in enumerate(("east", "west"), 1)
    ]
    looked = await add_delivery(
        session,
        scene.post,
        scene.accounts["nation"],
        state=State.UNCONFIRMED,
        problem="OUTCOME_UNKNOWN",
        look_at=datetime(2026, 6, 1, tzinfo=UTC),
    )
    limited, unclear = await troubles(session, actor_at(scene.tree["nation"]))
    assert (limited.trouble.is_retried, limited.trouble.retried_at) == (True, tried[0].try_at)
    assert (unclear.trouble.is_retried, unclear.trouble.retried_at) == (True, looked.look_at)


async def test_many_causes_cost_one_statement(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keyring: Keyring
):
    for account in await add_accounts(session, scene.tree, "far county", scene.host, keyring, count=6):
        for problem in ("INVALID", "GONE"):
            await add_delivery(session, scene.post, account, state=State.FAILED, problem=problem)
    with statements_of(engine) as sent:
        assert len(await troubles(session, actor_at(scene.tree["nation"]))) == 2
    assert len(sent) == 1


async def test_a_post_is_told_by_state_and_by_cause(session: AsyncSession, scene: Scene):
    rows: dict[str, Any] = {
        "nation": {"state": State.PUBLISHED},
        "east": {"state": State.FAILED, "problem": "INVALID"},
        "west": {"problem": "RATE_LIMITED"},
    }
    for unit, columns in rows.items():
        await add_delivery(session, scene.post, scene.accounts[unit], **columns)
    held = await add_delivery(session, scene.post, scene.accounts["north county"], state=State.HELD)
    await hold(session, held, HoldReason.SILENCED)
    found = await progress_of(session, actor_at(scene.tree["nation"]), post_id=scene.post.id)
    counts = [(row.state.value, row.count) for row in found.states]
    assert counts == [("SCHEDULED", 1), ("HELD", 1), ("PUBLISHED", 1), ("FAILED", 1)]
    causes_ = {(row.state.value, row.trouble.code): row.count for row in found.troubles}
    assert causes_ == {("FAILED", "INVALID"): 1, ("SCHEDULED", "RATE_LIMITED"): 1, ("HELD", "SILENCED"): 1}
    assert not found.is_settled


async def test_a_post_is_told_as_far_as_its_deliveries_are_seen(session: AsyncSession, scene: Scene):
    for account in scene.accounts.values():
        await add_delivery(session, scene.post, account)
    expected = {"nation": 4, "east": 2, "west": 1, "north county": 1}
    for unit, count in expected.items():
        found = await progress_of(session, actor_at(scene.tree[unit]), post_id=scene.post.id)
        assert found.states == (StateCount(State.SCHEDULED, count),)
    for actor, post_id in [
        (actor_at(scene.tree["north town"]), scene.post.id),
        (Actor(new_id(), "nobody", ()), scene.post.id),
        (actor_at(scene.tree["nation"]), new_id()),
    ]:
        with pytest.raises(NotFound):
            await progress_of(session, actor, post_id=post_id)


async def test_a_post_without_deliveries_is_told_to_whoever_sees_it(session: AsyncSession, scene: Scene):
    found = await progress_of(session, actor_at(scene.tree["nation"]), post_id=scene.post.id)
    assert found == Progress((), ())
    assert found.is_settled


@pytest.mark.parametrize("state", State)
def test_a_post_is_settled_once_no_worker_moves_any_of_it(state: State):
    settled = {State.PUBLISHED, State.FAILED, State.CANCELLED, State.MISSED, State.NEEDS_PERSON}
    assert Progress((StateCount(State.PUBLISHED, 1), StateCount(state, 1)), ()).is_settled is (state in settled)


# Two hundred thousand deliveries of some years, of which a few per thousand are in trouble.
CROWD = """
INSERT INTO deliveries (id, post_id, revision, account_id, unit_id, unit_path, text, code, key, state, due_at, try_at,
                        tries, looks, crashes, problem, published_at)
SELECT gen_random_uuid(), :post, 1, :account, :unit, :path, 't', 'crowd' || n, gen_random_uuid(),
       CASE n % 1000 WHEN 1 THEN 'FAILED' WHEN 2 THEN 'NEEDS_PERSON' WHEN 3 THEN 'HELD' WHEN 4 THEN 'SCHEDULED'
                     ELSE 'PUBLISHED' END,
       now() - n * interval '1 minute', now(), 0, 0, 0,
       CASE WHEN n % 1000 IN (1, 2, 4) THEN 'INVALID' END, CASE WHEN n % 1000 NOT BETWEEN 1 AND 4 THEN now() END
FROM generate_series(1, 200000) AS n"""


async def plan(session: AsyncSession, statement: Any) -> str:
    written = str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    return "\n".join((await session.execute(text(f"EXPLAIN {written.replace(':', chr(92) + ':')}"))).scalars())


async def test_what_went_well_is_never_read(session: AsyncSession, scene: Scene):
    account = scene.accounts["north county"]
    given = {"post": scene.post.id, "account": account.id, "unit": account.unit_id, "path": account.unit_path}
    async with kept_plans(session):
        await session.execute(text(CROWD), given)
    await session.execute(text("ANALYZE deliveries, holds"))
    for unit in ("nation", "east"):
        reached = within_reach(actor_at(scene.tree[unit]), Permission.POST_VIEW, Delivery.unit_path)
        found = await plan(session, causes([reached]))
        assert "Seq Scan on deliveries" not in found, found
        for index in ("ix_deliveries_failed", "ix_deliveries_needs_person", "ix_deliveries_held"):
            assert index in found, found
        # What is due, and what is looked for, has few rows; any of their indexes will do.
        assert found.count("ix_deliveries_unit_path") == 0, found
    assert {group.count for group in await troubles(session, actor_at(scene.tree["east"]))} == {200}
    await session.rollback()
