"""What windows are made of: nodes, connections, relations, and how a document becomes a `Selection`."""

import base64
import binascii
import inspect
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Generic, NewType, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from domain.base.ids import name_of_row
from domain.base.models import Base
from domain.reading.selection import PAGE_LIMIT, Measure, Record
from domain.refusals import Invalid, Reason
from schema.context import Context

T = TypeVar("T")
Asked = Info[Context, None]


def _instant(given: object) -> datetime:
    if not isinstance(given, str):
        raise ValueError("An instant is a string in ISO 8601, such as 2026-06-01T09:00:00+08:00.")
    return datetime.fromisoformat(given)


Count = NewType("Count", int)
SCALARS: dict[object, Any] = {
    Count: strawberry.scalar(
        name="Count",
        description="A count: a whole number of up to 64 bits, as a JSON number.",
        serialize=int,
        parse_value=int,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in ISO 8601 with its zone, such as 2026-06-01T09:00:00+08:00.",
        serialize=datetime.isoformat,
        parse_value=_instant,
    ),
}


def global_id(noun: str, row_id: UUID) -> strawberry.ID:
    """The id by which a row is known everywhere."""
    return strawberry.ID(name_of_row(noun, row_id))


def row_of(given: str) -> tuple[str, UUID]:
    """The noun and row of a global id."""
    try:
        padded = given + "=" * (-len(given) % 4)
        noun, _, row_id = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(":")
        return noun, UUID(row_id)
    except (binascii.Error, ValueError) as error:
        raise Invalid(Reason.BAD_ID, what="node") from error


def row_id_of(given: str, noun: str, *, path: str) -> UUID:
    """The row of a global id that must name this noun, or one of several with ` / ` between them."""
    try:
        found, row_id = row_of(given)
    except Invalid as error:
        raise Invalid(Reason.BAD_ID, path=path, what=noun) from error
    if found not in noun.split(" / "):
        raise Invalid(Reason.BAD_ID, path=path, what=noun)
    return row_id


@strawberry.interface(description="Whatever has an id.")
class Node:
    @strawberry.field(description="The id by which `node` finds it.")
    def id(root: strawberry.Parent[Record]) -> strawberry.ID:  # noqa: N805 - a window is never an instance
        return global_id(root.model.__name__, root.id)


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="A row in a list, with the cursor that stands for its place.")
class Edge(Generic[T]):
    node: T
    cursor: str


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T]
    page_info: PageInfo
    total_count: Count | None = strawberry.field(description="How many there are in all; counted only when asked for.")


WINDOWS: dict[str, type] = {}


def shows(model: type[Base], *, public: frozenset[str] = frozenset()) -> Callable[[type[T]], type[T]]:
    """Mark a class as the window on a model: fields without a resolver are read off the row of the same name.

    `public` names the fields that nobody has to log in for; which rows are open to all is the model's to say.
    """

    def mark(window: type[T]) -> type[T]:
        def is_type_of(row: object, _info: object) -> bool:
            return isinstance(row, Record) and row.model is model

        window.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]
        window.__shows__ = model  # type: ignore[attr-defined]
        window.__public__ = public | {"id"} if public else public  # type: ignore[attr-defined]
        description = inspect.getdoc(window) if window.__doc__ else inspect.getdoc(model)
        shown = strawberry.type(window, name=window.__name__, description=description)
        WINDOWS[model.__name__] = shown
        return shown

    return mark


def branch_key(field: str, arguments: Mapping[str, Any]) -> str:
    """Under which key a relation or a measure hangs on a record.

    It says what is read, not how the caller names it: one record may be shown in several places of an answer,
    with the same name for different pages, or with different names for the same one.
    """
    given = [f"{name}={arguments[name]!r}" for name in sorted(arguments) if arguments[name] is not None]
    return f"{field}({','.join(given)})"


def one(relation: str, description: str) -> Any:
    """A field that follows a to-one relation."""

    def resolver(root: strawberry.Parent[Any], info: Asked) -> Any:
        return root.branches[branch_key(info.field_name, {})]

    return strawberry.field(resolver=resolver, description=description, metadata={"relation": relation})


def chain(relation: str, steps: int, description: str) -> Any:
    """A field that follows a to-one relation again and again, up to so many steps; the farthest row comes first."""

    def resolver(root: strawberry.Parent[Any], info: Asked) -> Any:
        key, row = branch_key(info.field_name, {}), root
        found: list[Any] = []
        while (row := row.branches.get(key)) is not None:
            found.insert(0, row)
        return found

    return strawberry.field(resolver=resolver, description=description, metadata={"relation": relation, "steps": steps})


def many(relation: str, description: str) -> Any:
    """A field that pages through a to-many relation."""

    def resolver(
        root: strawberry.Parent[Any],
        info: Asked,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Any:
        arguments = {"first": first, "after": after, "last": last, "before": before}
        return root.branches[branch_key(info.field_name, arguments)]

    text = f"{description} At most {PAGE_LIMIT} a page."
    return strawberry.field(resolver=resolver, description=text, metadata={"relation": relation})


def daily(relation: str, description: str) -> Any:
    """The same for rows that each are of a day, over a period."""

    def resolver(
        root: strawberry.Parent[Any],
        info: Asked,
        since: date | None = None,
        until: date | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Any:
        days = {"since": since, "until": until}
        return root.branches[
            branch_key(info.field_name, {"first": first, "after": after, "last": last, "before": before, **days})
        ]

    text = f"{description} `until` is the first day that is no longer shown. At most {PAGE_LIMIT} a page."
    return strawberry.field(resolver=resolver, description=text, metadata={"relation": relation})


def measured(measure: Measure, description: str, *, shaped: Callable[[Any], Any] | None = None) -> Any:
    """A field computed for many rows at once by the domain; `shaped` makes of a value what is shown."""

    def resolver(root: strawberry.Parent[Any], info: Asked) -> Any:
        value = root.branches[branch_key(info.field_name, {})]
        return value if shaped is None else shaped(value)

    return strawberry.field(resolver=resolver, description=description, metadata={"measure": measure})


def ref(noun: str, description: str, **options: Any) -> Any:
    """An input field that takes the global id of a noun, or of one of several."""
    return strawberry.field(description=description, metadata={"ref": noun}, **options)
