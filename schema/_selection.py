"""From a GraphQL document to a `Selection`: what is asked of each model, as plain data."""

from collections.abc import Iterable, Sequence
from typing import Any

from graphql import (
    FieldNode,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    get_named_type,
)
from graphql.execution.values import get_argument_values, get_directive_values

from domain.reading.selection import Branch, Page, Selection, page_of
from schema._base import Asked

Raw = GraphQLResolveInfo[Any]
Fields = dict[str, list[FieldNode]]


def selection_of(info: Asked, *path: str, of: str | None = None) -> Selection:
    """What is asked of the object at `path` below the current field; `of` names its type where it is abstract."""
    raw = info._raw_info
    kind: Any = get_named_type(raw.return_type)
    nodes: Sequence[FieldNode] = raw.field_nodes
    for name in path:
        holder = kind if isinstance(kind, GraphQLObjectType) else raw.schema.get_type(of or "")
        if not isinstance(holder, GraphQLObjectType):
            raise TypeError(f"{kind} is abstract: say which type is meant")
        fields = _fields(raw, holder, nodes)
        nodes = [node for group in fields.values() for node in group if node.name.value == name]
        kind = get_named_type(holder.fields[name].type)
    if not isinstance(kind, GraphQLObjectType):
        kind = raw.schema.get_type(of or "")
    return _selection(raw, kind, nodes)


def connection_of(info: Asked, arguments: dict[str, Any]) -> tuple[Selection, Page]:
    """What is asked of a root connection, and which page of it."""
    raw = info._raw_info
    connection: Any = get_named_type(raw.return_type)
    return _connection(raw, connection, raw.field_nodes, arguments)


def _selection(raw: Raw, kind: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Selection:
    attributes: set[str] = set()
    branches: list[Branch] = []
    measures: dict[str, Any] = {}
    for key, group in _fields(raw, kind, nodes).items():
        name = group[0].name.value
        if name.startswith("__"):
            continue
        field = kind.fields[name]
        definition = field.extensions["strawberry-definition"]
        metadata = definition.metadata
        if "measure" in metadata:
            measures[key] = metadata["measure"]
        elif "relation" in metadata:
            target: Any = get_named_type(field.type)
            if "edges" in target.fields:
                arguments = get_argument_values(field, group[0], raw.variable_values)
                below, page = _connection(raw, target, group, arguments)
                branches.append(Branch(key, metadata["relation"], below, page))
            else:
                branches.append(Branch(key, metadata["relation"], _selection(raw, target, group)))
        else:
            attributes.update(metadata.get("needs", (definition.python_name,)))
    return Selection(frozenset(attributes), tuple(branches), measures)


def _connection(
    raw: Raw, kind: GraphQLObjectType, nodes: Iterable[FieldNode], arguments: dict[str, Any]
) -> tuple[Selection, Page]:
    asked = [node for group in _fields(raw, kind, nodes).values() for node in group]
    names = {node.name.value for node in asked}
    edge: Any = get_named_type(kind.fields["edges"].type)
    target: Any = get_named_type(kind.fields["nodes"].type)
    edges = [node for node in asked if node.name.value == "edges"]
    rows = [node for group in _fields(raw, edge, edges).values() for node in group if node.name.value == "node"]
    rows += [node for node in asked if node.name.value == "nodes"]
    page = page_of(
        arguments.get("first"),
        arguments.get("last"),
        arguments.get("after"),
        arguments.get("before"),
        rows=bool(names & {"edges", "nodes", "pageInfo"}),
        total="totalCount" in names,
    )
    return _selection(raw, target, rows), page


def _fields(raw: Raw, kind: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Fields:
    found: Fields = {}
    for node in nodes:
        if node.selection_set:
            _collect(raw, kind, node.selection_set.selections, found)
    return found


def _collect(raw: Raw, kind: GraphQLObjectType, nodes: Iterable[SelectionNode], found: Fields) -> None:
    """Flatten fragments that apply to a type; what `@skip` and `@include` leave out is not asked."""
    for node in nodes:
        if not _included(raw, node):
            continue
        if isinstance(node, FieldNode):
            key = node.alias.value if node.alias else node.name.value
            found.setdefault(key, []).append(node)
            continue
        fragment: Any = node if isinstance(node, InlineFragmentNode) else raw.fragments[node.name.value]  # type: ignore[attr-defined]
        if fragment.type_condition is None or _applies(raw, fragment.type_condition.name.value, kind):
            _collect(raw, kind, fragment.selection_set.selections, found)


def _included(raw: Raw, node: SelectionNode) -> bool:
    skip = get_directive_values(GraphQLSkipDirective, node, raw.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, node, raw.variable_values)
    return not (skip and skip["if"]) and not (include and not include["if"])


def _applies(raw: Raw, condition: str, kind: GraphQLObjectType) -> bool:
    named = raw.schema.get_type(condition)
    if named is kind:
        return True
    abstract = isinstance(named, GraphQLInterfaceType) or hasattr(named, "types")
    return abstract and raw.schema.is_sub_type(named, kind)  # type: ignore[arg-type]
