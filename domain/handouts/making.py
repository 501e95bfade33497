"""The life of what is asked for, in the database: claimed, told, ended, forgotten."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.handouts.rows import Handout
from domain.handouts.rules import A_DAY_EACH, UNDER_WAY
from domain.reading import reader
from domain.reading.selection import Selection
from domain.refusals import NotFound, QuotaExceeded, Reason
from domain.terms import HandoutState

# So many are forgotten in one transaction: it stays open while the store is asked.
AT_A_TIME = 20


@dataclass(frozen=True)
class Held:
    """What a worker has in hand, and which claim it was."""

    model: type[Handout]
    row_id: UUID
    tries: int


@dataclass(frozen=True)
class Progress:
    """How far something is."""

    state: HandoutState
    progress: int

    @property
    def is_settled(self) -> bool:
        """Whether no worker moves it any more."""
        return self.state not in UNDER_WAY


def is_under_way(model: type[Handout]) -> ColumnElement[bool]:
    """What has not ended; written out, so that the planner sees the partial index."""
    return model.state.in_([literal_column(f"'{state.value}'") for state in UNDER_WAY])


async def wait_for_turn(session: AsyncSession, actor: Actor) -> None:
    """Whoever asks twice at once waits here for the first."""
    await session.execute(select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True))


async def check_day(
    session: AsyncSession, actor: Actor, model: type[Handout], *, now: datetime, path: str = "unitId"
) -> None:
    """Refuse more of a kind than a person asks for in a day."""
    of_today = model.asked_by == actor.person_id, model.asked_at > now - timedelta(days=1)
    if (await session.scalar(select(func.count()).select_from(model).where(*of_today)) or 0) >= A_DAY_EACH:
        raise QuotaExceeded(Reason.FILES_SPENT, path=path, limit=A_DAY_EACH)


async def progress_of(session: AsyncSession, actor: Actor, model: type[Handout], *, row_id: UUID) -> Progress:
    """How far it is, for whoever sees it; to all others there is none."""
    wanted = Selection(frozenset({"state", "progress"}))
    found = (await reader.rows_by_id(session, actor, model, wanted, ids=[row_id])).get(row_id)
    if found is None:
        raise NotFound(model.__name__.lower(), path="id")
    return Progress(found.state, found.progress)


async def claim(session: AsyncSession, model: type[Handout], *, limit: int, lease: timedelta) -> list[Held]:
    """Take what waits longest; what is never finished comes up again when the lease ends."""
    due = (
        select(model.id)
        .where(is_under_way(model), model.try_at <= func.now())
        .order_by(model.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = {"state": HandoutState.MAKING, "tries": model.tries + 1, "try_at": func.now() + lease, "progress": 0}
    rows = await session.execute(
        update(model)
        .where(model.id.in_(due.scalar_subquery()))
        .values(taken)
        .returning(model.id, model.tries)
        .execution_options(synchronize_session=False)
    )
    return [Held(model, row_id, tries) for row_id, tries in rows]


async def advance(session: AsyncSession, held: Held, *, progress: int, lease: timedelta) -> bool:
    """Say how far it is and hold it longer; False where it is in this worker's hands no more."""
    return await _settle(session, held, progress=progress, try_at=func.now() + lease)


async def finish(
    session: AsyncSession, held: Held, *, documents: Mapping[str, Mapping[str, Any]], facts: Mapping[str, Any]
) -> bool:
    """Its files are in the store; False where somebody else has it in hand by now."""
    ready = {"state": HandoutState.READY, "progress": 100, "finished_at": func.now()}
    return await _settle(session, held, documents=documents, **ready, **facts)


async def fail(session: AsyncSession, held: Held, *, reason: Reason) -> bool:
    """There is none, and will be none until somebody asks anew."""
    return await _settle(session, held, state=HandoutState.FAILED, failure=reason.name, finished_at=func.now())


async def put_back(session: AsyncSession, held: Held, *, wait: timedelta, counts: bool) -> None:
    """Leave it to whoever comes next, after a while; what was not its own fault does not count."""
    tries = held.tries if counts else held.tries - 1
    await _settle(session, held, state=HandoutState.QUEUED, progress=0, try_at=func.now() + wait, tries=tries)


async def is_unwanted(session: AsyncSession, model: type[Handout], row_id: UUID) -> bool:
    """Whether nobody wants what was made; forgotten altogether counts as well."""
    state = await session.scalar(select(model.state).where(model.id == row_id))
    return state in (None, HandoutState.CANCELLED)


async def _settle(session: AsyncSession, held: Held, **values: Any) -> bool:
    """Only by whoever has it in hand."""
    model = held.model
    mine = (model.id == held.row_id, model.tries == held.tries, model.state == HandoutState.MAKING)
    query = update(model).where(*mine).values(values).returning(model.id)
    done = await session.execute(query.execution_options(synchronize_session=False))
    return done.one_or_none() is not None


async def take_over(session: AsyncSession, model: type[Handout], *, now: datetime) -> dict[UUID, str | None]:
    """Lock some that nobody is to fetch any more; whoever cleared them from the store, whole, forgets them."""
    query = select(model.id).where(model.expires_at <= now).order_by(model.id).limit(AT_A_TIME)
    return dict.fromkeys(await session.scalars(query.with_for_update(skip_locked=True)))


async def forget(session: AsyncSession, model: type[Handout], cleared: Sequence[UUID]) -> None:
    """Forget those whose files are cleared away."""
    gone = delete(model).where(model.id.in_(cleared))
    await session.execute(gone.execution_options(synchronize_session=False))
