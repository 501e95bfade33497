"""One sandbox for all tests that can share one, and no fault left behind."""

from collections.abc import Iterator

import pytest

from integrations.sandbox.faults import CommentFaults
from tests.integrations.sandbox.running import Person, Running, running


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Running]:
    with running(limit_scale=1000) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Running) -> Iterator[Running]:
    yield shared_sandbox
    shared_sandbox.server.app.state.host.faults.set([])
    shared_sandbox.server.app.state.host.comments = CommentFaults()


@pytest.fixture
def person(sandbox: Running) -> Person:
    return sandbox.person()
