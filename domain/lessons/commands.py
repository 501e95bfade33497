"""Acts on lessons."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.turns import shut_gate
from domain.base.words import said
from domain.lessons import rules
from domain.lessons.attachments import attachments_for
from domain.lessons.content import Content, Plan
from domain.lessons.desk import (
    begin_revision,
    keep_revision,
    locked_lesson,
    newest,
    said_by,
    visible_lesson,
    write_revision,
)
from domain.lessons.lifecycle import Event, after
from domain.lessons.models import Lesson, Theme
from domain.refusals import Conflict, Invalid, Reason
from domain.terms import LessonState, ServiceKind
from domain.units import queries as units
from domain.units.models import Unit
from domain.wording.queries import check_texts, words_in_force
from domain.wording.rules import check_approval, findings_in


async def create_lesson(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    title: str,
    service: ServiceKind,
    theme: str,
    text: str,
    authors: str = "",
    plan: Mapping[str, Any] | None = None,
    attachments: Sequence[Mapping[str, Any]] = (),
) -> Lesson:
    """Write down a lesson of a unit, as a draft."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.LESSON_EDIT, path="unitId")
    attached = await attachments_for(session, now=now, unit_id=unit.id, given=attachments)
    content = Content(service=service, **_texts(title, theme, text, authors), plan=_plan(plan), attachments=attached)
    rules.check_lengths(rules.texts_of(content))
    await check_texts(session, rules.names_in(content))
    return await _added(session, actor, unit, content, now=now)


async def edit_lesson(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    lesson_id: UUID,
    expected_version: int,
    title: str | None = None,
    service: ServiceKind | None = None,
    theme: str | None = None,
    text: str | None = None,
    authors: str | None = None,
    plan: Mapping[str, Any] | None = None,
    attachments: Sequence[Mapping[str, Any]] | None = None,
    reason: str | None = None,
) -> Lesson:
    """Write another revision of a lesson, unless somebody else did so after the version that was seen.

    Of a showcase lesson it is not public until it is showcased in its turn.
    """
    given: dict[str, Any] = {"title": title, "service": service, "theme": theme, "text": text, "authors": authors}
    lesson = await locked_lesson(
        session, actor, lesson_id, Permission.LESSON_EDIT, expected_version=expected_version, given=given
    )
    rules.refuse_unless(lesson, Event.EDITED)
    why = None if reason is None else said(reason, "reason", limit=rules.WORDS_LONGEST)
    before = await newest(session, lesson)
    words: dict[str, Any] = {name: getattr(before, name) if value is None else value for name, value in given.items()}
    content = replace(before, **({"service": words.pop("service")} | _texts(**words)))
    if plan is not None:
        content = replace(content, plan=rules.checked_plan(plan))
    if attachments is not None:
        attached = await attachments_for(
            session, now=now, unit_id=lesson.unit_id, given=attachments, before=before.attachments
        )
        content = replace(content, attachments=attached)
    if content == before:
        return lesson
    rules.check_lengths(rules.texts_of(content))
    await check_texts(session, rules.names_in(content))
    await keep_revision(session, lesson)
    begin_revision(lesson, actor.person_id)
    lesson.state = after(lesson.state, Event.EDITED)
    if lesson.state is not LessonState.SHOWCASE:
        _hold(lesson, content)
    await write_revision(session, lesson, content, now=now, reason=why)
    return lesson


async def adapt_lesson(
    session: AsyncSession, actor: Actor, *, now: datetime, lesson_id: UUID, unit_id: UUID, title: str | None = None
) -> Lesson:
    """Copy a lesson into a unit of one's own, to be changed there; the copy says what it was made of."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.LESSON_EDIT, path="unitId")
    original = await visible_lesson(session, actor, lesson_id)
    if rules.hinders_adapting(original):
        raise Conflict(Reason.LICENCE_FORBIDS, path="lessonId")
    await keep_revision(session, original)
    # Those who wrote the original did not write what becomes of it.
    content = replace(Content.of_row(original), authors="")
    if title is not None:
        content = replace(content, title=said(title, "title", limit=rules.WORDS_LONGEST))
    lineage = {"adapted_from_id": original.id, "adapted_from_revision": original.revision}
    return await _added(session, actor, unit, content, now=now, **lineage)


async def showcase_lesson(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    lesson_id: UUID,
    expected_version: int | None = None,
    reason: str | None = None,
    wording_seen: bool = False,
) -> Lesson:
    """Make a lesson, as its newest revision says it, a showcase lesson (示范课程), which may then be promoted.

    It takes a second person: nobody who took part in it since it last was one. What no call chose as it is takes a
    reason, which stands with the lesson.
    """
    lesson = await locked_lesson(
        session, actor, lesson_id, Permission.LESSON_SHOWCASE, expected_version=expected_version
    )
    rules.refuse_unless(lesson, Event.SHOWCASED)
    if rules.is_showcased_as_it_is(lesson):
        raise Conflict(Reason.LESSON_ALREADY_SHOWCASE, path="lessonId")
    if rules.took_part(actor, lesson):
        raise Conflict(Reason.SHOWCASER_IS_AUTHOR, path="lessonId")
    why = rules.optional(reason or "", "reason")
    content = await newest(session, lesson)
    if not why:
        await _refuse_unless_chosen(session, lesson, content)
    texts = rules.texts_of(content)
    # One of before, or of what was adapted from it: nobody writes any so long now.
    rules.check_lengths(texts, path="lessonId")
    words = await words_in_force(session)
    check_approval(findings_in({"reason": why}, words), wording_seen=wording_seen, path="reason")
    check_approval(findings_in(texts, words), wording_seen=wording_seen, path="lessonId")
    _hold(lesson, content)
    if rules.is_unreviewed(lesson):
        lesson.chosen_revision = None
    lesson.state = after(lesson.state, Event.SHOWCASED)
    lesson.once_showcased = True
    lesson.showcased_at, lesson.showcase_reason = now, why or None
    await session.flush()
    return lesson


async def withdraw_lesson(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    lesson_id: UUID,
    reason: str,
) -> Lesson:
    """Take a showcase lesson back: it is public no more, and nothing about it begins to go out after the answer."""
    lesson = await locked_lesson(session, actor, lesson_id, Permission.LESSON_SHOWCASE)
    rules.refuse_unless(lesson, Event.WITHDRAWN)
    # It is kept in the audit log, as what was given.
    said(reason, "reason", limit=rules.WORDS_LONGEST)
    _hold(lesson, await newest(session, lesson))
    lesson.state = after(lesson.state, Event.WITHDRAWN)
    lesson.showcased_at = lesson.showcase_reason = lesson.chosen_revision = None
    await shut_gate(session)
    return lesson


async def add_themes(
    session: AsyncSession, actor: Actor, *, list_name: str, since: int, names: tuple[str, ...]
) -> bool:
    """Add a list of themes that is used from a year on, and say whether it was new; a list is never changed."""
    actor.require(Permission.LESSON_SHOWCASE, at="", path="listName")
    known = select(Theme.id).where(Theme.list_name == list_name, Theme.since == since).limit(1)
    if (await session.execute(known)).scalar_one_or_none() is not None:
        return False
    themes = [
        Theme(id=new_id(), list_name=list_name, since=since, place=place, name=name)
        for place, name in enumerate(names, 1)
    ]
    session.add_all(themes)
    await session.flush()
    return True


def _texts(title: str, theme: str, text: str, authors: str) -> dict[str, Any]:
    return {
        "title": said(title, "title", limit=rules.WORDS_LONGEST),
        "theme": rules.optional(theme, "theme"),
        "text": said(text, "text", limit=rules.TEXT_LONGEST),
        "authors": rules.optional(authors, "authors"),
    }


def _plan(given: Mapping[str, Any] | None) -> Plan:
    return Plan() if given is None else rules.checked_plan(given)


async def _refuse_unless_chosen(session: AsyncSession, lesson: Lesson, content: Content) -> None:
    """Only what a call chose, and was not made another lesson by polishing, needs no reason."""
    if rules.is_unreviewed(lesson) or lesson.chosen_revision is None:
        raise Invalid(Reason.SHOWCASE_UNREVIEWED, path="reason")
    changed = rules.polished(await said_by(session, lesson, lesson.chosen_revision), content)
    if changed:
        raise Invalid(Reason.SHOWCASE_CHANGED, path="reason", fields=", ".join(changed))


def _hold(lesson: Lesson, content: Content) -> None:
    """Let the row hold the newest revision."""
    content.put_into(lesson)
    lesson.revision = lesson.version


async def _added(
    session: AsyncSession, actor: Actor, unit: Unit, content: Content, *, now: datetime, **lineage: Any
) -> Lesson:
    lesson = Lesson(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        state=LessonState.DRAFT,
        revision=1,
        version=1,
        written_by=actor.person_id,
        created_at=now,
        **lineage,
    )
    content.put_into(lesson)
    session.add(lesson)
    await session.flush()
    await write_revision(session, lesson, content, now=now)
    return lesson
