"""The posts of a unit and all below it that have most of one metric. Posts, not units: no unit is put in an order."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, any_, func, literal, select, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below
from domain.engagement.queries import Question
from domain.engagement.rollups import PARTS, is_settled, marked, parts_now
from domain.posts.models import Delivery
from domain.reading import reader
from domain.reading.selection import Edge, Page, Selection, Stretch, cursor_of, typed
from domain.terms import Facet, Metric


async def top_posts(
    session: AsyncSession, actor: Actor, selection: Selection, *, question: Question, metric: Metric, page: Page
) -> Stretch:
    """A page of deliveries, those with most of the metric first; of which it is not known they are left out.

    What is stored comes along the index of the metric, and what is marked instead as it is now.
    """
    found = Stretch()
    now = parts_now(Delivery.id == any_(marked())).cte("now_counted")
    stored = _counted(PARTS, question, metric).where(is_settled())
    both = (stored, _counted(now, question, metric))
    if page.total:
        found.total_count = await session.scalar(select(func.count()).select_from(union_all(*both).subquery()))
    if page.rows:
        rows = (await session.execute(_paged(both, page))).all()
        kept = rows[: page.size]
        records = await reader.rows_by_id(session, actor, Delivery, selection, ids=[row.delivery_id for row in kept])
        edges = [
            Edge(records[row.delivery_id], cursor_of([row.value, row.delivery_id]))
            for row in kept
            if row.delivery_id in records
        ]
        reader.fill(found, edges, page, more=len(rows) > page.size)
    return found


def _counted(parts: Any, question: Question, metric: Metric) -> Select[Any]:
    value = parts.c[metric.value.lower()]
    # The columns that hold what a facet is of are called after it.
    facet = question.facet
    of_facet = [] if facet is Facet.ALL else [parts.c[f"{facet.value.lower()}_id"] == question.facet_id]
    return select(parts.c.delivery_id, value.label("value")).where(
        *of_facet,
        below(parts.c.counted_path, question.path),
        parts.c.day >= question.since,
        parts.c.day < question.until,
        value.is_not(None),
    )


def _paged(both: tuple[Select[Any], ...], page: Page) -> Select[Any]:
    """Keyset paging in each of both, so that neither is read to its end."""
    pages = [_page(each, page).subquery() for each in both]
    whole = union_all(*(select(each) for each in pages)).subquery()
    return _ordered(select(whole), page)


def _page(statement: Select[Any], page: Page) -> Select[Any]:
    delivery_id, value = statement.selected_columns
    if page.cursor is not None:
        count, last_id = typed(page.cursor, [int, UUID])
        key, place = tuple_(value, delivery_id), tuple_(literal(count), literal(last_id, Uuid()))
        statement = statement.where(key > place if page.backwards else key < place)
    return _ordered(statement, page)


def _ordered(statement: Select[Any], page: Page) -> Select[Any]:
    delivery_id, value = statement.selected_columns
    order = (value.asc(), delivery_id.asc()) if page.backwards else (value.desc(), delivery_id.desc())
    return statement.order_by(*order).limit(page.size + 1)
