"""What everybody reads of a showcase lesson is looked through first, as its newest revision says it."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.commands import edit_lesson, showcase_lesson
from domain.lessons.models import Lesson
from domain.lessons.queries import wording_of_lessons
from domain.refusals import Refusal
from domain.terms import LessonState, WordingSeverity
from domain.wording.rules import TEXT_LIMIT
from tests.factories.lessons import WHY, plan, write
from tests.factories.posts import add_lesson
from tests.factories.units import NOW, plant_tree
from tests.factories.wording import list_words

OPERATOR = Actor.operator()
LABEL, NUMBER = "关爱留守儿童", "电话13800138000"
PLACES = ["title", "theme", "text", "goals", "keyPoints", "steps", "materials", "safetyNote", "sources"]


def saying(place: str, words: str) -> dict[str, Any]:
    """What a lesson is written down with that says these words there."""
    planned: dict[str, dict[str, Any]] = {
        "goals": {"goals": ["会说六个不", words]},
        "keyPoints": {"key_points": [words]},
        "steps": {"steps": [{"title": "看短片", "minutes": 10, "text": words, "materials": []}]},
        "materials": {"materials": [words]},
        "safetyNote": {"safety_note": words},
        "sources": {"sources": [{"title": "资料", "origin": words}]},
    }
    return {"plan": plan(**planned[place])} if place in planned else {place: words}


async def code(session: AsyncSession, lesson: Lesson, *, seen: bool) -> str:
    """The code with which it is refused, or the state that it then has."""
    try:
        await showcase_lesson(session, OPERATOR, now=NOW, lesson_id=lesson.id, reason=WHY, wording_seen=seen)
    except Refusal as refusal:
        return refusal.code
    return str(lesson.state)


@pytest.mark.parametrize("place", PLACES)
async def test_whatever_the_public_reads_of_a_lesson_is_checked(session: AsyncSession, place: str):
    tree = await plant_tree(session)
    await list_words(session, 留守儿童=WordingSeverity.WARNS)
    labelled = await write(session, OPERATOR, tree["east"], **saying(place, LABEL))
    found = (await wording_of_lessons(session, OPERATOR, ids=[labelled.id]))[labelled.id]
    assert [(each.field, each.piece) for each in found] == [(place, "留守儿童")]
    assert await code(session, labelled, seen=False) == "WORDING_NOT_SEEN"
    assert labelled.state is LessonState.DRAFT
    assert await code(session, labelled, seen=True) == "SHOWCASE"
    numbered = await write(session, OPERATOR, tree["east"], **saying(place, NUMBER))
    assert await code(session, numbered, seen=True) == "WORDING_BLOCKS"


async def test_the_names_of_authors_which_only_the_unit_reads_are_not_checked(session: AsyncSession):
    tree = await plant_tree(session)
    await list_words(session)
    lesson = await write(session, OPERATOR, tree["east"], authors=NUMBER)
    assert await code(session, lesson, seen=False) == "SHOWCASE"


async def test_of_a_showcase_lesson_the_revision_that_waits_is_checked_and_not_the_public_one(session: AsyncSession):
    tree = await plant_tree(session)
    await list_words(session)
    lesson = await write(session, OPERATOR, tree["east"])
    assert await code(session, lesson, seen=False) == "SHOWCASE"
    for version, text in ((1, NUMBER), (2, "八个不。")):
        edit: dict[str, Any] = {"lesson_id": lesson.id, "expected_version": version, "text": text}
        await edit_lesson(session, OPERATOR, now=NOW, **edit)
        found = (await wording_of_lessons(session, OPERATOR, ids=[lesson.id]))[lesson.id]
        blocks = text == NUMBER
        assert [each.field for each in found] == (["text"] if blocks else [])
        assert await code(session, lesson, seen=True) == ("WORDING_BLOCKS" if blocks else "SHOWCASE")
        assert (lesson.text, lesson.revision) == (("看短片,记六个不。", 1) if blocks else ("八个不。", 3))


async def test_what_is_longer_than_is_checked_is_not_made_public(session: AsyncSession):
    tree = await plant_tree(session)
    await list_words(session)
    # Written by a process that knew no limit.
    old = await add_lesson(session, tree, state=LessonState.DRAFT)
    old.text = "长" * (TEXT_LIMIT + 1)
    await session.commit()
    assert await code(session, old, seen=True) == "WORDS_TOO_LONG"
    assert old.state is LessonState.DRAFT
