"""A sandbox of its own for each test, that hides no repetition: it is the witness."""

from collections.abc import Iterator

import pytest

from integrations.database import Sessions
from tests.factories.servers import own_database_number
from tests.faults.scene import Scene, scene
from tests.integrations.sandbox.running import Running, running


@pytest.fixture
def sandbox() -> Iterator[Running]:
    with running(limit_scale=1000, refuse_duplicates=False) as started:
        yield started


@pytest.fixture
def stage(sandbox: Running, sessions: Sessions, database_url: str, redis_url: str) -> Iterator[Scene]:
    with scene(sandbox, sessions, database_url=database_url, redis_url=own_database_number(redis_url)) as set_up:
        yield set_up
