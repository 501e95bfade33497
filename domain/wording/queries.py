"""Reads of the words that label children."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.wording.findings import Finding
from domain.wording.labels import Label
from domain.wording.models import LabelWord
from domain.wording.rules import check_approval, check_written, findings_in


def in_force(entity: Any) -> ColumnElement[bool]:
    """Words that are looked for."""
    condition: ColumnElement[bool] = entity.retired_at.is_(None)
    return condition


async def words_in_force(session: AsyncSession) -> list[Label]:
    """The whole list, in one statement however many texts are checked with it."""
    columns = (LabelWord.word, LabelWord.severity, LabelWord.advice_zh, LabelWord.advice_en)
    rows = await session.execute(select(*columns).where(in_force(LabelWord)))
    return [Label(*row) for row in rows]


async def check_texts(session: AsyncSession, texts: Mapping[str, str]) -> None:
    """Refuse what must not be said where many read it, by the name of its field; for texts that nobody approves."""
    check_written(findings_in(texts, await words_in_force(session)))


async def check_public(session: AsyncSession, texts: Mapping[str, str], *, wording_seen: bool) -> None:
    """The same for what everybody reads at once: what is warned of has to be seen by whoever writes it."""
    findings = findings_in(texts, await words_in_force(session))
    check_written(findings)
    check_approval(findings, wording_seen=wording_seen, path="wordingSeen")


async def findings_by_id(session: AsyncSession, texts: Mapping[UUID, Mapping[str, str]]) -> dict[UUID, list[Finding]]:
    """What is found in the texts of many things, each by the name of its field; the list is read once for all."""
    words = await words_in_force(session)
    return {row_id: findings_in(fields, words) for row_id, fields in texts.items()}
