"""Answers to what never reaches GraphQL, in its form: a front end reads one kind of error only."""

from http import HTTPStatus

import orjson
from starlette.responses import Response


def refusal(
    status: HTTPStatus, message: str, *, code: str, zh: str = "", headers: dict[str, str] | None = None
) -> Response:
    """An HTTP error with a GraphQL error in its body; `zh` is the message in Chinese, where people will see it."""
    words = {"messageZh": zh, "messageEn": message} if zh else {}
    error = {"message": message, "extensions": {"code": code, **words}}
    body = orjson.dumps({"data": None, "errors": [error]})
    return Response(body, status_code=status, media_type="application/json", headers=headers)
