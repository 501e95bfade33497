"""Who may change the tree, and which changes are refused, with the reason and the field."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.refusals import Invalid, NotFound, NotPermitted, Reason
from domain.terms import Level, Role, UnitActState, UnitKind
from domain.units import commands
from tests.factories.unit_acts import LAST_MONTH, NOW, OPERATOR, TODAY, TOMORROW, do, refused, tree_of
from tests.factories.units import Tree, actor_at, add_user


def given(tree: Tree, verb: str) -> dict[str, Any]:
    """An act on the north county that can be done."""
    county, city = tree["north county"].id, tree["west city"].id
    part = {"code": "P1", "name": "左县", "child_ids": [tree["north town"].id]}
    new = {"code": "N1", "name": "新县", "level": Level.COUNTY, "kind": UnitKind.TERRITORIAL}
    return {
        "open_unit": {"parent_id": tree["east city"].id, **new},
        "rename_unit": {"unit_id": county, "name": "新县"},
        "move_unit": {"unit_id": county, "parent_id": city},
        "merge_units": {"unit_ids": [county], "into_id": tree["far county"].id},
        "split_unit": {"unit_id": county, "parts": [part, {"code": "P2", "name": "右县", "child_ids": []}]},
        "close_unit": {"unit_id": tree["north town"].id},
        "reopen_unit": {"unit_id": tree["south county"].id, "parent_id": tree["west city"].id},
    }[verb]


# Whose administrator is enough for the act above, and whose is not; `None` where nobody below the nation is.
ENOUGH = {
    "open_unit": ("east city", "north county"),
    "rename_unit": ("east city", "north county"),
    "move_unit": ("nation", "east"),
    "merge_units": ("nation", "east"),
    "split_unit": ("east city", "north county"),
    "close_unit": ("north county", "north town"),
    "reopen_unit": ("nation", "west"),
}


@pytest.mark.parametrize("verb", ENOUGH)
async def test_the_level_above_decides(session: AsyncSession, verb: str):
    tree = await tree_of(session)
    if verb == "reopen_unit":
        await do(session, "close_unit", unit_id=tree["south county"].id)
    enough, short = ENOUGH[verb]
    below = await add_user(session, tree[short], login="below")
    caught = await refused(session, verb, actor_at(tree[short], user_id=below.id), **given(tree, verb))
    assert isinstance(caught, NotPermitted | NotFound)
    viewer = await add_user(session, tree[enough], Role.VIEWER, login="viewer")
    caught = await refused(session, verb, actor_at(tree[enough], Role.VIEWER, user_id=viewer.id), **given(tree, verb))
    assert isinstance(caught, NotPermitted)
    user = await add_user(session, tree[enough], login="enough")
    done = await do(session, verb, actor_at(tree[enough], user_id=user.id), **given(tree, verb))
    assert done.act.state is UnitActState.DONE


async def test_whoever_sees_a_unit_learns_that_the_level_above_decides_and_others_learn_nothing(session: AsyncSession):
    tree = await tree_of(session)
    own = await refused(session, "rename_unit", actor_at(tree["east"]), unit_id=tree["east"].id, name="新")
    other = await refused(session, "rename_unit", actor_at(tree["east"]), unit_id=tree["west"].id, name="新")
    none = await refused(session, "rename_unit", actor_at(tree["east"]), unit_id=new_id(), name="新")
    assert [type(refusal) for refusal in (own, other, none)] == [NotPermitted, NotFound, NotFound]
    assert {refusal.path for refusal in (own, other, none)} == {("unitId",)}


async def test_a_planned_act_is_decided_where_it_was_made(session: AsyncSession):
    tree = await tree_of(session)
    done = await do(session, "rename_unit", on=TOMORROW, unit_id=tree["north county"].id, name="新县")
    for place, kind in (("west", NotFound), ("north county", NotFound)):
        with pytest.raises(kind):
            await commands.dismiss_unit_act(session, actor_at(tree[place]), now=NOW, act_id=done.act.id, reason="不")
    viewer = actor_at(tree["east"], Role.VIEWER)
    with pytest.raises(NotPermitted):
        await commands.dismiss_unit_act(session, viewer, now=NOW, act_id=done.act.id, reason="不")
    with pytest.raises(NotFound):
        await commands.dismiss_unit_act(session, OPERATOR, now=NOW, act_id=new_id(), reason="不")


REFUSALS: list[tuple[str, dict[str, Any], Reason, str]] = [
    ("rename_unit", {"unit_id": "east", "name": "east"}, Reason.UNIT_UNCHANGED, "name"),
    ("rename_unit", {"unit_id": "east"}, Reason.UNIT_UNCHANGED, "name"),
    ("rename_unit", {"unit_id": "east", "name": " "}, Reason.TEXT_EMPTY, "name"),
    ("rename_unit", {"unit_id": "east", "name": "长" * 101}, Reason.WORDS_TOO_LONG, "name"),
    ("rename_unit", {"unit_id": "east", "code": "T3"}, Reason.UNIT_CODE_TAKEN, "code"),
    ("move_unit", {"unit_id": "east city", "parent_id": "east"}, Reason.UNIT_UNCHANGED, "parentId"),
    ("move_unit", {"unit_id": "east city", "territory_id": "east"}, Reason.UNIT_UNCHANGED, "parentId"),
    ("move_unit", {"unit_id": "nation", "parent_id": "east"}, Reason.NATION_STAYS, "unitId"),
    ("move_unit", {"unit_id": "east city", "parent_id": "north county"}, Reason.LEVEL_NOT_BELOW, "parentId"),
    ("move_unit", {"unit_id": "east city", "parent_id": "west city"}, Reason.LEVEL_NOT_BELOW, "parentId"),
    ("move_unit", {"unit_id": "east city", "territory_id": "west city"}, Reason.LEVEL_NOT_BELOW, "territoryId"),
    ("move_unit", {"unit_id": "north town", "parent_id": "shut"}, Reason.UNIT_CLOSED, "parentId"),
    ("move_unit", {"unit_id": "north town", "territory_id": "lodged"}, Reason.TERRITORY_ELSEWHERE, "territoryId"),
    ("rename_unit", {"unit_id": "shut", "name": "新"}, Reason.UNIT_CLOSED, "unitId"),
    ("merge_units", {"unit_ids": ["far county"], "into_id": "shut"}, Reason.UNIT_CLOSED, "intoId"),
    ("merge_units", {"unit_ids": ["east"], "into_id": "east"}, Reason.MERGE_UNITS, "unitIds"),
    ("merge_units", {"unit_ids": [], "into_id": "east"}, Reason.MERGE_UNITS, "unitIds"),
    ("merge_units", {"unit_ids": ["nation"], "into_id": "east"}, Reason.NATION_STAYS, "unitIds"),
    ("merge_units", {"unit_ids": ["east city"], "into_id": "west"}, Reason.UNIT_LEVELS_DIFFER, "unitIds"),
    (
        "split_unit",
        {"unit_id": "east city", "parts": [["A", "north county", "south county"]]},
        Reason.SPLIT_PARTS,
        "parts",
    ),
    ("split_unit", {"unit_id": "east city", "parts": [["A", "north county"], ["B"]]}, Reason.SPLIT_CHILDREN, "parts"),
    (
        "split_unit",
        {"unit_id": "east city", "parts": [["A", "north county", "south county"], ["B", "south county"]]},
        Reason.SPLIT_CHILDREN,
        "parts",
    ),
    (
        "split_unit",
        {"unit_id": "east city", "parts": [["A", "north county", "far county"], ["B", "south county"]]},
        Reason.SPLIT_CHILDREN,
        "parts",
    ),
    (
        "split_unit",
        {"unit_id": "east city", "parts": [["A", "north county", "south county"], ["A"]]},
        Reason.UNIT_CODE_TAKEN,
        "parts.1.code",
    ),
    (
        "split_unit",
        {"unit_id": "east city", "parts": [["A", "north county", "south county"], ["T3"]]},
        Reason.UNIT_CODE_TAKEN,
        "parts.1.code",
    ),
    ("close_unit", {"unit_id": "east"}, Reason.UNIT_HAS_CHILDREN, "unitId"),
    ("close_unit", {"unit_id": "far county", "successor_id": "far county"}, Reason.UNIT_UNCHANGED, "successorId"),
    ("close_unit", {"unit_id": "far county", "successor_id": "shut"}, Reason.UNIT_CLOSED, "successorId"),
    ("close_unit", {"unit_id": "shut"}, Reason.UNIT_CLOSED, "unitId"),
    ("reopen_unit", {"unit_id": "east", "parent_id": "nation"}, Reason.UNIT_OPEN, "unitId"),
    ("reopen_unit", {"unit_id": "shut", "parent_id": "north town"}, Reason.LEVEL_NOT_BELOW, "parentId"),
]


@pytest.mark.parametrize(("verb", "words", "reason", "path"), REFUSALS)
async def test_what_breaks_a_rule_of_the_tree_is_refused(
    session: AsyncSession, verb: str, words: dict[str, Any], reason: Reason, path: str
):
    tree = await tree_of(session)
    tree.units["shut"] = tree["south county"]
    tree.units["lodged"] = tree["west city"]
    await do(session, "close_unit", on=LAST_MONTH, unit_id=tree["shut"].id)
    await do(session, "move_unit", on=LAST_MONTH, unit_id=tree["lodged"].id, territory_id=tree["east"].id)
    if verb == "split_unit":
        await do(session, "reopen_unit", on=LAST_MONTH, unit_id=tree["shut"].id, parent_id=tree["east city"].id)
    caught = await refused(session, verb, **{name: _meant(tree, name, value) for name, value in words.items()})
    assert (caught.reason, ".".join(caught.path)) == (reason, path)
    assert caught.words("zh") != caught.words("en")


def _meant(tree: Tree, name: str, value: Any) -> Any:
    if name == "parts":
        return [
            {"code": code, "name": f"{code}市", "child_ids": [tree[child].id for child in children]}
            for code, *children in value
        ]
    if name.endswith("_ids"):
        return [tree[each].id for each in value]
    return tree[value].id if name.endswith("_id") else value


async def test_a_code_is_free_from_the_day_its_unit_is_closed_and_not_before(session: AsyncSession):
    tree = await tree_of(session)
    await do(session, "close_unit", on=LAST_MONTH, unit_id=tree["far county"].id)
    wish = {"parent_id": tree["west city"].id, "code": "T8", "name": "新县", "level": Level.COUNTY}
    wish |= {"kind": UnitKind.TERRITORIAL}
    early = await refused(session, "open_unit", on=LAST_MONTH - timedelta(days=1), **wish)
    assert (early.reason, early.facts) == (Reason.ACT_TOO_EARLY, {"date": "2026-05-04"})
    await do(session, "open_unit", on=LAST_MONTH, **wish)
    taken = await refused(session, "reopen_unit", unit_id=tree["far county"].id, parent_id=tree["west city"].id)
    assert (taken.reason, taken.facts) == (Reason.UNIT_CODE_TAKEN, {"unit_code": "T8"})


# What was decided for a later day, and the act that would reach back behind it.
BEHIND: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    ("rename_unit", {"unit_id": "far county", "name": "新"}, "rename_unit", {"unit_id": "far county", "name": "旧"}),
    ("rename_unit", {"unit_id": "far county", "name": "新"}, "close_unit", {"unit_id": "far county"}),
    (
        "rename_unit",
        {"unit_id": "north town", "name": "新"},
        "merge_units",
        {"unit_ids": ["north county"], "into_id": "far county"},
    ),
    ("move_unit", {"unit_id": "north town", "parent_id": "far county"}, "close_unit", {"unit_id": "north county"}),
    ("close_unit", {"unit_id": "far county"}, "close_unit", {"unit_id": "west city"}),
    ("close_unit", {"unit_id": "far county"}, "reopen_unit", {"unit_id": "far county", "parent_id": "east city"}),
]


@pytest.mark.parametrize(("verb", "words", "later", "reaching"), BEHIND)
async def test_an_act_does_not_reach_back_behind_what_was_decided_for_a_later_day(
    session: AsyncSession, verb: str, words: dict[str, Any], later: str, reaching: dict[str, Any]
):
    tree = await tree_of(session)
    await do(session, verb, on=LAST_MONTH, **{name: _meant(tree, name, value) for name, value in words.items()})
    wish = {name: _meant(tree, name, value) for name, value in reaching.items()}
    early = await refused(session, later, on=LAST_MONTH - timedelta(days=1), **wish)
    assert (early.reason, early.path) == (Reason.ACT_TOO_EARLY, ("effectiveOn",))
    assert early.facts == {"date": LAST_MONTH.isoformat()}
    assert (await do(session, later, on=LAST_MONTH, **wish)).act.state is UnitActState.DONE


async def test_nothing_stands_below_a_unit_before_that_was_open(session: AsyncSession):
    tree = await tree_of(session)
    wish = {"parent_id": tree["west"].id, "code": "W2", "name": "新市", "level": Level.PREFECTURE}
    done = await do(session, "open_unit", on=LAST_MONTH, kind=UnitKind.TERRITORIAL, **wish)
    move = {"unit_id": tree["north county"].id, "parent_id": done.act.unit_id}
    early = await refused(session, "move_unit", on=LAST_MONTH - timedelta(days=1), **move)
    assert early.facts == {"date": LAST_MONTH.isoformat()}


async def test_an_act_needs_a_reason(session: AsyncSession):
    tree = await tree_of(session)
    for reason, why in (("  ", Reason.TEXT_EMPTY), ("因" * 501, Reason.WORDS_TOO_LONG)):
        wish: dict[str, Any] = {"now": NOW, "unit_id": tree["east"].id, "name": "新", "effective_on": TODAY}
        with pytest.raises(Invalid) as caught:
            await commands.rename_unit(session, OPERATOR, **wish, reason=reason)
        assert (caught.value.reason, caught.value.path) == (why, ("reason",))
