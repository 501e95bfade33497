"""What the windows show, as plain rows: read once from the schema that is served."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, get_named_type

from domain.base.models import Base
from schema.root import build_schema


@dataclass(frozen=True)
class Shown:
    """A field of a window: the attributes it reads off the row, or the relation it follows."""

    window: str
    name: str
    reads: frozenset[str] = frozenset()
    relation: str | None = None
    is_list: bool = False
    # The model that the window at the other end of a relation shows.
    target: type[Base] | None = None
    never_null: bool = False


@cache
def served() -> GraphQLSchema:
    """The schema as GraphQL has it."""
    schema: GraphQLSchema = build_schema()._schema
    return schema


def models_shown(schema: GraphQLSchema) -> dict[str, type[Base]]:
    """Every window by its name, with its model."""
    found = {}
    for name, kind in schema.type_map.items():
        model = getattr(getattr(_definition(kind), "origin", None), "__shows__", None)
        if model is not None:
            found[name] = model
    return found


def fields_shown(schema: GraphQLSchema) -> Iterator[Shown]:
    """Every field of every window; what is computed for many rows at once reads nothing off the row."""
    models = models_shown(schema)
    for window in models:
        kind = schema.type_map[window]
        assert isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items():
            definition: Any = field.extensions["strawberry-definition"]
            metadata = definition.metadata
            end = get_named_type(field.type)
            never_null = isinstance(field.type, GraphQLNonNull)
            if "relation" in metadata:
                is_list = isinstance(end, GraphQLObjectType) and "edges" in end.fields
                row: Any = get_named_type(end.fields["nodes"].type) if is_list else end
                target = models.get(row.name)
                # A chain of rows ends where the relation is empty: the list itself is always there.
                is_chain = "steps" in metadata
                yield Shown(
                    window, name, frozenset(), metadata["relation"], is_list, target, never_null and not is_chain
                )
            elif "measure" not in metadata:
                reads = frozenset(metadata.get("needs", (definition.python_name,)))
                # A field that computes may answer what its columns do not hold.
                computes = definition.base_resolver is not None
                yield Shown(window, name, reads, never_null=never_null and not computes)


def leaves_to(schema: GraphQLSchema, name: str) -> set[str]:
    """The types that the fields of a type, or whatever implements it, lead to in one step."""
    kind = schema.type_map[name]
    if isinstance(kind, GraphQLInterfaceType):
        return {possible.name for possible in schema.get_possible_types(kind)}
    if hasattr(kind, "types"):
        return {possible.name for possible in kind.types}
    fields = kind.fields.values() if isinstance(kind, GraphQLObjectType) else ()
    return {get_named_type(field.type).name for field in fields}


def _definition(kind: Any) -> Any:
    return kind.extensions.get("strawberry-definition")
