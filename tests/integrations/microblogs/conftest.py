"""One sandbox and one HTTP client for all tests of clients, and no fault left behind."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.integrations.microblogs.places import Place, at_weibo, in_memory
from tests.integrations.sandbox.running import Running, running


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Running]:
    with running(limit_scale=1000) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Running) -> Iterator[Running]:
    yield shared_sandbox
    shared_sandbox.server.app.state.host.faults.set([])


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@pytest.fixture(params=["memory", "weibo"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "memory":
        return in_memory()
    return at_weibo(request.getfixturevalue("sandbox"), request.getfixturevalue("http"))
