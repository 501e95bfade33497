"""Acts on the words that label children: for the national level alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.refusals import Conflict, Invalid, NotFound, Reason, edited_meanwhile
from domain.terms import WordingSeverity
from domain.units.queries import nation_path
from domain.wording.folding import folded
from domain.wording.models import LabelWord
from domain.wording.queries import in_force
from domain.wording.rules import hinders_editing

WORD_LEAST, WORD_LIMIT, ADVICE_LIMIT = 2, 40, 200


async def add_label_word(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    word: str,
    severity: WordingSeverity,
    advice_zh: str,
    advice_en: str,
) -> LabelWord:
    """Have a word looked for from now on; one that was retired begins anew."""
    await _ask(session, actor, "word")
    plain = folded(word).plain
    if not WORD_LEAST <= len(plain) <= WORD_LIMIT:
        raise Invalid(Reason.LABEL_WORD_UNUSABLE, path="word", least=WORD_LEAST, limit=WORD_LIMIT)
    said_zh, said_en = _advice(advice_zh, "adviceZh"), _advice(advice_en, "adviceEn")
    # Of two who add it at once, one is told that it is there.
    added = (
        insert(LabelWord)
        .values(id=new_id(), word=plain, severity=severity, advice_zh=said_zh, advice_en=said_en)
        .on_conflict_do_nothing(index_elements=[LabelWord.word], index_where=in_force(LabelWord))
        .returning(LabelWord)
    )
    label = (await session.execute(added)).scalar_one_or_none()
    if label is None:
        raise Conflict(Reason.LABEL_WORD_THERE, path="word")
    return label


async def edit_label_word(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    word_id: UUID,
    expected_version: int,
    severity: WordingSeverity | None = None,
    advice_zh: str | None = None,
    advice_en: str | None = None,
) -> LabelWord:
    """Change what a word does, or what is advised instead; what was approved stays so."""
    label = await _locked(session, actor, word_id, expected_version)
    label.severity = severity or label.severity
    label.advice_zh = label.advice_zh if advice_zh is None else _advice(advice_zh, "adviceZh")
    label.advice_en = label.advice_en if advice_en is None else _advice(advice_en, "adviceEn")
    label.version += 1
    await session.flush()
    return label


async def retire_label_word(
    session: AsyncSession, actor: Actor, *, now: datetime, word_id: UUID, expected_version: int
) -> LabelWord:
    """Look for a word no more; it stays on record."""
    label = await _locked(session, actor, word_id, expected_version)
    label.retired_at = now
    label.version += 1
    await session.flush()
    return label


async def _locked(session: AsyncSession, actor: Actor, word_id: UUID, expected_version: int) -> LabelWord:
    await _ask(session, actor, "wordId")
    query = select(LabelWord).where(LabelWord.id == word_id).with_for_update()
    label = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if label is None:
        raise NotFound("labelword", path="wordId")
    if label.version != expected_version:
        raise edited_meanwhile(
            label.version, expected_version, f"{label.severity}; {label.advice_zh}; {label.advice_en}"
        )
    if hinders_editing(label):
        raise Conflict(Reason.LABEL_WORD_RETIRED, path="wordId")
    return label


async def _ask(session: AsyncSession, actor: Actor, path: str) -> None:
    """There is one list for all: it is kept by whoever acts for the whole nation."""
    actor.require(Permission.WORDING_EDIT, at=await nation_path(session), path=path)


def _advice(words: str, path: str) -> str:
    if not words.strip():
        raise Invalid(Reason.TEXT_EMPTY, path=path)
    if len(words.strip()) > ADVICE_LIMIT:
        raise Invalid(Reason.WORDS_TOO_LONG, path=path, limit=ADVICE_LIMIT)
    return words.strip()
