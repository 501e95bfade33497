"""What everybody reads of a showcase lesson is looked through first, as its newest revision says it."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.commands import edit_lesson, showcase_lesson
from domain.lessons.models import Lesson
from domain.lessons.queries import wording_of_lessons
from domain.refusals import Conflict, Invalid, Reason, Refusal
from domain.terms import FileKind, LessonState, Licence, WordingSeverity
from domain.wording.rules import TEXT_LIMIT
from tests.factories.files import add_file
from tests.factories.lessons import WHY, plan, write
from tests.factories.posts import add_lesson
from tests.factories.units import NOW, plant_tree
from tests.factories.wording import list_words

OPERATOR = Actor.operator()
LABEL, NUMBER = "关爱留守儿童", "电话13800138000"
PLACES = {
    "title": "title",
    "theme": "theme",
    "text": "text",
    "goals": "plan.goals.1",
    "keyPoints": "plan.keyPoints.0",
    "steps": "plan.steps.0.text",
    "materials": "plan.materials.0",
    "safetyNote": "plan.safetyNote",
    "sources": "plan.sources.0.origin",
}


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
    # Where it stands in what the author wrote there, and nowhere else.
    assert [(each.field, each.piece, each.start) for each in found] == [(PLACES[place], "留守儿童", 2)]
    assert await code(session, labelled, seen=False) == "WORDING_NOT_SEEN"
    assert labelled.state is LessonState.DRAFT
    assert await code(session, labelled, seen=True) == "SHOWCASE"
    numbered = await write(session, OPERATOR, tree["east"], **saying(place, NUMBER))
    assert await code(session, numbered, seen=True) == "WORDING_BLOCKS"


async def test_where_a_lesson_names_people_it_holds_no_number_even_as_a_draft(session: AsyncSession):
    tree = await plant_tree(session)
    await list_words(session)
    file = await add_file(session, tree["east"], created_at=NOW)
    credited = {"file_id": file.id, "title": "照片", "licence": Licence.CC_BY, "credit": NUMBER}
    for given, path in (({"authors": NUMBER}, "authors"), ({"attachments": [credited]}, "attachments.0.credit")):
        with pytest.raises(Conflict) as refused:
            await write(session, OPERATOR, tree["east"], **given)
        assert (refused.value.reason, refused.value.path) == (Reason.WORDING_BLOCKS, tuple(path.split(".")))
    lesson = await write(session, OPERATOR, tree["east"], authors="某队")
    edit: dict[str, Any] = {"lesson_id": lesson.id, "expected_version": 1, "authors": NUMBER}
    with pytest.raises(Conflict) as refused:
        await edit_lesson(session, OPERATOR, now=NOW, **edit)
    assert refused.value.path == ("authors",)
    assert await code(session, lesson, seen=False) == "SHOWCASE"


async def test_the_reason_that_is_shown_is_checked_with_the_lesson(session: AsyncSession):
    tree = await plant_tree(session)
    await list_words(session, 留守儿童=WordingSeverity.WARNS)
    lesson = await write(session, OPERATOR, tree["east"])
    given: dict[str, Any] = {"now": NOW, "lesson_id": lesson.id}
    for reason, seen, told in ((NUMBER, True, "WORDING_BLOCKS"), (LABEL, False, "WORDING_NOT_SEEN")):
        with pytest.raises(Conflict) as refused:
            await showcase_lesson(session, OPERATOR, reason=reason, wording_seen=seen, **given)
        assert (refused.value.code, refused.value.path) == (told, ("wordingSeen",) if not seen else ("reason",))
    await showcase_lesson(session, OPERATOR, reason=LABEL, wording_seen=True, **given)
    assert lesson.showcase_reason == LABEL


async def test_what_a_plain_text_says_is_checked_with_the_lesson(session: AsyncSession):
    tree = await plant_tree(session)
    await list_words(session, 留守儿童=WordingSeverity.WARNS)
    for said, outcome in ((NUMBER, "WORDING_BLOCKS"), (LABEL, "WORDING_NOT_SEEN"), ("看短片", "SHOWCASE")):
        file = await add_file(session, tree["east"], created_at=NOW, kind=FileKind.TXT, text=said)
        named = {"file_id": file.id, "title": "教案", "licence": Licence.CC_BY, "credit": "某队"}
        lesson = await write(session, OPERATOR, tree["east"], attachments=[named])
        assert await code(session, lesson, seen=False) == outcome
    long = await add_file(session, tree["east"], created_at=NOW, kind=FileKind.TXT, text="长" * (TEXT_LIMIT + 1))
    with pytest.raises(Invalid) as refused:
        await write(session, OPERATOR, tree["east"], attachments=[{**named, "file_id": long.id}])
    assert (refused.value.reason, refused.value.path) == (Reason.WORDS_TOO_LONG, ("attachments",))


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
