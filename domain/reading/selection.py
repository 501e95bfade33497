"""What a caller wants to see, as plain data: attributes, relations, and measures of one model."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from domain.refusals import Invalid, Reason

PAGE_LIMIT = 100
PAGE_DEFAULT = 20
# Lists within lists multiply; this bounds what one root field may read.
ROWS_LIMIT = 20_000
# Counts and numbers are 64-bit columns.
INT_LIMIT = 2**63

# Computes one value per row id, in a constant number of statements: (session, actor, ids=...) -> {id: value}.
Measure = Callable[..., Awaitable[Mapping[UUID, Any]]]


@dataclass(frozen=True)
class Page:
    """A stretch of an ordered list: `size` rows after, or before, a cursor."""

    size: int = PAGE_DEFAULT
    backwards: bool = False
    cursor: tuple[Any, ...] | None = None
    rows: bool = True
    total: bool = False


@dataclass(frozen=True)
class Days:
    """A period of days, to which a list of rows that each are of a day is narrowed; an open end is None."""

    since: date | None
    # The first day that is no longer meant.
    until: date | None


@dataclass(frozen=True)
class Branch:
    """A relation to follow, under the key the caller gave it; `page` is set for lists, `days` for some of them."""

    key: str
    relation: str
    selection: "Selection"
    page: Page | None = None
    days: "Days | None" = None


@dataclass(frozen=True)
class Selection:
    """What is wanted of each row of a model."""

    attributes: frozenset[str] = frozenset()
    branches: tuple[Branch, ...] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)


class Record:
    """A row as read: attributes by name, and under `branches` what was read of its relations and measures."""

    def __init__(self, model: type, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)
        self.model = model
        self.branches: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self.model.__name__}.{name} was not selected")


@dataclass
class Edge:
    """A record in a list, with the cursor that stands for its place."""

    node: Record
    cursor: str


@dataclass
class PageFacts:
    """Where a page stands in its list."""

    has_next_page: bool = False
    has_previous_page: bool = False
    start_cursor: str | None = None
    end_cursor: str | None = None


@dataclass
class Stretch:
    """A page of records, and how many there are in all where that was asked."""

    edges: list[Edge] = field(default_factory=list)
    page_info: PageFacts = field(default_factory=PageFacts)
    total_count: int | None = None

    @property
    def nodes(self) -> list[Record]:
        return [edge.node for edge in self.edges]


def page_of(
    first: int | None,
    last: int | None,
    after: str | None,
    before: str | None,
    *,
    rows: bool = True,
    total: bool = False,
) -> Page:
    """Check the four paging arguments of a connection."""
    size = PAGE_DEFAULT if first is None and last is None else first if last is None else last
    if (first is not None and last is not None) or size is None or not 1 <= size <= PAGE_LIMIT:
        raise Invalid(Reason.BAD_PAGE, path="first" if last is None else "last", limit=PAGE_LIMIT)
    if (after if last is not None else before) is not None:
        # Left aside, it would answer with another page than the one meant.
        raise Invalid(Reason.BAD_PAGE, path="before" if last is None else "after", limit=PAGE_LIMIT)
    cursor = before if last is not None else after
    return Page(size, last is not None, None if cursor is None else _decode(cursor), rows, total)


def weigh(selection: Selection, *, rows: int) -> int:
    """The most rows a selection can lead to below `rows` of its own; refuses what is too much for one request."""
    total = rows
    for branch in selection.branches:
        each = rows if branch.page is None else rows * (branch.page.size if branch.page.rows else 0)
        total += weigh(branch.selection, rows=each)
    if total > ROWS_LIMIT:
        raise Invalid(Reason.TOO_MANY_ROWS, limit=ROWS_LIMIT)
    return total


def cursor_of(values: Sequence[Any]) -> str:
    """An opaque cursor for a place in the order."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values), default=str)).decode().rstrip("=")


def typed(values: tuple[Any, ...], kinds: Sequence[type]) -> list[Any]:
    """The values of a cursor in the types of the columns they are compared with."""
    if len(values) != len(kinds):
        raise Invalid(Reason.BAD_CURSOR)
    try:
        return [_typed(value, kind) for value, kind in zip(values, kinds, strict=True)]
    except (ValueError, TypeError, OverflowError) as error:
        raise Invalid(Reason.BAD_CURSOR) from error


def _typed(value: Any, kind: type) -> Any:
    """Cursors come from outside: what the database could not take as this type is refused here."""
    if kind is int and type(value) is int and -INT_LIMIT <= value < INT_LIMIT:
        return value
    if kind is int or not isinstance(value, str) or "\0" in value:
        raise TypeError
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    if kind is date:
        return date.fromisoformat(value)
    return value


def _decode(cursor: str) -> tuple[Any, ...]:
    try:
        values = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise Invalid(Reason.BAD_CURSOR) from error
    if not isinstance(values, list):
        raise Invalid(Reason.BAD_CURSOR)
    return tuple(values)
