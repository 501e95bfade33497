"""Limits on requests of a real process: bodies that lie about their size, break off, or are too large."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.serving import Served, served

pytestmark = pytest.mark.faults

LIMIT = 20_000
QUERY = b'{"query":"{__typename}"}'
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def small(
    tmp_path_factory: pytest.TempPathFactory, key_file: Path, database_url: str, redis_url: str
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("api")
    addresses = {"database_url": database_url, "redis_url": redis_url}
    with served(folder, key_file=key_file, **addresses, QICAI_BODY_LIMIT=str(LIMIT)) as found:
        yield found


def pieces(count: int) -> Iterator[bytes]:
    yield QUERY
    for _ in range(count):
        yield b" " * 1000


def raw(served_at: Served, request: bytes, *, end: bool = False) -> bytes:
    """What comes back when these bytes are sent, and nothing more."""
    host, _, port = served_at.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while not end and not answer.endswith(b"}"):
            answer += connection.recv(65536)
        return answer


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(small: Served):
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20001\r\n\r\n"
    answer = raw(small, head)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"BODY_TOO_LARGE" in answer


def test_a_body_in_pieces_is_refused_when_it_has_become_too_large(small: Served):
    answer = small.http.post("/graphql", content=pieces(30), headers=JSON)
    assert answer.status_code == 413
    extensions = answer.json()["errors"][0]["extensions"]
    assert extensions["code"] == "BODY_TOO_LARGE"
    assert str(LIMIT) in extensions["messageZh"]


def test_a_body_in_pieces_below_the_limit_is_read(small: Served):
    answer = small.http.post("/graphql", content=pieces(10), headers=JSON)
    assert answer.json() == {"data": {"__typename": "Query"}}


def test_a_connection_goes_on_after_a_refusal(small: Served):
    for _ in range(3):
        assert small.http.post("/graphql", content=b" " * (LIMIT + 1), headers=JSON).status_code == 413
        assert small.http.post("/graphql", content=QUERY, headers=JSON).status_code == 200


def test_a_request_that_breaks_off_is_no_defect(small: Served):
    head = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    raw(small, head + QUERY, end=True)
    time.sleep(0.3)
    assert small.http.get("/healthz").status_code == 200
    assert "Traceback" not in small.log.read_text()
    assert "defect" not in small.log.read_text()


def test_every_answer_of_a_process_has_a_number(small: Served):
    numbers = {small.http.get(path).headers["x-request-id"] for path in ("/healthz", "/graphql", "/nothing")}
    assert len(numbers) == 3
