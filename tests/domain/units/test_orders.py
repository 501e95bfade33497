"""Silence orders while the tree changes: nothing goes out, and nobody comes to lift them, because units moved."""

from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.keyring import Keyring
from domain.posts.models import Silence
from domain.posts.silences import lift_silence
from domain.refusals import Refusal
from domain.terms import HoldReason
from domain.units.models import Unit
from domain.units.orders import height_after
from tests.factories.deliveries import Scene, add_delivery, set_scene
from tests.factories.gate import add_silence, claim, holding, keep_gate_once
from tests.factories.people import add_keeper
from tests.factories.unit_acts import NOW, do
from tests.factories.units import actor_at

NATION, EAST, CITY, COUNTY = 1, 2, 3, 4


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("north town", "north county", "south county", "far county"))


async def in_force(session: AsyncSession) -> list[tuple[str, int | None]]:
    """Over which units an order is in force, from the nation down, and from how far up it was decided."""
    query = select(Unit.name, Silence.height).join(Unit, Unit.id == Silence.unit_id).where(Silence.lifted_at.is_(None))
    return [(name, height) for name, height in await session.execute(query.order_by(Silence.unit_path, Silence.id))]


async def split(session: AsyncSession, scene: Scene, children: Sequence[Sequence[str]]) -> None:
    parts = [
        {"code": f"P{place}", "name": f"part {place}", "child_ids": [scene.tree[name].id for name in names]}
        for place, names in enumerate(children)
    ]
    await do(session, "split_unit", unit_id=scene.tree["north county"].id, parts=parts)


async def test_every_part_of_a_split_unit_stays_silent_with_all_below_it(session: AsyncSession, scene: Scene):
    county = scene.tree["north county"]
    chief = await add_keeper(session, scene.tree["east city"])
    facts = {"reason": "整顿", "ordered_at": NOW, "ordered_by": chief.user_id, "height": CITY}
    await add_silence(session, county, lifted_at=NOW)
    silence = await add_silence(session, county, **facts)
    town = await add_delivery(session, scene.post, scene.accounts["north town"])
    heard = await add_delivery(session, scene.post, scene.accounts["south county"])
    await keep_gate_once(session)
    await split(session, scene, [[], ["north town"], []])
    assert await in_force(session) == [("part 0", CITY), ("part 1", CITY), ("part 2", CITY)]
    rows = (await session.execute(select(Silence).where(Silence.lifted_at.is_(None)))).scalars().all()
    assert all(getattr(row, name) == value for row in rows for name, value in facts.items())
    await keep_gate_once(session)
    assert await holding(session, town) == {HoldReason.SILENCED}
    assert [one.delivery_id for one in await claim(session)] == [heard.id]
    # What the first part is let go of, the second is not: each order is lifted where it stands.
    assert (await lift_silence(session, chief, now=NOW, silence_id=silence.id)).released == 0
    of_town = (await session.execute(select(Silence).join(Unit).where(Unit.name == "part 1"))).scalar_one()
    assert (await lift_silence(session, chief, now=NOW, silence_id=of_town.id)).released == 1


async def test_a_part_does_not_lift_what_was_ordered_above(session: AsyncSession, scene: Scene):
    await add_silence(session, scene.tree["north county"], height=CITY)
    await split(session, scene, [["north town"], []])
    rows = await session.execute(select(Silence, Unit).join(Unit, Unit.id == Silence.unit_id))
    for silence, unit in rows.all():
        with pytest.raises(Refusal) as caught:
            await lift_silence(session, actor_at(unit), now=NOW, silence_id=silence.id)
        assert caught.value.code == "DECIDED_ABOVE"


@pytest.mark.parametrize("height", [EAST, None])
async def test_a_unit_that_leaves_a_silenced_one_stays_silent(session: AsyncSession, scene: Scene, height: int | None):
    old = await add_silence(session, scene.tree["east"], height=height)
    gone = await add_delivery(session, scene.post, scene.accounts["north town"])
    await keep_gate_once(session)
    await do(session, "move_unit", unit_id=scene.tree["north county"].id, parent_id=scene.tree["west city"].id)
    # Of an older order it is not known from where; whoever could lift it where it stood is of a province.
    assert await in_force(session) == [("east", height), ("north county", EAST)]
    chief = actor_at(scene.tree["nation"], user_id=(await add_keeper(session, scene.tree["nation"])).user_id)
    assert (await lift_silence(session, chief, now=NOW, silence_id=old.id)).released == 0
    await session.commit()
    await keep_gate_once(session)
    assert await holding(session, gone) == {HoldReason.SILENCED}
    assert await claim(session) == []


async def test_a_unit_takes_its_own_order_along_and_needs_no_other_below_the_same(session: AsyncSession, scene: Scene):
    await add_silence(session, scene.tree["nation"])
    await add_silence(session, scene.tree["north county"], height=CITY)
    await do(session, "move_unit", unit_id=scene.tree["north county"].id, parent_id=scene.tree["west city"].id)
    assert await in_force(session) == [("nation", None), ("north county", CITY)]


async def test_whoever_takes_over_from_below_an_order_is_silent_too(session: AsyncSession, scene: Scene):
    await add_silence(session, scene.tree["east city"], height=EAST)
    await do(session, "merge_units", unit_ids=[scene.tree["north county"].id], into_id=scene.tree["far county"].id)
    # Those below it are silent with it: one copy is enough.
    assert await in_force(session) == [("east city", EAST), ("far county", EAST)]


async def test_a_unit_that_comes_further_up_does_not_lift_what_was_ordered_above_it(
    session: AsyncSession, scene: Scene
):
    county, town = scene.tree["north county"], scene.tree["north town"]
    for unit, heights in ((county, (EAST, CITY, None)), (town, (CITY, COUNTY))):
        for height in heights:
            await add_silence(session, unit, height=height)
    await add_silence(session, scene.tree["east city"], height=CITY)
    await do(session, "move_unit", unit_id=county.id, parent_id=scene.tree["east"].id)
    # What the city ordered is for the province to lift now, what the county ordered for the county still.
    over = await in_force(session)
    assert [height for name, height in over if name == "north county"] == [EAST, EAST, None, EAST]
    assert [height for name, height in over if name == "north town"] == [EAST, CITY]


async def test_an_heir_further_up_does_not_lift_what_was_ordered_above_a_closed_unit(
    session: AsyncSession, scene: Scene
):
    await add_silence(session, scene.tree["north town"], height=COUNTY)
    await do(session, "close_unit", unit_id=scene.tree["north town"].id, successor_id=scene.tree["south county"].id)
    assert await in_force(session) == [("south county", CITY)]


@pytest.mark.parametrize(
    ("height", "after", "kept"),
    [
        (1, "1.4.", 1),
        (2, "1.4.", 1),
        (4, "1.4.", 2),
        (2, "1.2.4.", 2),
        (3, "1.2.4.", 2),
        (4, "1.2.4.", 3),
        (3, "1.6.7.4.", 3),
        (2, "1.6.7.8.4.", 2),
        (4, "1.2.3.4.", 4),
        (0, "1.4.", 0),
        (3, "1.6.3.4.", 3),
    ],
)
def test_levels_that_both_paths_share_stay_and_a_way_up_takes_the_others_along(height: int, after: str, kept: int):
    assert height_after(height, "1.2.3.4.", after) == kept
