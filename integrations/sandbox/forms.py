"""The parameters of a request, out of its query and its form."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive, Scope

from integrations.sandbox.errors import ApiError

API_BODY_LIMIT = 8 * 1024 * 1024
"""Longest body of an API request, in bytes: room for a picture that is refused for its size with 20006."""


class DisconnectedError(Exception):
    """The client left before its request was complete."""


@dataclass(frozen=True, slots=True)
class Params:
    """Parameters by name, form before query; `pictures` are the bytes of uploaded parts by name."""

    values: dict[str, str]
    pictures: dict[str, bytes]

    def text(self, name: str) -> str | None:
        """The value of a parameter, or None when it is absent."""
        return self.values.get(name)


async def read_body(receive: Receive, limit: int) -> bytes:
    """The whole body; one above the limit is read to its end, so that the client can hear of the refusal."""
    chunks: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        chunk = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
    if size > limit:
        raise ApiError(10018)
    return b"".join(chunks)


def header(scope: Scope, name: bytes) -> bytes:
    """The first header of a name in lower case, or nothing."""
    for key, value in scope["headers"]:
        if key == name:
            found: bytes = value
            return found
    return b""


def parse(scope: Scope, body: bytes) -> Params:
    """Parameters of a request; raises ApiError 10008 for a body that makes no sense."""
    query = scope["query_string"]
    values = _pairs(query) if query else {}
    if not body:
        return Params(values, {})
    content_type, options = parse_options_header(header(scope, b"content-type"))
    if content_type == b"multipart/form-data":
        fields, pictures = _parts(body, options.get(b"boundary", b""))
        return Params(values | fields, pictures)
    return Params(values | _pairs(body), {})


def _pairs(encoded: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(encoded.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200))
    except ValueError as error:
        raise ApiError(10008) from error


def _parts(body: bytes, boundary: bytes) -> tuple[dict[str, str], dict[str, bytes]]:
    collector = _Collector()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": collector.begin,
                "on_header_field": collector.name_of_header,
                "on_header_value": collector.value_of_header,
                "on_header_end": collector.end_of_header,
                "on_part_data": collector.data,
                "on_part_end": collector.end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise ApiError(10008) from error
    if not collector.complete:
        raise ApiError(10008)
    return collector.fields, collector.files


class _Collector:
    """Keeps the parts in memory, where the body is already; Starlette's parser would use temporary files."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.complete = False
        self._header = self._value = b""
        self._disposition = b""
        self._content = bytearray()

    def begin(self) -> None:
        self.complete = False
        self._disposition = b""
        self._content = bytearray()

    def name_of_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def value_of_header(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_of_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def end(self) -> None:
        self.complete = True
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" in options or name == "pic":
            self.files[name] = bytes(self._content)
        else:
            self.fields[name] = self._content.decode("utf-8", "replace")
