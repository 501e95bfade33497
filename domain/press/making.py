"""The life of a press kit in the database: claimed, told, finished. Called by workers, in their transactions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.dates import today
from domain.calendar.models import Occasion
from domain.campaigns.models import Campaign
from domain.lessons.content import Content
from domain.lessons.models import Lesson
from domain.lessons.queries import public_origin
from domain.press.models import PressKit
from domain.press.queries import showcased_in
from domain.press.sheets import Desk, Sheet, of_campaign, of_lesson
from domain.refusals import Reason
from domain.terms import LessonState, PressFormat, PressKitState
from domain.units.models import Unit

WAITING = (PressKitState.QUEUED, PressKitState.MAKING)
AT_A_TIME = 20


@dataclass(frozen=True)
class Held:
    """A kit that a worker has in hand, and which claim it was."""

    kit_id: UUID
    tries: int


async def claim(session: AsyncSession, *, lease: timedelta) -> Held | None:
    """Take the kit that waits longest; what is never finished comes up again after the lease."""
    due = (
        select(PressKit.id)
        .where(PressKit.state.in_(WAITING), PressKit.try_at <= func.now())
        .order_by(PressKit.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = {"state": PressKitState.MAKING, "tries": PressKit.tries + 1, "try_at": func.now() + lease, "progress": 10}
    row = (
        await session.execute(
            update(PressKit)
            .where(PressKit.id == due.scalar_subquery())
            .values(taken)
            .returning(PressKit.id, PressKit.tries)
            .execution_options(synchronize_session=False)
        )
    ).one_or_none()
    return None if row is None else Held(*row)


@dataclass(frozen=True)
class Told:
    """What a kit says, by which revision of its lesson, with the keys of its pictures in the order of their words."""

    sheet: Sheet
    revision: int | None
    keys: tuple[str, ...]


async def told(session: AsyncSession, held: Held, *, now: datetime, address: str) -> Told | Reason:
    """What a kit is to say as things stand now, or why nothing."""
    query = select(PressKit, Unit.name).join(Unit, Unit.id == PressKit.unit_id).where(PressKit.id == held.kit_id)
    kit: Any
    kit, unit = (await session.execute(query)).one()
    words = tuple((each["caption"], each["credit"]) for each in kit.pictures)
    page = f"lessons/{kit.lesson_id}" if kit.campaign_id is None else f"campaigns/{kit.campaign_id}"
    desk = Desk(unit=unit, contact=kit.contact, day=today(now), address=f"{address}/{page}", pictures=words)
    keys = tuple(each["key"] for each in kit.pictures)
    # One of the two is there: a constraint of the table says so.
    of = _of_campaign if kit.lesson_id is None else _of_lesson
    return await of(session, kit.campaign_id or kit.lesson_id, desk, keys)


async def _of_lesson(session: AsyncSession, lesson_id: UUID, desk: Desk, keys: tuple[str, ...]) -> Told | Reason:
    query = select(Lesson, Unit.name).join(Unit, Unit.id == Lesson.unit_id).where(Lesson.id == lesson_id)
    lesson, origin = (await session.execute(query)).one()
    if lesson.state is not LessonState.SHOWCASE:
        return Reason.LESSON_NOT_SHOWCASE
    earlier = await public_origin(session, lesson_id)
    since = None if lesson.showcased_at is None else today(lesson.showcased_at)
    sheet = of_lesson(desk, Content.of_row(lesson), origin=origin, since=since, made_of=earlier)
    return Told(sheet, lesson.revision, keys)


async def _of_campaign(session: AsyncSession, campaign_id: UUID, desk: Desk, keys: tuple[str, ...]) -> Told | Reason:
    query = (
        select(Campaign, Unit.name, Occasion.name)
        .join(Unit, Unit.id == Campaign.unit_id)
        .outerjoin(Occasion, Occasion.id == Campaign.occasion_id)
        .where(Campaign.id == campaign_id)
    )
    campaign, owner, occasion = (await session.execute(query)).one()
    lessons = await showcased_in(session, campaign_id=campaign_id)
    if not lessons:
        return Reason.CAMPAIGN_WITHOUT_SHOWCASE
    names = dict(
        (await session.execute(select(Unit.id, Unit.name).where(Unit.id.in_({x.unit_id for x in lessons})))).all()
    )
    sheet = of_campaign(
        desk,
        title=campaign.title,
        owner=owner,
        occasion=(occasion, campaign.occasion_date),
        window=(campaign.window_from, campaign.window_to),
        lessons=[(Content.of_row(lesson), names[lesson.unit_id]) for lesson in lessons],
    )
    return Told(sheet, None, keys)


async def advance(session: AsyncSession, held: Held, *, progress: int) -> None:
    """Say how far it has come."""
    await _settle(session, held, progress=progress)


async def finish(
    session: AsyncSession,
    held: Held,
    *,
    now: datetime,
    revision: int | None,
    documents: Mapping[PressFormat, tuple[str, int]],
) -> bool:
    """The documents are in the store; false where somebody else has the kit in hand by now."""
    kept = {kind.value: {"sha256": digest, "size": size} for kind, (digest, size) in documents.items()}
    ready = {"state": PressKitState.READY, "progress": 100, "finished_at": now}
    return await _settle(session, held, documents=kept, revision=revision, **ready)


async def fail(session: AsyncSession, held: Held, *, now: datetime, reason: Reason) -> bool:
    """There is none, and will be none until somebody asks anew."""
    return await _settle(session, held, state=PressKitState.FAILED, failure=reason.name, finished_at=now)


async def put_back(session: AsyncSession, held: Held, *, wait: timedelta, counts: bool) -> None:
    """Let it be tried again after a while; what was not its own fault does not count."""
    tries = held.tries if counts else held.tries - 1
    await _settle(session, held, state=PressKitState.QUEUED, progress=0, try_at=func.now() + wait, tries=tries)


async def _settle(session: AsyncSession, held: Held, **values: Any) -> bool:
    """Only by whoever has it in hand."""
    mine = (PressKit.id == held.kit_id, PressKit.tries == held.tries, PressKit.state == PressKitState.MAKING)
    query = update(PressKit).where(*mine).values(values).returning(PressKit.id)
    done = await session.execute(query.execution_options(synchronize_session=False))
    return done.one_or_none() is not None


async def take_over(session: AsyncSession, *, now: datetime) -> dict[UUID, str | None]:
    """Lock some kits that nobody is to fetch any more; whoever cleared them from the store, whole, forgets them."""
    query = select(PressKit.id).where(PressKit.expires_at <= now).order_by(PressKit.id).limit(AT_A_TIME)
    return dict.fromkeys(await session.scalars(query.with_for_update(skip_locked=True)))


async def forget(session: AsyncSession, cleared: Mapping[UUID, str | None]) -> None:
    """Forget kits whose documents are cleared away."""
    gone = delete(PressKit).where(PressKit.id.in_(cleared))
    await session.execute(gone.execution_options(synchronize_session=False))
