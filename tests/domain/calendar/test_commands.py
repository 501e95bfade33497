"""Occasions and school terms: declared by those who may, changed by one at a time."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.calendar import commands
from domain.calendar.models import Occasion, SchoolTerm
from domain.calendar.shipped import add_shipped_occasions, shipped_occasions
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason, Refusal
from domain.terms import OccasionKind, Role
from tests.factories.units import NOW, Tree, actor_at, plant_tree

MARCH_5 = {"kind": OccasionKind.FIXED, "month": 3, "day": 5}
MARCH_6 = {"kind": OccasionKind.FIXED, "month": 3, "day": 6}


async def declare(session: AsyncSession, tree: Tree, unit: str = "east", **given: Any) -> Occasion:
    actor = actor_at(tree[unit], Role.MEDIA_MANAGER)
    wanted: dict[str, Any] = {"unit_id": tree[unit].id, "name": "开放日", "rule": MARCH_5} | given
    return await commands.create_occasion(session, actor, now=NOW, **wanted)


async def keep_term(session: AsyncSession, tree: Tree, starts_on: date, ends_on: date) -> SchoolTerm:
    given: dict[str, Any] = {"unit_id": tree["east"].id, "name": "学期", "starts_on": starts_on, "ends_on": ends_on}
    return await commands.create_school_term(session, actor_at(tree["east"]), now=NOW, **given)


async def test_an_occasion_keeps_its_rule(session: AsyncSession):
    tree = await plant_tree(session)
    occasion = await declare(
        session, tree, name=" 开放日 ", lead_days=14, lasts_days=2, active_from=2013, source="省文件"
    )
    await session.commit()
    await session.refresh(occasion)
    assert (occasion.name, occasion.unit_path, occasion.version) == ("开放日", tree["east"].path, 1)
    assert (occasion.kind, occasion.month, occasion.day, occasion.nth) == (OccasionKind.FIXED, 3, 5, None)
    assert (occasion.lead_days, occasion.lasts_days, occasion.active_from) == (14, 2, 2013)


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"name": " "}, ("name",), Reason.TEXT_EMPTY),
        ({"name": "日" * 101}, ("name",), Reason.WORDS_TOO_LONG),
        ({"rule": {**MARCH_5, "day": 32}}, ("rule", "day"), Reason.NUMBER_UNFIT),
        ({"lead_days": -1}, ("leadDays",), Reason.NUMBER_UNFIT),
        ({"lasts_days": 0}, ("lastsDays",), Reason.NUMBER_UNFIT),
        ({"active_from": 2020, "active_to": 2019}, ("activeTo",), Reason.NUMBER_UNFIT),
        ({"active_from": 1999}, ("activeFrom",), Reason.NUMBER_UNFIT),
    ],
)
async def test_what_cannot_be_is_refused(
    session: AsyncSession, given: dict[str, Any], path: tuple[str, ...], reason: Reason
):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await declare(session, tree, **given)
    assert (caught.value.path, caught.value.reason) == (path, reason)


async def test_a_name_is_used_once_by_a_unit_while_it_is_kept(session: AsyncSession):
    tree = await plant_tree(session)
    first = await declare(session, tree)
    await declare(session, tree, unit="west")
    with pytest.raises(Conflict) as caught:
        await declare(session, tree)
    assert caught.value.reason is Reason.OCCASION_THERE
    await commands.retire_occasion(session, actor_at(tree["east"]), now=NOW, occasion_id=first.id)
    assert (await declare(session, tree)).id != first.id


async def test_an_edit_takes_the_version_that_was_seen(session: AsyncSession):
    tree = await plant_tree(session)
    occasion = await declare(session, tree)
    given: dict[str, Any] = {"occasion_id": occasion.id, "name": "开放日", "rule": MARCH_6}
    actor = actor_at(tree["east"])
    edited = await commands.edit_occasion(session, actor, now=NOW, expected_version=1, **given)
    assert (edited.day, edited.version) == (6, 2)
    with pytest.raises(Conflict) as caught:
        await commands.edit_occasion(session, actor, now=NOW, expected_version=1, **given)
    assert (caught.value.reason, caught.value.facts["version"]) == (Reason.EDITED_MEANWHILE, 2)
    # What changes nothing counts as no edit.
    assert (await commands.edit_occasion(session, actor, now=NOW, expected_version=2, **given)).version == 2


async def test_what_is_retired_stays_as_it_was(session: AsyncSession):
    tree = await plant_tree(session)
    occasion, actor = await declare(session, tree), actor_at(tree["east"])
    await commands.retire_occasion(session, actor, now=NOW, occasion_id=occasion.id)
    assert occasion.retired_at == NOW
    given: dict[str, Any] = {"occasion_id": occasion.id, "expected_version": 2, "name": "日", "rule": MARCH_6}
    for again in (
        commands.retire_occasion(session, actor, now=NOW, occasion_id=occasion.id),
        commands.edit_occasion(session, actor, now=NOW, **given),
    ):
        with pytest.raises(Conflict) as caught:
            await again
        assert caught.value.reason is Reason.OCCASION_RETIRED


@pytest.mark.parametrize(
    ("place", "role", "kind"),
    [
        ("west", Role.ADMINISTRATOR, NotFound),
        ("east", Role.VIEWER, NotPermitted),
        # It is seen from below, and not to be changed from there.
        ("east city", Role.ADMINISTRATOR, NotPermitted),
    ],
)
async def test_whoever_may_not_edit_there_changes_nothing(
    session: AsyncSession, place: str, role: Role, kind: type[Refusal]
):
    tree = await plant_tree(session)
    occasion = await declare(session, tree)
    with pytest.raises(kind) as caught:
        await commands.retire_occasion(session, actor_at(tree[place], role), now=NOW, occasion_id=occasion.id)
    assert caught.value.path == ("occasionId",)
    assert occasion.retired_at is None


async def test_an_occasion_that_is_none_is_refused(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotFound) as caught:
        await commands.retire_occasion(session, actor_at(tree["nation"]), now=NOW, occasion_id=new_id())
    assert caught.value.facts == {"what": "occasion"}


async def test_terms_of_a_unit_do_not_overlap(session: AsyncSession):
    tree = await plant_tree(session)
    autumn = await keep_term(session, tree, date(2026, 9, 1), date(2027, 1, 20))
    with pytest.raises(Conflict) as caught:
        await keep_term(session, tree, date(2027, 1, 20), date(2027, 7, 1))
    assert caught.value.reason is Reason.SCHOOL_TERMS_OVERLAP
    spring = await keep_term(session, tree, date(2027, 1, 21), date(2027, 7, 1))
    given: dict[str, Any] = {"school_term_id": spring.id, "name": "春季", "ends_on": date(2027, 7, 1)}
    actor = actor_at(tree["east"])
    with pytest.raises(Conflict) as caught:
        await commands.edit_school_term(session, actor, now=NOW, expected_version=1, starts_on=autumn.ends_on, **given)
    assert caught.value.reason is Reason.SCHOOL_TERMS_OVERLAP


async def test_a_term_is_corrected(session: AsyncSession):
    tree = await plant_tree(session)
    term = await keep_term(session, tree, date(2026, 9, 1), date(2027, 1, 20))
    given: dict[str, Any] = {"starts_on": date(2026, 9, 2), "ends_on": date(2027, 1, 20), "name": "秋季"}
    actor = actor_at(tree["east"])
    for version in (1, 2):
        # The second time nothing is to be changed.
        edited = await commands.edit_school_term(
            session, actor, now=NOW, school_term_id=term.id, expected_version=version, **given
        )
        assert (edited.starts_on, edited.name, edited.version) == (date(2026, 9, 2), "秋季", 2)
    with pytest.raises(Invalid) as caught:
        await keep_term(session, tree, date(2026, 9, 2), date(2026, 9, 1))
    assert caught.value.reason is Reason.PERIOD_INVALID


async def test_shipped_occasions_come_once_and_stay_away_when_retired(session: AsyncSession):
    tree = await plant_tree(session)
    operator = Actor.operator()
    assert await add_shipped_occasions(session, operator, now=NOW) == len(shipped_occasions()) == 14
    assert await add_shipped_occasions(session, operator, now=NOW) == 0
    mine = await declare(session, tree, unit="nation", name="全国开放日")
    await commands.retire_occasion(session, actor_at(tree["nation"]), now=NOW, occasion_id=mine.id)
    assert await add_shipped_occasions(session, operator, now=NOW) == 0


NAMED = "天河小学王小明同学"


@pytest.mark.parametrize("field", ["name", "source"])
async def test_what_many_read_of_an_occasion_is_looked_through_when_it_is_written(session: AsyncSession, field: str):
    tree = await plant_tree(session)
    words = {"name": "开放日"} | {field: NAMED}
    with pytest.raises(Conflict) as caught:
        await declare(session, tree, **words)
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, (field,))
    occasion = await declare(session, tree)
    edit: dict[str, Any] = {"occasion_id": occasion.id, "expected_version": 1, "rule": MARCH_5, **words}
    with pytest.raises(Conflict) as caught:
        await commands.edit_occasion(session, Actor.operator(), now=NOW, **edit)
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, (field,))


async def test_the_name_of_a_term_is_looked_through_too(session: AsyncSession):
    tree = await plant_tree(session)
    days: dict[str, Any] = {"name": NAMED, "starts_on": date(2026, 3, 1), "ends_on": date(2026, 7, 1)}
    term = await keep_term(session, tree, days["starts_on"], days["ends_on"])
    for act in (
        commands.create_school_term(session, Actor.operator(), now=NOW, unit_id=tree["west"].id, **days),
        commands.edit_school_term(
            session, Actor.operator(), now=NOW, school_term_id=term.id, expected_version=1, **days
        ),
    ):
        with pytest.raises(Conflict) as caught:
            await act
        assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, ("name",))


async def test_what_is_warned_of_in_the_name_of_an_occasion_has_to_be_seen(session: AsyncSession):
    tree = await plant_tree(session)
    name = "王小明(8岁)的生日"
    with pytest.raises(Conflict) as caught:
        await declare(session, tree, name=name)
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_NOT_SEEN, ("wordingSeen",))
    occasion = await declare(session, tree)
    edit: dict[str, Any] = {"occasion_id": occasion.id, "expected_version": 1, "rule": MARCH_5, "name": name}
    with pytest.raises(Conflict) as caught:
        await commands.edit_occasion(session, Actor.operator(), now=NOW, **edit)
    assert caught.value.reason is Reason.WORDING_NOT_SEEN
    await commands.edit_occasion(session, Actor.operator(), now=NOW, **edit, wording_seen=True)
    assert occasion.name == name
    with pytest.raises(Conflict) as caught:
        await declare(session, tree, name=NAMED, wording_seen=True)
    assert caught.value.reason is Reason.WORDING_BLOCKS
