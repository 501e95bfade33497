"""The list of words: kept by the national level alone, edited by version, never forgotten."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Refusal
from domain.terms import Role, WordingSeverity
from domain.wording.commands import add_label_word, edit_label_word, retire_label_word
from domain.wording.models import LabelWord
from domain.wording.queries import words_in_force
from integrations.database import Sessions
from tests.factories.units import NOW, Tree, actor_at, plant_tree
from tests.factories.wording import list_words

BLOCKS, WARNS = WordingSeverity.BLOCKS, WordingSeverity.WARNS
WORD = "某类孩子"


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


@pytest.fixture
async def word(session: AsyncSession) -> LabelWord:
    return (await list_words(session, **{WORD: WARNS}))[WORD]


@pytest.fixture
def nation(tree: Tree) -> Actor:
    return actor_at(tree["nation"])


async def add(session: AsyncSession, actor: Actor, word: str, **given: Any) -> LabelWord:
    said = {"severity": WARNS, "advice_zh": "请写“孩子”。", "advice_en": "Write 孩子."}
    added = await add_label_word(session, actor, now=NOW, word=word, **(said | given))
    await session.commit()
    return added


async def listed(session: AsyncSession) -> dict[str, WordingSeverity]:
    return {label.word: label.severity for label in await words_in_force(session)}


async def test_a_word_is_looked_for_once_it_is_added(session: AsyncSession, word: LabelWord, nation: Actor):
    added = await add(session, nation, " 另 一类\u200b孩子 ", severity=BLOCKS)
    # Blanks and what nobody sees make no other word of it.
    assert (added.word, added.version, added.retired_at) == ("另一类孩子", 1, None)
    assert await listed(session) == {WORD: WARNS, "另一类孩子": BLOCKS}


@pytest.mark.parametrize(("place", "role"), [("east", Role.ADMINISTRATOR), ("nation", Role.MEDIA_MANAGER)])
async def test_nobody_but_an_administrator_of_the_nation_changes_the_list(
    session: AsyncSession, tree: Tree, word: LabelWord, place: str, role: Role
):
    actor = actor_at(tree[place], role)
    acts = [
        (add(session, actor, "另一类孩子"), "word"),
        (edit_label_word(session, actor, now=NOW, word_id=word.id, expected_version=1, severity=BLOCKS), "wordId"),
        (retire_label_word(session, actor, now=NOW, word_id=word.id, expected_version=1), "wordId"),
    ]
    for act, path in acts:
        with pytest.raises(NotPermitted) as refused:
            await act
        assert refused.value.path == (path,)
    assert await listed(session) == {WORD: WARNS}


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"word": "孩"}, "LABEL_WORD_UNUSABLE", "word"),
        ({"word": "字" * 41}, "LABEL_WORD_UNUSABLE", "word"),
        ({"word": "另一类孩子", "advice_zh": " "}, "TEXT_EMPTY", "adviceZh"),
        ({"word": "另一类孩子", "advice_en": "x" * 201}, "WORDS_TOO_LONG", "adviceEn"),
    ],
)
async def test_a_word_and_its_advice_have_their_lengths(
    session: AsyncSession, nation: Actor, given: dict[str, str], code: str, path: str
):
    with pytest.raises(Invalid) as refused:
        await add(session, nation, **given)
    assert (refused.value.code, refused.value.path) == (code, (path,))


async def test_a_word_is_edited_by_the_version_that_was_seen(session: AsyncSession, word: LabelWord, nation: Actor):
    edited = await edit_label_word(session, nation, now=NOW, word_id=word.id, expected_version=1, severity=BLOCKS)
    assert (edited.severity, edited.advice_zh, edited.version) == (BLOCKS, "请写“同学”。", 2)
    with pytest.raises(Conflict) as refused:
        await edit_label_word(session, nation, now=NOW, word_id=word.id, expected_version=1, advice_en="Write 孩子.")
    assert (refused.value.code, refused.value.path) == ("EDITED_MEANWHILE", ("expectedVersion",))
    assert (await edit_label_word(session, nation, now=NOW, word_id=word.id, expected_version=2)).severity is BLOCKS


async def test_a_retired_word_stays_on_record_and_may_be_added_anew(
    session: AsyncSession, word: LabelWord, nation: Actor
):
    await retire_label_word(session, nation, now=NOW, word_id=word.id, expected_version=1)
    await session.commit()
    assert await listed(session) == {}
    with pytest.raises(Conflict) as refused:
        await edit_label_word(session, nation, now=NOW, word_id=word.id, expected_version=2, severity=BLOCKS)
    assert (refused.value.code, refused.value.path) == ("LABEL_WORD_RETIRED", ("wordId",))
    await add(session, nation, WORD, severity=BLOCKS)
    assert await listed(session) == {WORD: BLOCKS}
    rows = (await session.execute(select(LabelWord).where(LabelWord.word == WORD))).scalars().all()
    assert {row.retired_at for row in rows} == {NOW, None}


async def test_a_word_that_never_was_is_not_found(session: AsyncSession, nation: Actor):
    with pytest.raises(NotFound) as refused:
        await retire_label_word(session, nation, now=NOW, word_id=new_id(), expected_version=1)
    assert refused.value.path == ("wordId",)


async def test_of_two_who_add_a_word_at_once_one_is_told_that_it_is_there(
    sessions: Sessions, word: LabelWord, nation: Actor
):
    async def attempt() -> str:
        async with sessions() as own:
            try:
                return (await add(own, nation, "另一类孩子")).word
            except Refusal as refusal:
                return refusal.code

    assert sorted(await asyncio.gather(attempt(), attempt())) == ["LABEL_WORD_THERE", "另一类孩子"]
