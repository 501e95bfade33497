"""The national level says what a list of themes names; what lessons bear is never lost."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.commands import edit_lesson
from domain.lessons.models import Theme
from domain.lessons.theme_lists import ThemesEdited, edit_themes
from domain.refusals import Conflict, Invalid, NotPermitted, Reason
from domain.terms import Role
from tests.factories.lessons import write
from tests.factories.units import NOW, Tree, actor_at, plant_tree

LIST: dict[str, Any] = {"list_name": "试验分类", "since": 2026}


async def edit(session: AsyncSession, actor: Actor, names: str, seen: str = "", **given: Any) -> ThemesEdited:
    words: dict[str, Any] = {"names": names.split(" "), "seen_names": seen.split()}
    done = await edit_themes(session, actor, now=NOW, **(LIST | words | given))
    await session.commit()
    return done


async def listed(session: AsyncSession) -> list[tuple[int, str, bool]]:
    query = select(Theme).where(Theme.list_name == LIST["list_name"]).order_by(Theme.place)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [(row.place, row.name, row.retired_at is not None) for row in rows]


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


async def test_a_list_is_written_edited_and_put_in_another_order(session: AsyncSession, tree: Tree):
    nation = actor_at(tree["nation"])
    assert await edit(session, nation, "思想 艺术 科技") == ThemesEdited(3, 0, 0, 0)
    assert await edit(session, nation, "科技 阅读 思想", "思想 艺术 科技") == ThemesEdited(1, 0, 0, 1)
    assert await listed(session) == [(1, "科技", False), (2, "阅读", False), (3, "思想", False)]


async def test_a_theme_that_a_lesson_bears_or_bore_is_retired_and_may_come_back(session: AsyncSession, tree: Tree):
    nation = actor_at(tree["nation"])
    await edit(session, nation, "思想 艺术 科技")
    await write(session, Actor.operator(), tree["east"], theme="艺术")
    lesson = await write(session, Actor.operator(), tree["east"], theme="思想")
    await edit_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, expected_version=1, theme="")
    await session.commit()
    assert await edit(session, nation, "阅读", "思想 艺术 科技") == ThemesEdited(1, 0, 2, 1)
    assert await listed(session) == [(1, "阅读", False), (2, "思想", True), (3, "艺术", True)]
    assert await edit(session, nation, "艺术", "阅读") == ThemesEdited(0, 1, 0, 1)
    assert await listed(session) == [(1, "艺术", False), (2, "思想", True)]


async def test_whoever_saw_another_list_is_told_what_it_has_now(session: AsyncSession, tree: Tree):
    nation = actor_at(tree["nation"])
    await edit(session, nation, "思想 艺术")
    for seen in ("", "艺术 思想", "思想"):
        with pytest.raises(Conflict) as caught:
            await edit(session, nation, "科技", seen)
        assert (caught.value.reason, caught.value.facts) == (Reason.THEMES_CHANGED, {"names": "思想、艺术"})
        await session.rollback()


async def test_only_an_administrator_of_the_nation_edits_a_list(session: AsyncSession, tree: Tree):
    for actor in (actor_at(tree["east"]), actor_at(tree["nation"], Role.MEDIA_MANAGER)):
        with pytest.raises(NotPermitted) as caught:
            await edit(session, actor, "思想")
        assert caught.value.path == ("listName",)


@pytest.mark.parametrize(
    ("given", "reason", "path"),
    [
        ({"list_name": " "}, Reason.TEXT_EMPTY, "listName"),
        ({"since": 2009}, Reason.NUMBER_UNFIT, "since"),
        ({"since": NOW.year + 2}, Reason.NUMBER_UNFIT, "since"),
        ({"names": "思想 \t"}, Reason.TEXT_EMPTY, "names"),
        ({"names": " ".join(map(str, range(31)))}, Reason.TOO_MANY, "names"),
    ],
)
async def test_what_no_list_has_is_refused(
    session: AsyncSession, tree: Tree, given: dict[str, Any], reason: Reason, path: str
):
    with pytest.raises(Invalid) as caught:
        await edit(session, actor_at(tree["nation"]), **({"names": "思想"} | given))
    assert (caught.value.reason, caught.value.path) == (reason, (path,))
