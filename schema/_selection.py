"""From a GraphQL document to a `Selection`: what is asked of each model, as plain data."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSkipDirective,
    SelectionNode,
    get_named_type,
)
from graphql.execution.values import VariableValues, get_argument_values, get_directive_values

from domain.reading.selection import Branch, Days, Page, Selection, page_of
from domain.refusals import NotAuthenticated
from schema._base import Asked, branch_key

Raw = GraphQLResolveInfo[Any]
Fields = dict[str, list[FieldNode]]


def selection_of(info: Asked, *path: str, of: str | None = None, rows: int = 1) -> Selection:
    """What is asked of the object at `path` below the current field; `of` names its type where it is abstract.

    The request is charged for it as for `rows` such objects, here, so that no root field can forget to.
    """
    raw = info._raw_info
    kind: Any = get_named_type(raw.return_type)
    nodes: Sequence[FieldNode] = raw.field_nodes
    for name in path:
        holder = kind if isinstance(kind, GraphQLObjectType) else raw.schema.get_type(of or "")
        if not isinstance(holder, GraphQLObjectType):
            raise TypeError(f"{kind} is abstract: say which type is meant")
        nodes = [node for node in _fields(raw, holder, nodes) if node.name.value == name]
        kind = get_named_type(holder.fields[name].type)
    if not isinstance(kind, GraphQLObjectType):
        kind = raw.schema.get_type(of or "")
    selection = _selection(raw, kind, nodes)
    info.context.charge(selection, rows=rows)
    return selection


def connection_of(info: Asked, arguments: dict[str, Any]) -> tuple[Selection, Page]:
    """What is asked of a root connection, and which page of it; the request is charged for that page."""
    raw = info._raw_info
    connection: Any = get_named_type(raw.return_type)
    selection, page = _connection(raw, connection, raw.field_nodes, arguments)
    info.context.charge(selection, rows=page.size)
    return selection, page


def _selection(raw: Raw, kind: GraphQLObjectType, nodes: Iterable[FieldNode]) -> Selection:
    attributes: set[str] = set()
    relations: Fields = {}
    measures: dict[str, Any] = {}
    asked = [node for node in _fields(raw, kind, nodes) if not node.name.value.startswith("__")]
    _allow(raw, kind, asked)
    for node in asked:
        name = node.name.value
        metadata = _metadata(kind, name)
        if "measure" in metadata:
            measures[branch_key(name, {})] = metadata["measure"]
        elif "relation" in metadata:
            arguments = _arguments(raw, kind, node)
            relations.setdefault(branch_key(name, arguments), []).append(node)
        else:
            attributes.update(metadata.get("needs", (_definition(kind, name).python_name,)))
    branches = tuple(_branch(raw, kind, key, group) for key, group in relations.items())
    return Selection(frozenset(attributes), branches, measures)


def _allow(raw: Raw, kind: GraphQLObjectType, asked: Iterable[FieldNode]) -> None:
    """Whoever is not logged in reads what its window marks public, and nothing else."""
    if raw.context.user_id is not None:
        return
    window: Any = kind.extensions["strawberry-definition"].origin
    public: frozenset[str] = getattr(window, "__public__", frozenset())
    for node in asked:
        if _definition(kind, node.name.value).python_name not in public:
            raise NotAuthenticated


def _branch(raw: Raw, kind: GraphQLObjectType, key: str, nodes: Sequence[FieldNode]) -> Branch:
    """A relation to follow for fields that ask the same of it, whatever they show."""
    name = nodes[0].name.value
    target: Any = get_named_type(kind.fields[name].type)
    relation, steps = _metadata(kind, name)["relation"], _metadata(kind, name).get("steps", 0)
    if steps:
        return _chain(key, relation, _selection(raw, target, nodes), steps)
    if "edges" not in target.fields:
        return Branch(key, relation, _selection(raw, target, nodes))
    arguments = _arguments(raw, kind, nodes[0])
    below, page = _connection(raw, target, nodes, arguments)
    days = Days(arguments.get("since"), arguments.get("until"))
    return Branch(key, relation, below, page, None if days == Days(None, None) else days)


def _chain(key: str, relation: str, selection: Selection, steps: int) -> Branch:
    """The same of each row along the way, within one another."""
    farther = (_chain(key, relation, selection, steps - 1),) if steps > 1 else ()
    return Branch(key, relation, replace(selection, branches=(*selection.branches, *farther)))


def _connection(
    raw: Raw, kind: GraphQLObjectType, nodes: Iterable[FieldNode], arguments: dict[str, Any]
) -> tuple[Selection, Page]:
    asked = _fields(raw, kind, nodes)
    names = {node.name.value for node in asked}
    edge: Any = get_named_type(kind.fields["edges"].type)
    target: Any = get_named_type(kind.fields["nodes"].type)
    edges = [node for node in asked if node.name.value == "edges"]
    rows = [node for node in _fields(raw, edge, edges) if node.name.value == "node"]
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


def _fields(raw: Raw, kind: GraphQLObjectType, nodes: Iterable[FieldNode]) -> list[FieldNode]:
    """All fields asked of a type, those in fragments too; a fragment counts once, however often it is spread."""
    found: list[FieldNode] = []
    spread: set[str] = set()
    for node in nodes:
        if node.selection_set:
            _collect(raw, kind, node.selection_set.selections, found, spread)
    return found


def _collect(
    raw: Raw, kind: GraphQLObjectType, nodes: Iterable[SelectionNode], found: list[FieldNode], spread: set[str]
) -> None:
    """Flatten fragments that apply to a type; what `@skip` and `@include` leave out is not asked."""
    for node in nodes:
        if not _included(raw, node):
            continue
        if isinstance(node, FieldNode):
            found.append(node)
            continue
        fragment: Any = node
        if isinstance(node, FragmentSpreadNode):
            if node.name.value in spread:
                continue
            spread.add(node.name.value)
            fragment = raw.fragments[node.name.value]
        if fragment.type_condition is None or _applies(raw, fragment.type_condition.name.value, kind):
            _collect(raw, kind, fragment.selection_set.selections, found, spread)


def _included(raw: Raw, node: SelectionNode) -> bool:
    skip = get_directive_values(GraphQLSkipDirective, node, _variables(raw))
    include = get_directive_values(GraphQLIncludeDirective, node, _variables(raw))
    return not (skip and skip["if"]) and not (include and not include["if"])


def _arguments(raw: Raw, kind: GraphQLObjectType, node: FieldNode) -> dict[str, Any]:
    return get_argument_values(kind.fields[node.name.value], node, _variables(raw))


def _variables(raw: Raw) -> VariableValues:
    """Strawberry hands resolvers the plain values; GraphQL takes them with their origins, and reads none of those."""
    return VariableValues({}, raw.variable_values)  # type: ignore[arg-type]


def _definition(kind: GraphQLObjectType, name: str) -> Any:
    return kind.fields[name].extensions["strawberry-definition"]


def _metadata(kind: GraphQLObjectType, name: str) -> dict[str, Any]:
    found: dict[str, Any] = _definition(kind, name).metadata
    return found


def _applies(raw: Raw, condition: str, kind: GraphQLObjectType) -> bool:
    named = raw.schema.get_type(condition)
    if named is kind:
        return True
    abstract = isinstance(named, GraphQLInterfaceType) or hasattr(named, "types")
    return abstract and raw.schema.is_sub_type(named, kind)  # type: ignore[arg-type]
