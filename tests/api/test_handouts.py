"""An exported file is fetched by an address that proves itself, part by part, and by nothing else."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from api import handouts as door
from domain.access.models import Grant
from domain.exports.models import Export
from domain.terms import HandoutState
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from integrations.objects import Store, StoreAway
from tests.factories.api import Country, Front, id_of, open_front
from tests.factories.exports import keys_in, work_off
from tests.factories.hosts import context_of
from workers.context import WorkerContext
from workers.requests import forget_files

SHOWN = (
    "export { id kind format language state progress rows documents { name size sha256 url } expiresAt unit { name } "
    "failure { code messageZh } filters { levels since until campaignId } viewerCan { act allowed whyNot { code } } }"
)
ALL = f"{{ exports {{ nodes {{ {SHOWN.removeprefix('export { ').removesuffix(' }')} }} }} }}"


@pytest.fixture
def context(sessions: Sessions, keys: Keys, tmp_path: Path) -> WorkerContext:
    """A worker that has the same store as the API below."""
    return context_of(sessions, keys.keyring, MemoryClient(), store=Store(None, tmp_path / "objects"))


@pytest.fixture
async def front(database_url: str, redis_url: str, keys: Keys, tmp_path: Path) -> Any:
    async with open_front(keys, database_url=database_url, redis_url=redis_url, data_dir=str(tmp_path)) as opened:
        yield opened


async def asked(front: Front, country: Country, **given: Any) -> dict[str, Any]:
    wanted = {"kind": "UNITS", "format": "CSV", "unitId": id_of(country.tree["nation"]), **given}
    answer = await front.act("requestExport", SHOWN, **wanted)
    assert answer["__typename"] == "RequestExportPayload", answer
    export: dict[str, Any] = answer["export"]
    return export


async def listed(front: Front) -> dict[str, Any]:
    (only,) = (await front.ask(ALL))["exports"]["nodes"]
    found: dict[str, Any] = only
    return found


async def test_what_was_asked_for_is_listed_made_and_fetched(front: Front, country: Country, context: WorkerContext):
    viewer = front.as_(country.guest)
    waiting = await asked(viewer, country, levels=["COUNTY"], language="EN")
    assert (waiting["state"], waiting["documents"], waiting["unit"]["name"]) == ("QUEUED", [], "nation")
    assert waiting["viewerCan"] == [{"act": "cancelExport", "allowed": True, "whyNot": None}]
    assert waiting["filters"] == {"levels": ["COUNTY"], "since": None, "until": None, "campaignId": None}
    await work_off(context)
    done = await listed(viewer)
    assert (done["state"], done["progress"], done["rows"], done["failure"]) == ("READY", 100, 3, None)
    (document,) = done["documents"]
    assert done["viewerCan"] == [{"act": "cancelExport", "allowed": False, "whyNot": {"code": "EXPORT_ENDED"}}]
    response = await viewer.http.get(document["url"])
    assert (response.status_code, len(response.content)) == (200, document["size"])
    assert response.headers["Content-Disposition"] == 'attachment; filename="units.csv"'
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"), newline="")))
    assert {row["Unit"] for row in rows} == {"north county", "south county", "far county"}


async def test_nobody_sees_or_cancels_what_another_asked_for(front: Front, country: Country):
    export = await asked(front.as_(country.guest), country)
    others = front.as_(country.nation)
    assert (await others.ask(ALL))["exports"]["nodes"] == []
    assert (await others.ask("query($id: ID!) { node(id: $id) { id } }", id=export["id"]))["node"] is None
    assert (await others.act("cancelExport", exportId=export["id"]))["code"] == "NOT_FOUND"
    own = await front.as_(country.guest).act("cancelExport", "export { state }", exportId=export["id"])
    assert own["export"]["state"] == "CANCELLED"


async def test_an_altered_address_or_none_at_all_fetches_nothing(
    front: Front, country: Country, context: WorkerContext
):
    viewer = front.as_(country.guest)
    await asked(viewer, country)
    await work_off(context)
    url = (await listed(viewer))["documents"][0]["url"]
    for bad in (url.partition("?")[0], url[:-1] + ("0" if url[-1] != "0" else "1"), url.replace("units-", "accounts-")):
        assert (await viewer.http.get(bad)).status_code == 403


async def test_whoever_lost_sight_of_the_rows_is_given_no_address(
    front: Front, country: Country, session: AsyncSession, context: WorkerContext
):
    viewer = front.as_(country.guest)
    await asked(viewer, country)
    await work_off(context)
    assert (await listed(viewer))["documents"]
    ended = update(Grant).where(Grant.user_id == country.guest.id, Grant.unit_id == country.tree["nation"].id)
    await session.execute(ended.values(valid_to=func.now()))
    await session.commit()
    lost = await listed(viewer)
    assert (lost["state"], lost["documents"]) == (HandoutState.READY, [])


async def test_one_that_failed_says_why_in_words(front: Front, country: Country, session: AsyncSession):
    viewer = front.as_(country.guest)
    await asked(viewer, country)
    await session.execute(update(Export).values(state=HandoutState.FAILED, failure="FILE_GAVE_UP"))
    await session.commit()
    problem = (await listed(viewer))["failure"]
    assert problem["code"] == "FILE_GAVE_UP"
    assert problem["messageZh"].endswith("。")


async def test_a_file_that_is_gone_is_not_there_and_a_store_that_is_away_says_so(
    front: Front, country: Country, context: WorkerContext, monkeypatch: pytest.MonkeyPatch
):
    viewer = front.as_(country.guest)
    await asked(viewer, country)
    await work_off(context)
    url = (await listed(viewer))["documents"][0]["url"]

    async def away(_store: Store, _key: str) -> int:
        raise StoreAway("nobody answers")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "size", away)
        assert (await viewer.http.get(url)).status_code == 503
    path = next((context.store._folder).glob("exports/*/*.csv"))
    path.unlink()
    assert (await viewer.http.get(url)).status_code == 404


async def test_a_file_goes_out_in_parts_and_a_few_at_a_time(
    front: Front, country: Country, context: WorkerContext, monkeypatch: pytest.MonkeyPatch
):
    viewer = front.as_(country.guest)
    await asked(viewer, country)
    await work_off(context)
    url = (await listed(viewer))["documents"][0]["url"]
    whole = (await viewer.http.get(url)).content
    monkeypatch.setattr(door, "PART", 7)
    parts = []
    part = Store.part

    async def counted(store: Store, key: str, start: int, length: int) -> bytes:
        parts.append(length)
        return await part(store, key, start, length)

    monkeypatch.setattr(Store, "part", counted)
    answers = await asyncio.gather(*(viewer.http.get(url) for _ in range(door.SENT_AT_ONCE * 2)))
    assert {answer.content for answer in answers} == {whole}
    assert max(parts) == 7
    assert sum(parts) == len(whole) * len(answers)


async def test_one_that_was_discarded_is_given_to_nobody_and_its_files_go(
    front: Front, country: Country, context: WorkerContext
):
    viewer = front.as_(country.guest)
    export = await asked(viewer, country)
    await work_off(context)
    url = (await listed(viewer))["documents"][0]["url"]
    assert (await viewer.http.get(url)).status_code == 200
    discarded = await viewer.act("discardHandout", "discarded", handoutId=export["id"])
    assert discarded["discarded"] is True
    assert (await viewer.http.get(url)).status_code == 404
    gone = await listed(viewer)
    assert (gone["state"], gone["documents"]) == ("CANCELLED", [])
    await forget_files(context)
    assert await keys_in(context.store) == []
    assert (await viewer.ask(ALL))["exports"]["nodes"] == []
    assert (await viewer.act("discardHandout", "discarded", handoutId=export["id"]))["code"] == "NOT_FOUND"
