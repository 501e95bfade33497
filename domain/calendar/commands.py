"""Acts on occasions and school terms."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.words import said
from domain.calendar import rules
from domain.calendar.models import Occasion, SchoolTerm
from domain.refusals import Conflict, NotFound, Reason, edited_meanwhile
from domain.units import queries as units
from domain.wording.queries import check_public, check_texts

WORDS_LIMIT = 100
SOURCE_LIMIT = 500


async def create_occasion(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    name: str,
    rule: Mapping[str, Any],
    lasts_days: int = 1,
    lead_days: int = 0,
    active_from: int | None = None,
    active_to: int | None = None,
    source: str = "",
    wording_seen: bool = False,
) -> Occasion:
    """Declare an important date of a unit and all below it."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.OCCASION_EDIT, path="unitId")
    told = _told(name, rule, lasts_days, lead_days, active_from, active_to, source)
    await check_public(session, {"name": told["name"], "source": told["source"]}, wording_seen=wording_seen)
    await _check_name(session, unit.id, told["name"])
    occasion = Occasion(id=new_id(), unit_id=unit.id, unit_path=unit.path, created_at=now, **told)
    session.add(occasion)
    await session.flush()
    return occasion


async def edit_occasion(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    occasion_id: UUID,
    expected_version: int,
    name: str,
    rule: Mapping[str, Any],
    lasts_days: int = 1,
    lead_days: int = 0,
    active_from: int | None = None,
    active_to: int | None = None,
    source: str = "",
    wording_seen: bool = False,
) -> Occasion:
    """Say anew what an occasion is; campaigns keep the date they were made for."""
    occasion: Occasion = await _locked(session, actor, Occasion, occasion_id, "occasionId")
    _check_open(occasion)
    told = _told(name, rule, lasts_days, lead_days, active_from, active_to, source)
    _check_version(occasion, expected_version, shown=occasion.name)
    await check_public(session, {"name": told["name"], "source": told["source"]}, wording_seen=wording_seen)
    if told["name"] != occasion.name:
        await _check_name(session, occasion.unit_id, told["name"])
    _write(occasion, told)
    await session.flush()
    return occasion


async def retire_occasion(session: AsyncSession, actor: Actor, *, now: datetime, occasion_id: UUID) -> Occasion:
    """Keep an occasion no longer; what was done on it stays."""
    occasion: Occasion = await _locked(session, actor, Occasion, occasion_id, "occasionId")
    _check_open(occasion)
    occasion.retired_at = now
    occasion.version += 1
    await session.flush()
    return occasion


async def create_school_term(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    name: str,
    starts_on: date,
    ends_on: date,
) -> SchoolTerm:
    """Say from when to when a term of the schools of a unit, and all below it, lasts."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.OCCASION_EDIT, path="unitId")
    told = _term_told(name, starts_on, ends_on)
    await check_texts(session, {"name": told["name"]})
    term = SchoolTerm(id=new_id(), unit_id=unit.id, unit_path=unit.path, created_at=now, **told)
    await _check_overlap(session, term)
    session.add(term)
    await session.flush()
    return term


async def edit_school_term(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    school_term_id: UUID,
    expected_version: int,
    name: str,
    starts_on: date,
    ends_on: date,
) -> SchoolTerm:
    """Correct a school term."""
    term: SchoolTerm = await _locked(session, actor, SchoolTerm, school_term_id, "schoolTermId")
    told = _term_told(name, starts_on, ends_on)
    _check_version(term, expected_version, shown=f"{term.name} {term.starts_on} - {term.ends_on}")
    await check_texts(session, {"name": told["name"]})
    # An autoflush would meet the constraint before the question.
    with session.no_autoflush:
        _write(term, told)
        await _check_overlap(session, term)
    await session.flush()
    return term


def _told(
    name: str,
    rule: Mapping[str, Any],
    lasts_days: int,
    lead_days: int,
    active_from: int | None,
    active_to: int | None,
    source: str,
) -> dict[str, Any]:
    """The columns of an occasion as given, checked."""
    if active_from is not None:
        rules.check_number(active_from, rules.FIRST_YEAR, rules.LAST_YEAR, path="activeFrom")
    if active_to is not None:
        rules.check_number(active_to, active_from or rules.FIRST_YEAR, rules.LAST_YEAR, path="activeTo")
    return {
        "name": said(name, "name", limit=WORDS_LIMIT),
        **asdict(rules.checked_rule(rule)),
        "lasts_days": rules.check_number(lasts_days, 1, rules.DAYS_LIMIT, path="lastsDays"),
        "lead_days": rules.check_number(lead_days, 0, rules.DAYS_LIMIT, path="leadDays"),
        "active_from": active_from,
        "active_to": active_to,
        "source": said(source, "source", limit=SOURCE_LIMIT) if source.strip() else "",
    }


def _term_told(name: str, starts_on: date, ends_on: date) -> dict[str, Any]:
    rules.check_days(starts_on, ends_on, path="endsOn")
    return {"name": said(name, "name", limit=WORDS_LIMIT), "starts_on": starts_on, "ends_on": ends_on}


async def _locked(session: AsyncSession, actor: Actor, model: Any, row_id: UUID, path: str) -> Any:
    """The row for this actor to change; whoever else wants to waits. The levels below see it, and change nothing."""
    await units.tree_stands(session)
    query = select(model).where(model.id == row_id).with_for_update()
    row = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if row is None:
        raise NotFound(model.noun, path=path)
    actor.require(Permission.OCCASION_EDIT, at=row.unit_path, path=path, what="occasion", seen_below=True)
    return row


def _check_open(occasion: Occasion) -> None:
    if rules.hinders_change(occasion):
        raise Conflict(Reason.OCCASION_RETIRED, path="occasionId")


def _check_version(row: Any, seen: int, *, shown: str) -> None:
    if row.version != seen:
        raise edited_meanwhile(row.version, seen, shown)


def _write(row: Any, told: Mapping[str, Any]) -> None:
    if any(getattr(row, name) != value for name, value in told.items()):
        for name, value in told.items():
            setattr(row, name, value)
        row.version += 1


async def _check_name(session: AsyncSession, unit_id: UUID, name: str) -> None:
    same = exists().where(Occasion.unit_id == unit_id, Occasion.name == name, Occasion.retired_at.is_(None))
    if await session.scalar(select(same)):
        raise Conflict(Reason.OCCASION_THERE, path="name")


async def _check_overlap(session: AsyncSession, term: SchoolTerm) -> None:
    other = exists().where(
        SchoolTerm.unit_id == term.unit_id,
        SchoolTerm.id != term.id,
        SchoolTerm.starts_on <= term.ends_on,
        SchoolTerm.ends_on >= term.starts_on,
    )
    if await session.scalar(select(other)):
        raise Conflict(Reason.SCHOOL_TERMS_OVERLAP, path="startsOn")
