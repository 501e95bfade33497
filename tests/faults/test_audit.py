"""Workers are killed while they seal; the chain is whole, and every head stands in the file once."""

import asyncio
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from api.cli.processes import child
from domain.audit.heads import Head
from domain.audit.models import AuditEntry, AuditSeal
from integrations.database import Sessions
from integrations.keys import Keys
from tests.api.cli.running import qicai
from tests.factories.audit import add_entries, check
from tests.factories.keys import write_keys
from tests.factories.servers import eventually, own_database_number
from tests.faults.scene import kill
from workers.audit import HEADS_FILE

pytestmark = pytest.mark.faults
# A worker seals them in about a second, in batches of a thousand.
PILE = 14_000


@pytest.fixture
async def environment(
    sessions: Sessions, keys: Keys, database_url: str, redis_url: str, tmp_path: Path
) -> dict[str, str]:
    async with sessions() as session:
        add_entries(session, PILE)
        await session.commit()
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": own_database_number(redis_url),
        "QICAI_DATA_DIR": str(tmp_path),
        "QICAI_KEY_FILE": str(write_keys(tmp_path / "keys.json", keys)),
    }


async def count(sessions: Sessions, model: type[AuditEntry] | type[AuditSeal], *, sealed: bool = True) -> int:
    async with sessions() as session:
        query = select(func.count()).select_from(model)
        return await session.scalar(query if sealed else query.where(AuditEntry.position.is_(None))) or 0


async def test_workers_killed_while_they_seal_leave_a_whole_chain(
    sessions: Sessions, keys: Keys, environment: dict[str, str], tmp_path: Path
):
    random = Random(7)
    for killed_at in (2, 6):

        async def under_way(least: int = killed_at) -> bool:
            return await count(sessions, AuditSeal) >= least

        with child("work", environment=environment, log=tmp_path / "worker.log") as worker:
            await eventually(under_way)
            await asyncio.sleep(random.uniform(0, 0.05))
            kill(worker)
        # Clean at any instant, only not sealed to the end.
        left = await count(sessions, AuditEntry, sealed=False)
        assert 0 < left < PILE
        report = await check(sessions, keys)
        assert (report.is_clean or report.unsealed == left, report.entries) == (True, PILE - left)
        assert [finding.kind for finding in report.findings] in ([], ["UNSEALED"])

    async def all_sealed() -> bool:
        return not await count(sessions, AuditEntry, sealed=False)

    with child("work", environment=environment, log=tmp_path / "worker.log"):
        await eventually(all_sealed, 60)
    lines = (tmp_path / HEADS_FILE).read_text("utf-8").splitlines()
    heads = [Head.parsed(line) for line in lines]
    assert [head.position for head in heads] == list(range(1000, PILE + 1, 1000))
    report = await check(sessions, keys, *heads)
    assert (report.is_clean, report.entries, report.seals, report.heads) == (True, PILE, 14, 14)
    done = qicai("audit", "verify", folder=tmp_path, **environment)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "日志完整 The log is whole."), done.stdout
