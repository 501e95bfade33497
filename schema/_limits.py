"""Limits on documents. Each fragment is measured once, so that fragments within fragments cannot multiply the work."""

from collections.abc import Iterator

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValidationContext,
    ValidationRule,
)
from strawberry.extensions import SchemaExtension

DEPTH_LIMIT = 15
ALIAS_LIMIT = 50
TOKEN_LIMIT = 2000

# The database keeps no such text, and no person writes one.
NUL = "A text holds no NUL character."

# How deep a part of a document reaches, and how many aliases it has with its fragments written out.
Measured = tuple[int, int]


class DocumentLimits(SchemaExtension):
    """Bounds what a document may hold, and insists on knowing which of its operations is meant."""

    def on_operation(self) -> Iterator[None]:
        context = self.execution_context
        context.parse_options["max_tokens"] = TOKEN_LIMIT
        context.validation_rules = (*context.validation_rules, ShapeLimits)
        yield

    def on_validate(self) -> Iterator[None]:
        context = self.execution_context
        document = context.graphql_document
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)] if document else []
        # Strawberry would run the first of them, whichever was meant.
        if len(operations) > 1 and context._provided_operation_name is None:
            message = "The document holds several operations: say in `operationName` which one is meant."
            context.pre_execution_errors = [GraphQLError(message, nodes=operations)]
        elif _holds_nul(context.variables):
            context.pre_execution_errors = [GraphQLError(NUL, nodes=operations)]
        yield


def _holds_nul(variables: object) -> bool:
    left = [variables]
    while left:
        value = left.pop()
        if isinstance(value, str) and "\0" in value:
            return True
        if isinstance(value, dict):
            left.extend(value.values())
        elif isinstance(value, list):
            left.extend(value)
    return False


class ShapeLimits(ValidationRule):
    """Refuses operations that are too deep or have too many aliases, and texts that cannot be kept."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._known: dict[str, Measured] = {}
        for definition in context.document.definitions:
            if isinstance(definition, OperationDefinitionNode):
                depth, aliases = self._measure(definition.selection_set)
                if depth > DEPTH_LIMIT:
                    self._refuse(f"The operation is {depth} fields deep; at most {DEPTH_LIMIT}.", definition)
                if aliases > ALIAS_LIMIT:
                    self._refuse(f"The operation has {aliases} aliases; at most {ALIAS_LIMIT}.", definition)

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        if "\0" in node.value:
            self.report_error(GraphQLError(NUL, nodes=node))

    def _refuse(self, message: str, definition: OperationDefinitionNode) -> None:
        self.report_error(GraphQLError(message, nodes=definition))

    def _measure(self, selections: SelectionSetNode | None) -> Measured:
        parts = [self._measure_one(node) for node in selections.selections] if selections else []
        return max((depth for depth, _ in parts), default=0), sum(aliases for _, aliases in parts)

    def _measure_one(self, node: SelectionNode) -> Measured:
        if isinstance(node, FieldNode):
            depth, aliases = self._measure(node.selection_set)
            # Introspection is deep by nature; whether it is allowed at all is decided elsewhere.
            deeper = 0 if node.name.value.startswith("__") else depth + 1
            return deeper, aliases + (node.alias is not None)
        if isinstance(node, InlineFragmentNode):
            return self._measure(node.selection_set)
        return self._measure_fragment(node.name.value)  # type: ignore[attr-defined]

    def _measure_fragment(self, name: str) -> Measured:
        if name not in self._known:
            # A fragment within itself, or one that does not exist, is refused by a rule of GraphQL.
            self._known[name] = (0, 0)
            found: FragmentDefinitionNode | None = self.context.get_fragment(name)
            self._known[name] = self._measure(found.selection_set if found else None)
        return self._known[name]
