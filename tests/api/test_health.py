"""Probes and metrics of a real process tell the truth while PostgreSQL and Valkey come and go."""

import math
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import issue_token
from integrations.database import open_engine, open_sessions
from integrations.keys import Keys
from migrations.apply import migrate
from tests.api.serving import CLOSED, PATIENCE, Own, Served, own, served
from tests.factories.api import id_of, plant_country
from tests.factories.posts import add_lesson

pytestmark = pytest.mark.faults

SCHEDULE = """mutation($input: ScheduleLessonInput!) { scheduleLesson(input: $input) {
  ... on ScheduleLessonPayload { post { states { state count } } } ... on Problem { code } } }"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    with own(tmp_path_factory.mktemp("postgres"), postgres=True) as server:
        yield server


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    with own(tmp_path_factory.mktemp("valkey"), postgres=False) as server:
        yield server


@pytest.fixture(scope="module")
def api_process(
    tmp_path_factory: pytest.TempPathFactory, key_file: Path, postgres: Own, valkey: Own
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("api")
    with served(folder, key_file=key_file, database_url=postgres.url, redis_url=valkey.url) as found:
        yield found


@pytest.fixture(scope="module")
async def wish(postgres: Own, keys: Keys) -> dict[str, Any]:
    """A request that schedules a lesson, as its JSON body and headers."""
    engine = open_engine(postgres.url)
    await migrate(engine)
    async with open_sessions(engine)() as session:
        body, token = await _wish(session, keys)
    await engine.dispose()
    return {"json": body, "headers": {"Authorization": f"Bearer {token}"}}


async def _wish(session: AsyncSession, keys: Keys) -> tuple[dict[str, Any], str]:
    country = await plant_country(session, keys)
    given = {
        "lessonId": id_of(await add_lesson(session, country.tree)),
        "unitId": id_of(country.tree["nation"]),
        "levels": ["COUNTY"],
        "text": "示范课程推介",
        "publishAt": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    }
    token = issue_token(keys.login, country.nation.id, now=datetime.now(UTC), life=timedelta(minutes=10))
    return {"query": SCHEDULE, "variables": {"input": given}}, token


def scheduled(answer: httpx.Response) -> object:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]["scheduleLesson"]["post"]["states"]


def test_metrics_of_a_database_without_tables_say_that_it_answers(api_process: Served):
    assert api_process.metric("qicai_postgres_up") == 1
    assert api_process.http.get("/metrics").status_code == 200


def test_a_process_with_both_servers_is_ready(api_process: Served):
    assert api_process.ready() == {"code": 200, "status": "ready", "postgres": True, "valkey": True}
    assert api_process.metric("qicai_postgres_up") == 1
    assert api_process.metric("qicai_valkey_up") == 1


def test_metrics_count_what_is_overdue(api_process: Served, wish: dict[str, Any]):
    assert api_process.metric('qicai_deliveries{standing="overdue"}') == 0
    assert api_process.metric("qicai_deliveries_oldest_overdue_seconds") == 0
    assert api_process.metric('qicai_deliveries_held{reason="SILENCED"}') == 0
    assert api_process.metric("qicai_rollup_marks") == 0
    assert api_process.metric("qicai_rollup_marks_oldest_seconds") == 0


def test_without_valkey_a_post_is_still_scheduled(api_process: Served, wish: dict[str, Any], valkey: Own):
    valkey.kill()
    try:
        assert api_process.becomes("degraded")
        assert api_process.ready()["code"] == 200
        assert api_process.metric("qicai_valkey_up") == 0
        assert api_process.metric("qicai_postgres_up") == 1
        assert scheduled(api_process.http.post("/graphql", **wish)) == [{"state": "SCHEDULED", "count": 3}]
        assert "wake_up_lost" in api_process.log.read_text()
    finally:
        valkey.start()
    assert api_process.becomes("ready")
    assert api_process.metric("qicai_valkey_up") == 1


def test_without_postgresql_it_lives_but_is_not_ready(api_process: Served, wish: dict[str, Any], postgres: Own):
    postgres.kill()
    try:
        assert api_process.becomes("unavailable")
        assert api_process.ready() == {"code": 503, "status": "unavailable", "postgres": False, "valkey": True}
        assert api_process.http.get("/healthz").json() == {"status": "alive"}
        assert api_process.metric("qicai_postgres_up") == 0
        # What cannot be known now is not repeated from before.
        assert api_process.metric('qicai_deliveries{standing="overdue"}') is None
        assert api_process.metric('qicai_deliveries_held{reason="SILENCED"}') is None
        assert math.isnan(api_process.metric("qicai_deliveries_oldest_overdue_seconds") or 0)
        (error,) = api_process.http.post("/graphql", **wish).json()["errors"]
        assert error["extensions"]["code"] == "INTERNAL"
    finally:
        postgres.start()
    assert api_process.becomes("ready")
    assert scheduled(api_process.http.post("/graphql", **wish)) == [{"state": "SCHEDULED", "count": 3}]
    assert api_process.metric('qicai_deliveries{standing="overdue"}') == 0


def test_a_killed_postmaster_costs_moments(api_process: Served, wish: dict[str, Any], postgres: Own):
    before = postgres.postmaster
    os.kill(before, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while "errors" in (answer := api_process.http.post("/graphql", **wish)).json() or postgres.postmaster == before:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)
    assert scheduled(answer) == [{"state": "SCHEDULED", "count": 3}]
    assert api_process.becomes("ready")


def test_a_process_starts_while_both_servers_are_away(tmp_path: Path, key_file: Path):
    nowhere = {"database_url": f"postgresql://{CLOSED}/qicai", "redis_url": f"redis://{CLOSED}"}
    with served(tmp_path, key_file=key_file, **nowhere) as alone:
        assert alone.http.get("/healthz").status_code == 200
        assert alone.ready() == {"code": 503, "status": "unavailable", "postgres": False, "valkey": False}
