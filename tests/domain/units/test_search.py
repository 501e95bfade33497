"""Units are found by two characters of a name, or by a code, of today or of a date."""

from datetime import date

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, Scope
from domain.base.ids import new_id
from domain.refusals import Invalid
from domain.terms import Reach, Role, UnitKind
from domain.units.models import Unit, UnitVersion
from domain.units.rules import grams
from domain.units.search import found_units, named
from tests.factories.history import BEFORE, MOVED, move_north_county
from tests.factories.units import plant_tree


async def names(session: AsyncSession, wanted: str, as_of: date | None = None) -> list[str]:
    query = select(UnitVersion.name).distinct().join(Unit, Unit.id == UnitVersion.unit_id)
    found = await session.execute(query.where(named(wanted, as_of=as_of)(Unit)))
    return sorted(found.scalars())


async def test_a_unit_is_found_by_the_name_and_the_code_it_has_on_the_date(session: AsyncSession):
    tree = await plant_tree(session)
    await move_north_county(session, tree)
    both = ["new county", "north county"]
    assert await names(session, "w co") == both
    assert await names(session, "w co", BEFORE) == []
    assert await names(session, "th county", BEFORE) == [*both, "south county"]
    assert await names(session, "th county", MOVED) == ["south county"]
    assert await names(session, "T60") == both
    assert await names(session, "T6", BEFORE) == both
    assert await names(session, "T6") == []


async def test_neighbouring_pairs_alone_are_not_enough(session: AsyncSession):
    tree = await plant_tree(session)
    # Every pair of "rth town" is in "north town", but "townort" is not, though its pairs may be scattered.
    assert await names(session, "rth town") == ["north town"]
    tree["east"].name = "ab bc"
    for row in (await session.execute(select(UnitVersion).where(UnitVersion.unit_id == tree["east"].id))).scalars():
        row.name, row.grams = "ab bc", grams("ab bc")
    await session.flush()
    assert await names(session, "abc") == []
    assert await names(session, "ab b") == ["ab bc"]


@pytest.mark.parametrize("wanted", ["", "县", "  a ", "长" * 101])
def test_too_little_and_too_much_is_refused(wanted: str):
    with pytest.raises(Invalid) as refused:
        named(wanted)
    assert (refused.value.code, refused.value.path) == ("SEARCH_TOO_SHORT", ("search",))


async def test_two_chinese_characters_are_answered_by_the_index(session: AsyncSession):
    tree = await plant_tree(session)
    facts = {"unit_id": tree["east"].id, "kind": UnitKind.TERRITORIAL, "valid_to": None}
    # Many versions of one unit, which the exclusion constraint allows only one day after another.
    first = date(1900, 1, 1).toordinal()
    rows = [
        facts
        | {
            "id": new_id(),
            "code": f"X{number}",
            "name": f"第{number}街道办事处",
            "valid_from": date.fromordinal(first + number),
            "valid_to": date.fromordinal(first + number + 1),
            "grams": grams(f"第{number}街道办事处"),
        }
        for number in range(20_000)
    ]
    await session.execute(insert(UnitVersion), rows)
    await session.execute(text("ANALYZE unit_versions"))
    query = select(Unit.name).where(named("天河")(Unit))
    compiled = query.compile(dialect=session.bind.dialect, compile_kwargs={"literal_binds": True})  # type: ignore[union-attr]
    plan = "\n".join((await session.execute(text(f"EXPLAIN {compiled}"))).scalars())
    assert "ix_unit_versions_grams" in plan
    assert "Seq Scan on unit_versions" not in plan


async def test_what_is_found_is_no_more_than_a_name_and_may_lie_beyond_what_is_seen(session: AsyncSession):
    tree = await plant_tree(session)
    here, there = tree["north county"], tree["east"]
    finder = Actor(
        new_id(),
        "finder",
        (
            Scope(Role.MEDIA_MANAGER, here.id, here.path),
            Scope(Role.MEDIA_MANAGER, there.id, there.path, Reach.FIND),
        ),
    )
    found = await found_units(session, finder, text="county")
    assert [(unit.name, unit.above) for unit in found] == [("north county", "east city"), ("south county", "east city")]
    nobody = Actor(new_id(), "nobody", ())
    assert await found_units(session, nobody, text="county") == []
