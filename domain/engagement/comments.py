"""Collecting comments: asked for by readings, claimed a page at a time, kept with the place where the next begins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Interval,
    and_,
    case,
    exists,
    func,
    literal,
    literal_column,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import below
from domain.accounts import budgets
from domain.accounts.models import Account, is_active
from domain.base.ids import new_id
from domain.base.prepared import ask, given, in_order
from domain.engagement.models import Comment, CommentReading
from domain.engagement.readers import Call, host_answers, not_paused
from domain.engagement.rules import Sweep, age_of, is_new, turned
from domain.hosts import port
from domain.hosts.models import Host
from domain.posts.models import Delivery
from domain.wording.findings import masked
from domain.wording.labels import Label
from domain.wording.queries import words_in_force
from domain.wording.rules import findings_of

# Nobody may look now: their accounts are limited, suspended, or have spent their calls.
BLOCKED_WAIT = timedelta(minutes=10)
AT_A_TIME = 500
CALL = tuple(each.name for each in fields(Call))


@dataclass(frozen=True)
class Visit(Call):
    """One page of the comments below a post, read through the account that it was published by."""

    delivery_id: UUID
    host_post_id: str
    swept: int
    sweep: Sweep


async def note_counts(session: AsyncSession, counted: Mapping[UUID, int]) -> None:
    """Have comments collected below the posts that have more of them than when they were read last."""
    if not counted:
        return
    # In one order for all: two workers may keep the same posts.
    rows = [
        {"delivery_id": row_id, "counted": count, "swept": 0, "due_at": func.now() if count else null()}
        for row_id, count in sorted(counted.items())
    ]
    told = insert(CommentReading).values(rows)
    new, old = told.excluded, CommentReading
    risen = case((new.counted > old.counted, func.coalesce(old.due_at, new.due_at)), else_=old.due_at)
    await session.execute(
        told.on_conflict_do_update(
            index_elements=[old.delivery_id],
            set_={"counted": new.counted, "due_at": risen},
            where=old.counted != new.counted,
        )
    )


async def claim(session: AsyncSession, *, lease: timedelta) -> Visit | None:
    """Take the page that is due longest; one that is never finished comes up again after the lease."""
    await in_order(session)
    row = (await ask(session, _taking(), lease=lease)).one_or_none()
    if row is None:
        await session.execute(_blocked(), execution_options={"synchronize_session": False})
        return None
    *call, delivery_id, host_post_id, swept, known, newest, last = row
    paid = dict(zip(CALL, call, strict=True))
    sweep = Sweep(known, newest, last)
    return Visit(**paid, delivery_id=delivery_id, host_post_id=host_post_id, swept=swept, sweep=sweep)


@cache
def _taking() -> Executable:
    due = (
        _joined(CommentReading.delivery_id, Account.id.label("account_id"))
        .where(CommentReading.due_at <= func.now(), *_may_collect())
        .order_by(CommentReading.due_at)
        .limit(1)
        # Two pages of one account at once would spend the same call.
        .with_for_update(of=[CommentReading, Account], key_share=True, skip_locked=True)
        .cte("due")
    )
    spent = (
        update(Account)
        .where(Account.id.in_(select(due.c.account_id)))
        .values(budgets.spending(is_post=False))
        .returning(Account.id)
        .cte("spent")
    )
    begins = case((CommentReading.below.is_(None), CommentReading.counted), else_=CommentReading.swept)
    call = (Host.id, Host.kind, Host.api_url, Account.id, Account.uid, Account.token)
    page = (Delivery.id, Delivery.host_post_id, CommentReading.swept, CommentReading.known)
    return (
        update(CommentReading)
        .add_cte(spent)
        .where(CommentReading.delivery_id == due.c.delivery_id, Delivery.id == due.c.delivery_id)
        .where(Account.id == due.c.account_id, Host.id == Account.host_id)
        .values(due_at=func.now() + given("lease", Interval()), swept=begins)
        .returning(*call, *page, CommentReading.newest, CommentReading.below)
    )


@cache
def _blocked() -> Executable:
    """What nobody may look at now is looked at again later, and not by every claim."""
    blocked = (
        _joined(CommentReading.delivery_id)
        .where(CommentReading.due_at <= func.now(), ~and_(*_may_collect()))
        .order_by(CommentReading.due_at)
        .limit(AT_A_TIME)
        .with_for_update(of=CommentReading, skip_locked=True)
        .cte("blocked")
    )
    mine = CommentReading.delivery_id.in_(select(blocked.c.delivery_id))
    return update(CommentReading).where(mine).values(due_at=func.now() + BLOCKED_WAIT)


def _joined(*columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(CommentReading)
        .join(Delivery, Delivery.id == CommentReading.delivery_id)
        .join(Account, Account.id == Delivery.account_id)
        .join(Host, Host.id == Account.host_id)
    )


def _may_collect() -> Sequence[ColumnElement[bool]]:
    return is_active(Account), host_answers(), *not_paused(), budgets.may_collect()


async def keep(session: AsyncSession, visit: Visit, page: Sequence[port.Comment], *, collected_at: datetime) -> int:
    """Keep what is new of a page, and where the next begins, together; answers how many are new.

    What was known and is not in the page that spans it is gone; a page that another worker kept meanwhile is dropped.
    """
    ids = [each.host_comment_id for each in page]
    if not await _move(session, visit, turned(visit.sweep, ids)):
        return 0
    await _mark_gone(session, visit, ids, at=collected_at)
    new = [each for each in page if is_new(each.host_comment_id, visit.sweep)]
    if not new:
        return 0
    words = await words_in_force(session)
    kept = {"delivery_id": visit.delivery_id, "collected_at": collected_at}
    rows = [{"id": new_id(), **_row(each, words), **kept} for each in new]
    entered = insert(Comment).values(rows).on_conflict_do_nothing().returning(Comment.id)
    return len((await session.execute(entered)).all())


async def _move(session: AsyncSession, visit: Visit, after: Sweep) -> bool:
    """Begin the next page at once where there is one, or where more came since this sweep began."""
    is_over = after.below is None
    again = case((CommentReading.counted > visit.swept, func.now()), else_=null()) if is_over else func.now()
    moved = await session.execute(
        _of(visit)
        .values(due_at=again, known=after.known, newest=after.newest, below=after.below)
        .returning(CommentReading.delivery_id)
    )
    return moved.one_or_none() is not None


async def put_off(session: AsyncSession, visit: Visit, *, wait: timedelta | None) -> None:
    """Try the same page again later; with no wait, when a reading finds that more comments came."""
    due_at = null() if wait is None else func.now() + wait
    await session.execute(_of(visit).values(due_at=due_at))


def _of(visit: Visit) -> Any:
    """The row as this worker found it: one that was overtaken changes nothing."""
    reading, sweep = CommentReading, visit.sweep
    mine = (
        reading.delivery_id == visit.delivery_id,
        reading.swept == visit.swept,
        reading.known.is_not_distinct_from(sweep.known),
        reading.below.is_not_distinct_from(sweep.below),
    )
    return update(reading).where(*mine).execution_options(synchronize_session=False)


async def _mark_gone(session: AsyncSession, visit: Visit, ids: Sequence[str], *, at: datetime) -> None:
    age = tuple_(func.length(Comment.host_comment_id), Comment.host_comment_id)
    named = Comment.host_comment_id.in_(ids)
    spanned = [Comment.delivery_id == visit.delivery_id, named != Comment.gone_at.is_(None)]
    if ids:
        spanned.append(age >= _age(ids[-1]))
    if visit.sweep.below is not None:
        spanned.append(age < _age(visit.sweep.below))
    # Named and gone comes back, unnamed and there goes; the others stay as they are.
    changed = update(Comment).where(*spanned).values(gone_at=case((named, null()), else_=literal(at)))
    await session.execute(changed.execution_options(synchronize_session=False))


def _age(comment_id: str) -> Any:
    return tuple_(*(literal(each) for each in age_of(comment_id)))


def _row(comment: port.Comment, words: Sequence[Label]) -> dict[str, Any]:
    found = {"text": findings_of(comment.text, words), "author_name": findings_of(comment.author_name, words)}
    return {
        "host_comment_id": comment.host_comment_id,
        "author_uid": comment.author_uid or None,
        "author_name": masked(comment.author_name, found["author_name"]),
        "text": masked(comment.text, found["text"]),
        "created_at": comment.created_at,
        "marks": sorted({each.kind for findings in found.values() for each in findings}),
    }


def is_marked(entity: Any) -> ColumnElement[bool]:
    """Comments in which the check of wordings found something; as the partial index has it."""
    condition: ColumnElement[bool] = entity.marks != literal_column("'{}'")
    return condition


def below_posts(*, within_path: str | None, post_id: UUID | None) -> Callable[[Any], ColumnElement[bool]]:
    """Comments below the deliveries of a unit and of all below it, or of one post."""
    place = [] if within_path is None else [below(Delivery.unit_path, within_path)]
    post = [] if post_id is None else [Delivery.post_id == post_id]
    return lambda comment: exists().where(Delivery.id == comment.delivery_id, *place, *post)
