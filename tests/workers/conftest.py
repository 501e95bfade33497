"""A worker's surroundings with the memory twin as its platform."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.posts.models import Delivery
from domain.terms import Role
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from tests.factories.deliveries import Scene, set_scene
from tests.factories.hosts import context_of, schedule_to
from tests.factories.units import add_user
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


@pytest.fixture
async def scene(session: AsyncSession, keys: Keys) -> Scene:
    return await set_scene(session, keys.keyring, units=("nation", "east", "north county", "far county"))


@pytest.fixture
async def viewer(session: AsyncSession, scene: Scene) -> User:
    """Sees the whole country, and does nothing."""
    return await add_user(session, scene.tree["nation"], Role.VIEWER, login="looker")
