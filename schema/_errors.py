"""Top-level errors: each with a stable code; what was not foreseen is masked, logged, and has a number."""

from typing import Any
from uuid import uuid4

import structlog
from graphql import GraphQLError, ValueNode
from strawberry.schema.exceptions import InvalidOperationTypeError

from domain.refusals import Refusal

log = structlog.get_logger()

# A commit whose answer was lost has happened: whoever repeats must do so under the same key.
DEFECT_EN = (
    "Something went wrong on our side, and it is not known whether anything was changed: "
    "repeat the request with the same clientMutationKey."
)
DEFECT_ZH = "我方出错,无法确定是否已产生变更:请用相同的 clientMutationKey 重试。"

OTHERWISE = "Over a websocket only subscriptions are run; send queries and mutations by POST."


def coded(error: GraphQLError) -> GraphQLError:
    """The error as the caller may see it, with its `extensions.code`."""
    original = _origin(error)
    if isinstance(original, Refusal):
        extensions = {
            "code": original.code,
            "path": list(original.path),
            "messageZh": original.words("zh"),
            "messageEn": original.words("en"),
            "retryable": original.retryable,
        }
        return _shown(error, original.words("en"), extensions)
    if error.path is None and isinstance(original, RecursionError):
        return _shown(error, "The document or a variable is nested too deeply.", {"code": "BAD_REQUEST"})
    if isinstance(original, InvalidOperationTypeError):
        return _shown(error, OTHERWISE, {"code": "BAD_REQUEST"})
    if _lies_in_the_request(error, original):
        return _shown(error, error.message, {"code": "BAD_REQUEST"})
    number = uuid4().hex[:12]
    log.error("defect", number=number, path=error.path, exc_info=original or error)
    return _shown(error, DEFECT_EN, {"code": "INTERNAL", "number": number, "messageZh": DEFECT_ZH})


def _origin(error: GraphQLError) -> Exception | None:
    """What was raised first; GraphQL wraps its own errors in each other."""
    original = error.original_error
    while isinstance(original, GraphQLError):
        original = original.original_error
    return original


def _lies_in_the_request(error: GraphQLError, original: Exception | None) -> bool:
    if error.path is None:
        # Before anything runs: what is at fault has a place in the document, a defect has none.
        return original is None or bool(error.locations)
    # That a variable is null where it may not be shows only when its field is reached; the error points to the value.
    return original is None and any(isinstance(node, ValueNode) for node in error.nodes or ())


def _shown(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
