"""What falls on which day for a unit: its own occasions and those of the levels above it."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.calendar import commands
from domain.calendar.queries import entries, falls_on
from domain.refusals import Invalid
from domain.terms import DayKind, OccasionKind, TermEdge
from tests.factories.units import NOW, Tree, plant_tree

YEAR: dict[str, Any] = {"since": date(2026, 1, 1), "until": date(2027, 1, 1)}
SCHOOL = {"kind": OccasionKind.TERM_RELATIVE, "edge": TermEdge.START, "offset_days": -7}


def fixed(month: int, day: int) -> dict[str, Any]:
    return {"kind": OccasionKind.FIXED, "month": month, "day": day}


async def declare(session: AsyncSession, tree: Tree, unit: str, rule: dict[str, Any], **given: Any) -> Any:
    return await commands.create_occasion(
        session, Actor.operator(), now=NOW, unit_id=tree[unit].id, name=f"{unit} {rule.get('day')}", rule=rule, **given
    )


async def keep_term(session: AsyncSession, tree: Tree, unit: str, starts_on: date) -> None:
    given: dict[str, Any] = {
        "unit_id": tree[unit].id,
        "name": "秋季",
        "starts_on": starts_on,
        "ends_on": date(2026, 12, 31),
    }
    await commands.create_school_term(session, Actor.operator(), now=NOW, **given)


async def test_a_unit_has_its_own_and_those_above_it_in_the_order_of_days(session: AsyncSession):
    tree = await plant_tree(session)
    late = await declare(session, tree, "nation", fixed(10, 10), lead_days=30, lasts_days=3)
    early = await declare(session, tree, "north county", fixed(3, 7))
    await declare(session, tree, "south county", fixed(3, 7))
    await declare(session, tree, "north town", fixed(3, 7))
    found = await entries(session, path=tree["north county"].path, **YEAR)
    assert [entry.occasion_id for entry in found] == [early.id, late.id]
    assert (found[1].prepare_from, found[1].last_day) == (date(2026, 9, 10), date(2026, 10, 12))
    assert [entry.day.kind for entry in found] == [DayKind.WEEKEND, DayKind.SWAPPED_WORKDAY]


@pytest.mark.parametrize(
    ("since", "until", "is_there"),
    [
        (date(2026, 7, 10), date(2026, 7, 20), True),
        (date(2026, 8, 31), date(2026, 9, 1), True),
        (date(2026, 9, 1), date(2026, 10, 1), False),
        (date(2026, 5, 2), date(2026, 5, 3), True),
        (date(2026, 5, 1), date(2026, 5, 2), False),
    ],
)
async def test_what_goes_on_or_is_prepared_is_there_too(
    session: AsyncSession, since: date, until: date, is_there: bool
):
    tree = await plant_tree(session)
    await declare(session, tree, "nation", fixed(7, 1), lasts_days=62, lead_days=60)
    found = await entries(session, path=tree["north county"].path, since=since, until=until)
    assert [entry.falls_on for entry in found] == ([date(2026, 7, 1)] if is_there else [])


@pytest.mark.parametrize("kind", [{"kind": OccasionKind.LUNAR, "month": 1, "day": 1}, fixed(3, 5)])
@pytest.mark.parametrize("year", [2000, 2099])
async def test_the_first_and_the_last_year_are_known_in_full(session: AsyncSession, kind: dict[str, Any], year: int):
    tree = await plant_tree(session)
    await declare(session, tree, "nation", kind, lasts_days=366, lead_days=366)
    found = await entries(session, path=tree["nation"].path, since=date(year, 1, 1), until=date(year, 12, 31))
    assert year in {entry.falls_on.year for entry in found}


async def test_what_is_retired_or_not_kept_in_the_year_is_left_out(session: AsyncSession):
    tree = await plant_tree(session)
    retired = await declare(session, tree, "nation", fixed(3, 5))
    await commands.retire_occasion(session, Actor.operator(), now=NOW, occasion_id=retired.id)
    await declare(session, tree, "nation", fixed(3, 6), active_to=2025)
    await declare(session, tree, "nation", fixed(3, 7), active_from=2027)
    assert await entries(session, path=tree["nation"].path, **YEAR) == []


async def test_dates_by_terms_go_by_the_nearest_unit_that_says_when_they_are(session: AsyncSession):
    tree = await plant_tree(session)
    school = await declare(session, tree, "nation", SCHOOL)
    places = {name: tree[name].path for name in ("nation", "east", "north county", "west")}

    async def days() -> dict[str, list[date]]:
        found = {name: await entries(session, path=path, **YEAR) for name, path in places.items()}
        return {name: [entry.falls_on for entry in each] for name, each in found.items()}

    assert await days() == {name: [] for name in places}
    await keep_term(session, tree, "nation", date(2026, 9, 1))
    await keep_term(session, tree, "east", date(2026, 9, 8))
    usual, own = [date(2026, 8, 25)], [date(2026, 9, 1)]
    assert await days() == {"nation": usual, "east": own, "north county": own, "west": usual}
    assert await falls_on(session, school, own[0], path=places["east"])
    assert not await falls_on(session, school, own[0], path=places["west"])


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2026, 2, 1), date(2026, 1, 1)),
        (date(2026, 1, 1), date(2027, 6, 1)),
        (date.min, date.min),
        (date(2099, 12, 1), date.max),
    ],
)
async def test_a_period_out_of_order_or_out_of_all_years_is_refused(session: AsyncSession, since: date, until: date):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await entries(session, path=tree["nation"].path, since=since, until=until)
    assert caught.value.path == ("until",)
