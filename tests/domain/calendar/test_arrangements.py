"""Days off of a year that is not shipped: written down by the nation, once, or in place of what was known."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.calendar import commands
from domain.calendar.arrangements import add_holidays, added_arrangement
from domain.calendar.holidays import day_of
from domain.calendar.queries import entries
from domain.refusals import Conflict, Invalid, NotPermitted, Reason
from domain.terms import DayKind, OccasionKind, Role
from tests.factories.units import NOW, actor_at, plant_tree

OPERATOR = Actor.operator()
NOTICE: dict[str, Any] = {
    "year": 2027,
    "source": "国务院办公厅关于2027年部分节假日安排的通知",
    "holidays": [{"day": date(2026, 12, 31), "name": "元旦"}, {"day": date(2027, 1, 1), "name": "元旦"}],
    "workdays": [{"day": date(2027, 1, 3), "name": "元旦"}],
}


async def kinds(session: AsyncSession, *days: date) -> list[DayKind]:
    added = await added_arrangement(session, {day.year for day in days})
    return [day_of(day, added).kind for day in days]


async def test_a_year_is_known_once_its_notice_is_written_down(session: AsyncSession):
    tree = await plant_tree(session)
    rule = {"kind": OccasionKind.FIXED, "month": 1, "day": 1}
    given: dict[str, Any] = {"unit_id": tree["nation"].id, "name": "元旦", "rule": rule}
    await commands.create_occasion(session, OPERATOR, now=NOW, **given)
    year: dict[str, Any] = {"since": date(2027, 1, 1), "until": date(2027, 2, 1)}
    (before,) = await entries(session, path=tree["east"].path, **year)
    assert before.day.kind is DayKind.NOT_ANNOUNCED
    done = await add_holidays(session, actor_at(tree["nation"]), now=NOW, **NOTICE)
    assert done.days == 3
    (after,) = await entries(session, path=tree["east"].path, **year)
    assert (after.day.kind, after.day.source) == (DayKind.HOLIDAY, NOTICE["source"])
    days = [date(2026, 12, 31), date(2026, 12, 30), date(2026, 2, 17), date(2027, 1, 2), date(2027, 1, 3)]
    assert await kinds(session, *days) == [
        DayKind.HOLIDAY,
        DayKind.WORKDAY,
        DayKind.HOLIDAY,
        DayKind.WEEKEND,
        DayKind.SWAPPED_WORKDAY,
    ]


@pytest.mark.parametrize("year", [2026, 2027])
async def test_what_is_known_is_replaced_as_a_whole_and_only_if_that_is_meant(session: AsyncSession, year: int):
    await plant_tree(session)
    await add_holidays(session, OPERATOR, now=NOW, **NOTICE)
    amended: dict[str, Any] = {
        "year": year,
        "source": "通知",
        "holidays": [{"day": date(year, 5, 1), "name": "劳动节"}],
    }
    with pytest.raises(Conflict) as caught:
        await add_holidays(session, OPERATOR, now=NOW, **amended)
    assert (caught.value.reason, caught.value.path) == (Reason.HOLIDAYS_THERE, ("year",))
    await add_holidays(session, OPERATOR, now=NOW, replaces=True, **amended)
    assert await kinds(session, date(year, 5, 1), date(year, 10, 1)) == [DayKind.HOLIDAY, DayKind.WORKDAY]


@pytest.mark.parametrize(
    ("given", "reason", "path"),
    [
        ({"year": 2100}, Reason.NUMBER_UNFIT, ("year",)),
        ({"source": " "}, Reason.TEXT_EMPTY, ("source",)),
        ({"holidays": []}, Reason.DAYS_UNFIT, ("holidays",)),
        ({"workdays": [{"day": date(2027, 1, 1), "name": "元旦"}]}, Reason.DAYS_UNFIT, ("holidays",)),
        ({"workdays": [{"day": date(2028, 1, 1), "name": "元旦"}]}, Reason.DAY_UNFIT, ("workdays", "0", "day")),
        ({"holidays": NOTICE["holidays"] * 51}, Reason.TOO_MANY, ("holidays",)),
    ],
)
async def test_what_no_notice_says_is_refused(
    session: AsyncSession, given: dict[str, Any], reason: Reason, path: tuple[str, ...]
):
    await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await add_holidays(session, OPERATOR, now=NOW, **(NOTICE | given))
    assert (caught.value.reason, caught.value.path) == (reason, path)


@pytest.mark.parametrize(("place", "role"), [("east", Role.ADMINISTRATOR), ("nation", Role.VIEWER)])
async def test_days_off_are_written_down_by_the_nation(session: AsyncSession, place: str, role: Role):
    tree = await plant_tree(session)
    with pytest.raises(NotPermitted) as caught:
        await add_holidays(session, actor_at(tree[place], role), now=NOW, **NOTICE)
    assert caught.value.path == ("year",)
