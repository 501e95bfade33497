"""A worker's surroundings with the memory twin as its platform."""

import pytest

from domain.posts.models import Delivery
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from tests.factories.hosts import context_of, schedule_to
from workers.context import WorkerContext


@pytest.fixture
def memory() -> MemoryClient:
    return MemoryClient()


@pytest.fixture
def context(sessions: Sessions, keys: Keys, memory: MemoryClient) -> WorkerContext:
    return context_of(sessions, keys.keyring, memory)


@pytest.fixture
async def delivery(sessions: Sessions, keys: Keys) -> Delivery:
    """The only one, and due."""
    ((only,),) = [one.deliveries for one in await schedule_to(sessions, keys.keyring, "north county")]
    return only
