"""Top-level errors: each with a stable code; what was not foreseen is masked, logged, and has a number."""

from collections.abc import Iterator
from uuid import uuid4

import structlog
from graphql import ExecutionResult, GraphQLError
from strawberry.extensions import SchemaExtension

from domain.refusals import Refusal

log = structlog.get_logger()


class CodedErrors(SchemaExtension):
    """Gives every error of an answer its `extensions.code`."""

    def on_operation(self) -> Iterator[None]:
        yield
        result = self.execution_context.result
        if isinstance(result, ExecutionResult) and result.errors:
            result.errors = [coded(error) for error in result.errors]


def coded(error: GraphQLError) -> GraphQLError:
    """The error as the caller may see it."""
    original = error.original_error
    if isinstance(original, Refusal):
        extensions = {
            "code": original.code,
            "path": list(original.path),
            "messageZh": original.words("zh"),
            "messageEn": original.words("en"),
            "retryable": original.retryable,
        }
        return _shown(error, original.words("en"), extensions)
    if error.path is None and original is None:
        return _shown(error, error.message, {"code": (error.extensions or {}).get("code", "BAD_REQUEST")})
    number = uuid4().hex[:12]
    log.error("defect", number=number, path=error.path, exc_info=original or error)
    return _shown(
        error, "Something went wrong on our side; nothing was changed.", {"code": "INTERNAL", "number": number}
    )


def _shown(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
