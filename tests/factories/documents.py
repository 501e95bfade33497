"""Documents made from the schema itself, so that no field can be forgotten."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

FULL = 100


def selection(schema: GraphQLSchema, kind: Any, depth: int, *, first: int = FULL) -> str:
    """All that can be asked of a type without arguments, with lists of so many rows, so many relations deep."""
    if is_leaf_type(kind):
        return ""
    if isinstance(kind, GraphQLInterfaceType):
        # Fields of one name may be of many types there; each window is asked for by itself.
        return "{ __typename id }"
    if isinstance(kind, GraphQLUnionType):
        parts = [f"... on {possible.name} {selection(schema, possible, depth, first=first)}" for possible in kind.types]
        return "{ __typename " + " ".join(parts) + " }"
    parts = list(_fields(schema, kind, depth, first))
    return "{ __typename " + " ".join(parts) + " }"


def _fields(schema: GraphQLSchema, kind: GraphQLObjectType, depth: int, first: int) -> Iterator[str]:
    is_page = "edges" in kind.fields
    for name, field in kind.fields.items():
        end = get_named_type(field.type)
        if is_page and name == "edges":
            continue
        if any(isinstance(argument.type, GraphQLNonNull) for argument in field.args.values()):
            continue
        if is_leaf_type(end):
            yield name
        elif is_page or not isinstance(end, GraphQLObjectType) or _is_plain(end):
            yield f"{name} {selection(schema, end, depth, first=first)}"
        elif depth > 0:
            paging = f"(first: {first})" if "first" in field.args else ""
            below = selection(schema, end, depth - 1, first=first)
            yield f"{name}{paging} {below}"


def _is_plain(kind: GraphQLObjectType) -> bool:
    """A part of an answer that is no row and no page of rows: it costs no depth."""
    return "id" not in kind.fields and "edges" not in kind.fields


def ids_in(answer: Any, *, listed: bool = False) -> Iterator[tuple[str, str, bool]]:
    """Every row in an answer: type, id, and whether it stands in a list or only hangs on a row that does."""
    if isinstance(answer, list):
        for each in answer:
            yield from ids_in(each, listed=listed)
    elif isinstance(answer, dict):
        if "id" in answer and "__typename" in answer:
            yield answer["__typename"], answer["id"], listed
        for name, value in answer.items():
            yield from ids_in(value, listed=name in ("nodes", "node"))
