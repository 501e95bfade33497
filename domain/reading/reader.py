"""The one place where what front ends read becomes SQL.

To-one relations are joined, each list below a row costs one statement for all rows together, each measure one.
Lists are narrowed to the actor's reach; what a visible row points to is visible with it, unless it is private, as
people are. Reach is always as-now:
`as_of` changes what is shown of rows that have a history, never who sees them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    column,
    exists,
    false,
    func,
    inspect,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapper, RelationshipProperty, aliased

from domain.access.actor import Actor, below, within_line, within_reach
from domain.access.permissions import Permission
from domain.base.models import Base
from domain.reading.selection import (
    Branch,
    Days,
    Edge,
    Page,
    PageFacts,
    Record,
    Selection,
    Stretch,
    cursor_of,
    typed,
    weigh,
)

Model = type[Base]
# A further condition on the rows of a list, made for the entity that is read.
Condition = Callable[[Any], ColumnElement[bool]]


async def rows_by_id(
    session: AsyncSession,
    actor: Actor,
    model: Model,
    selection: Selection,
    *,
    ids: Sequence[UUID],
    as_of: date | None = None,
) -> dict[UUID, Record]:
    """Records by id; what does not exist and what the actor does not reach are both left out."""
    weigh(selection, rows=len(ids))
    entity = _entity(model, as_of)
    query = _Query(actor, entity, selection, as_of=as_of)
    statement = query.select.where(entity.id.in_(ids), _reached(actor, entity))
    records = query.records((await session.execute(statement)).all())
    await _grow(_Asking(session, actor, as_of), query.wanted(records))
    return {record.id: record for record in records}


async def row_where(
    session: AsyncSession,
    actor: Actor,
    model: Model,
    selection: Selection,
    *,
    where: Sequence[tuple[str, Any]],
    as_of: date | None = None,
) -> Record | None:
    """The one record that compares equal, within the actor's reach."""
    found = await stretch(session, actor, model, selection, page=Page(size=1), where=where, as_of=as_of)
    return found.nodes[0] if found.edges else None


async def stretch(
    session: AsyncSession,
    actor: Actor,
    model: Model,
    selection: Selection,
    *,
    page: Page,
    where: Sequence[tuple[str, Any]] = (),
    under: str | None = None,
    also: Sequence[Condition] = (),
    as_of: date | None = None,
    order: Sequence[str] | None = None,
) -> Stretch:
    """A page of a model's rows within the actor's reach.

    `where` compares attributes, `under` narrows to a path (of that date, with `as_of`), `also` to what a noun says.
    `order` is another one than the model's, and rises, for whoever goes through rows whose places change meanwhile.
    """
    ordered = model.order if order is None else order
    weigh(selection, rows=page.size)
    entity = _entity(model, as_of)
    conditions = [_reached(actor, entity), *_compare(entity, where), *(condition(entity) for condition in also)]
    if under is not None:
        conditions.append(below(_place(entity, as_of), under))
    found = Stretch()
    if page.total:
        found.total_count = await session.scalar(select(func.count()).select_from(entity).where(*conditions))
    if page.rows:
        query = _Query(actor, entity, selection, order=ordered, as_of=as_of)
        descends = model.descends and order is None
        statement = _paged(query.select.where(*conditions), entity, ordered, page, descends=descends)
        records = query.records((await session.execute(statement)).all())
        _fill(found, records, ordered, page)
        await _grow(_Asking(session, actor, as_of), query.wanted([edge.node for edge in found.edges]))
    return found


def _entity(model: Model, as_of: date | None, number: int = 0) -> Any:
    """The rows of a model as they stand now, or as they stood on a date where the model keeps that.

    Within one statement each entity has a number of its own.
    """
    dated = model.as_at(as_of) if as_of is not None else None
    return _alias(model, number) if dated is None else aliased(model, dated.subquery(), adapt_on_names=True)


@cache
def _alias(model: Model, _number: int) -> Any:
    """The so-many-th entity of a statement: kept, since to make one costs more than to run the statement."""
    return aliased(model)


def _place(entity: Any, as_of: date | None) -> Any:
    """The path by which a list is narrowed: for rows of a date the path of that date."""
    model: Model = inspect(entity).mapper.class_
    if as_of is not None and model.as_at(as_of) is not None:
        return inspect(entity).selectable.c.place
    return getattr(entity, str(model.reach_column))


@dataclass(frozen=True)
class _Asking:
    """What stays the same all through one read."""

    session: AsyncSession
    actor: Actor
    as_of: date | None


class _Query:
    """A SELECT of one entity with its to-one relations joined, and how its rows become records."""

    def __init__(
        self, actor: Actor, entity: Any, selection: Selection, *, order: Sequence[str] = (), as_of: date | None = None
    ) -> None:
        self.actor, self.as_of = actor, as_of
        self.parts: list[_Part] = []
        self.select: Select[Any] = select().select_from(entity)
        self._add(entity, selection, None, "", order)

    def _add(
        self, entity: Any, selection: Selection, parent: "_Part | None", key: str, order: Sequence[str] = ()
    ) -> None:
        mapper = inspect(entity).mapper
        names = _columns(mapper, selection, order)
        part = _Part(mapper.class_, selection, names, parent, key, sum(len(p.names) for p in self.parts))
        self.parts.append(part)
        self.select = self.select.add_columns(*(getattr(entity, name) for name in names))
        for branch in selection.branches:
            relation = mapper.relationships[branch.relation]
            if not relation.uselist:
                other = _entity(relation.mapper.class_, self.as_of, len(self.parts))
                joined = _joins(relation, entity, other)
                if relation.mapper.class_.is_private:
                    joined = and_(joined, _reached(self.actor, other))
                self.select = self.select.outerjoin(other, joined)
                self._add(other, branch.selection, part, branch.key)

    def records(self, rows: Sequence[Any]) -> list[Record]:
        """The records of the first entity; those of joined ones hang below them."""
        for part in self.parts:
            part.records = []
        for row in rows:
            for part in self.parts:
                part.take(row)
        return [record for record in self.parts[0].records if record is not None]

    def wanted(self, kept: Sequence[Record]) -> list[tuple[Model, Selection, list[Record]]]:
        """Per entity the records that need lists or measures, one for each id that occurs."""
        chosen = {id(record) for record in kept}
        place = [position for position, r in enumerate(self.parts[0].records) if id(r) in chosen]
        grouped = []
        for part in self.parts:
            records = [r for r in (part.records[position] for position in place) if r is not None]
            if records and (part.selection.measures or any(b.page for b in part.selection.branches)):
                grouped.append((part.model, part.selection, records))
        return grouped


class _Part:
    """The columns of one entity within a row."""

    def __init__(
        self,
        model: Model,
        selection: Selection,
        names: list[str],
        parent: "_Part | None",
        key: str,
        start: int,
    ) -> None:
        self.model, self.selection, self.names = model, selection, names
        self.parent, self.key, self.start = parent, key, start
        self.identity = start + names.index("id") if "id" in names else start
        self.records: list[Record | None] = []

    def take(self, row: Any) -> None:
        record = None
        if row[self.identity] is not None:
            stop = self.start + len(self.names)
            record = Record(self.model, dict(zip(self.names, row[self.start : stop], strict=True)))
        self.records.append(record)
        if self.parent is not None:
            above = self.parent.records[-1]
            if above is not None:
                above.branches[self.key] = record


async def _grow(asking: _Asking, wanted: Sequence[tuple[Model, Selection, list[Record]]]) -> None:
    """Add lists and measures to records already read, one statement for each."""
    for model, selection, records in wanted:
        ids = list({record.id for record in records})
        for key, measure in selection.measures.items():
            found = await measure(asking.session, asking.actor, ids=ids)
            for record in records:
                record.branches[key] = found.get(record.id)
        for branch in selection.branches:
            if branch.page is not None:
                await _list(asking, model, branch, branch.page, records)


async def _list(asking: _Asking, model: Model, branch: Branch, page: Page, records: Sequence[Record]) -> None:
    session, actor, as_of = asking.session, asking.actor, asking.as_of
    relation = inspect(model).relationships[branch.relation]
    child: Model = relation.mapper.class_
    foreign = _foreign_name(relation)
    ids = list({record.id for record in records})
    found = {row_id: Stretch() for row_id in ids}
    if page.total:
        entity = _entity(child, as_of)
        owner = getattr(entity, foreign)
        meant = [owner.in_(ids), _reached(actor, entity), *_within(entity, branch.days)]
        counts = await session.execute(select(owner, func.count()).where(*meant).group_by(owner))
        totals: dict[UUID, int] = dict(counts.all())
        for row_id, stretch_ in found.items():
            stretch_.total_count = totals.get(row_id, 0)
    if page.rows:
        entity = _entity(child, as_of)
        parents = _values(ids)
        query = _Query(actor, entity, branch.selection, order=(*child.order, foreign), as_of=as_of)
        meant = [getattr(entity, foreign) == parents.c.id, _reached(actor, entity), *_within(entity, branch.days)]
        narrowed = query.select.where(*meant)
        each = _paged(narrowed, entity, child.order, page, descends=child.descends).correlate(parents).lateral("each")
        rows = (await session.execute(select(each).select_from(parents.join(each, true())))).all()
        groups: dict[UUID, list[Record]] = {}
        for record in query.records(rows):
            groups.setdefault(getattr(record, foreign), []).append(record)
        for row_id, group in groups.items():
            _fill(found[row_id], group, child.order, page)
        kept = [edge.node for stretch_ in found.values() for edge in stretch_.edges]
        await _grow(asking, query.wanted(kept))
    for record in records:
        record.branches[branch.key] = found[record.id]


def _within(entity: Any, days: Days | None) -> list[ColumnElement[bool]]:
    """Rows of the days that are meant."""
    if days is None:
        return []
    since = [] if days.since is None else [entity.day >= days.since]
    return since if days.until is None else [*since, entity.day < days.until]


def _values(ids: Sequence[UUID]) -> Any:
    """As one array: a list of values would be another statement for each number of rows, compiled anew each time."""
    given = func.unnest(literal(list(ids), ARRAY(Uuid())))
    return given.table_valued(column("id", Uuid())).render_derived(name="parents")


def _columns(mapper: Mapper[Any], selection: Selection, order: Sequence[str]) -> list[str]:
    """The columns to read: those selected, the key, and those that give the order."""
    keys = {column.key for column in mapper.primary_key if column.key}
    named = {name for name in selection.attributes if name in mapper.columns}
    return sorted(named | keys | set(order))


def _joins(relation: RelationshipProperty[Any], entity: Any, other: Any) -> ColumnElement[bool]:
    pairs = [
        getattr(entity, _attribute(relation.parent, local)) == getattr(other, _attribute(relation.mapper, remote))
        for local, remote in relation.local_remote_pairs or ()
    ]
    return and_(true(), *pairs)


def _foreign_name(relation: RelationshipProperty[Any]) -> str:
    """The attribute of the child that points to the parent's id."""
    ((_, remote),) = relation.local_remote_pairs or ()
    return _attribute(relation.mapper, remote)


def _attribute(mapper: Mapper[Any], column: Any) -> str:
    return mapper.get_property_by_column(column).key


def _reached(actor: Actor, entity: Any, depth: int = 0) -> ColumnElement[bool]:
    """Deny by default: a model that does not say how it is reached shows no row."""
    mapper = inspect(entity).mapper
    model: Model = mapper.class_
    if actor.is_public:
        # Which windows and fields the public may read was decided before; of these only the rows that are open.
        return getattr(entity, model.open_where[0]) == model.open_where[1] if model.open_where else false()
    if model.reach_column is not None:
        permission = Permission(f"{model.noun}:view")
        place = getattr(entity, model.reach_column)
        reached = within_reach(actor, permission, place)
        if model.seen_below:
            reached = or_(reached, within_line(actor, permission, place))
        if model.open_where is None:
            return reached
        name, value = model.open_where
        return or_(reached, getattr(entity, name) == value)
    if model.reach_through is not None:
        relation = mapper.relationships[model.reach_through]
        above = _alias(relation.mapper.class_, -1 - depth)
        return exists().where(_joins(relation, entity, above), _reached(actor, above, depth + 1))
    if model.reach_owner is not None:
        owner: ColumnElement[UUID] = getattr(entity, model.reach_owner)
        return owner == actor.user_id
    return true() if model.for_everyone else false()


def _compare(entity: Any, where: Sequence[tuple[str, Any]]) -> list[ColumnElement[bool]]:
    conditions = []
    for name, wanted in where:
        column = getattr(entity, name)
        conditions.append(column.in_(wanted) if isinstance(wanted, (list, tuple)) else column == wanted)
    return conditions


def _paged(statement: Select[Any], entity: Any, order: Sequence[str], page: Page, *, descends: bool) -> Select[Any]:
    """Keyset paging: one row more than asked for tells whether there is a next page."""
    columns = [getattr(entity, name) for name in order]
    falls = page.backwards is not descends
    if page.cursor is not None:
        kinds = [column.type.python_type for column in columns]
        place = tuple_(*(literal(v, c.type) for v, c in zip(typed(page.cursor, kinds), columns, strict=True)))
        key = tuple_(*columns)
        statement = statement.where(key < place if falls else key > place)
    ordered = [column.desc() if falls else column.asc() for column in columns]
    return statement.order_by(*ordered).limit(page.size + 1)


def _fill(found: Stretch, records: list[Record], order: Sequence[str], page: Page) -> None:
    edges = [Edge(r, cursor_of([getattr(r, name) for name in order])) for r in records[: page.size]]
    fill(found, edges, page, more=len(records) > page.size)


def fill(found: Stretch, edges: list[Edge], page: Page, *, more: bool) -> None:
    """Put in the edges of a page, as they were read; there are `more` behind them, in the direction of reading."""
    found.edges = edges[::-1] if page.backwards else edges
    found.page_info = PageFacts(
        has_next_page=page.cursor is not None if page.backwards else more,
        has_previous_page=more if page.backwards else page.cursor is not None,
        start_cursor=found.edges[0].cursor if found.edges else None,
        end_cursor=found.edges[-1].cursor if found.edges else None,
    )
