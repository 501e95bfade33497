"""Files come in, and pictures are fetched, by addresses that carry their own proof."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from PIL import Image
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api import uploads as door
from domain.access.models import User
from domain.requests.models import KeyedRequest
from domain.terms import PictureKind, UploadPurpose
from domain.uploads import commands, rules
from domain.uploads.addresses import signed
from domain.uploads.models import Picture, Upload
from integrations.objects import Store
from integrations.pictures.cleaning import Cleaned, cleaned
from tests.factories.api import Country, Front, id_of
from tests.factories.pictures import MAKER, WORDS, drawn, gif, jpeg, written

SIZE_LIMIT = rules.TERMS[UploadPurpose.POST_PICTURE].size_limit
PICTURE = "query($id: ID!) { node(id: $id) { ... on Picture { kind width height size sha256 url } } }"
SHOWN = "uploads { id name url expiresAt }"


async def begin(front: Front, country: Country, *contents: bytes, **given: Any) -> list[dict[str, str]]:
    files = [{"name": f"{n}.jpg", "contentType": "image/jpeg", "size": len(each)} for n, each in enumerate(contents)]
    wish = {"unitId": id_of(country.tree["nation"]), "purpose": "POST_PICTURE", "files": files} | given
    found: list[dict[str, str]] = (await front.act("beginUploads", SHOWN, **wish))["uploads"]
    return found


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


async def put(front: Front, address: str, content: Any) -> httpx.Response:
    """As a front end does it: the address is all it has."""
    return await front.http.put(path_of(address), content=content)


def code_of(answer: httpx.Response) -> str:
    (error,) = answer.json()["errors"]
    assert error["extensions"]["messageZh"] != error["extensions"]["messageEn"]
    code: str = error["extensions"]["code"]
    return code


@pytest.fixture
def nation(api: Front, country: Country) -> Front:
    return api.as_(country.nation)


async def test_a_photograph_comes_in_and_is_shown_without_what_it_told(nation: Front, country: Country):
    given = jpeg()
    (one,) = await begin(nation, country, given)
    assert datetime.fromisoformat(one["expiresAt"]) > datetime.now(UTC) + timedelta(minutes=55)
    assert (await nation.ask(PICTURE, id=one["id"]))["node"] is None
    answer = await put(nation, one["url"], given)
    assert answer.status_code == 200, answer.text
    facts = answer.json()
    picture = (await nation.ask(PICTURE, id=one["id"]))["node"]
    assert facts == {"id": one["id"], **{name: picture[name] for name in picture if name != "url"}}
    assert (picture["kind"], picture["width"], picture["height"]) == ("JPEG", 60, 40)

    fetched = await nation.http.get(path_of(picture["url"]))
    assert fetched.status_code == 200
    assert (len(fetched.content), sha256(fetched.content).hexdigest()) == (picture["size"], picture["sha256"])
    assert not [told for told in (MAKER, WORDS) if told in fetched.content]
    assert fetched.headers["content-type"] == "image/jpeg"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert fetched.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert Image.open(BytesIO(fetched.content)).size == (60, 40)


async def test_many_files_have_an_address_each_and_the_bytes_decide_what_they_are(nation: Front, country: Country):
    contents = [written(drawn(), "PNG"), gif()]
    kinds = []
    for one, content in zip(await begin(nation, country, *contents), contents, strict=True):
        kinds.append((await put(nation, one["url"], content)).json()["kind"])
    assert kinds == ["PNG", "GIF"]


async def test_a_file_sent_again_is_the_same_picture_and_another_one_is_refused(
    nation: Front, country: Country, session: AsyncSession
):
    # What follows the end of a picture is cut off.
    given, other = [jpeg(shade=shade).ljust(9_000, b"\0") for shade in (0, 7)]
    (one,) = await begin(nation, country, given)
    first = await put(nation, one["url"], given)
    assert (await put(nation, one["url"], given)).json() == first.json()
    again = await put(nation, one["url"], other)
    assert (again.status_code, code_of(again)) == (409, "PICTURE_THERE")
    assert await session.scalar(select(func.count()).select_from(Picture)) == 1


async def test_once_the_picture_is_there_nothing_is_decoded_or_stored_any_more(
    nation: Front, country: Country, monkeypatch: pytest.MonkeyPatch
):
    # Two files that show the same.
    given, other = [jpeg().ljust(9_000, ending) for ending in (b"a", b"b")]
    (one,) = await begin(nation, country, given)
    assert (await put(nation, one["url"], given)).status_code == 200

    def touched(*_: Any) -> None:
        raise AssertionError("it was read once more")

    monkeypatch.setattr(door, "cleaned", touched)
    monkeypatch.setattr(Store, "put", touched)
    assert [(await put(nation, one["url"], each)).status_code for each in (given, other)] == [200, 409]


async def test_nobody_fills_the_store_within_a_day(nation: Front, country: Country, session: AsyncSession):
    assert len(await begin(nation, country, *[GOOD] * 20)) == 20
    await session.execute(update(Upload).values(size=(rules.BYTES_A_DAY - SIZE_LIMIT) // 20))
    await session.commit()
    file = {"name": "1.jpg", "contentType": "image/jpeg", "size": SIZE_LIMIT}
    wish = {"unitId": id_of(country.tree["nation"]), "purpose": "POST_PICTURE"}
    answer = await nation.act("beginUploads", SHOWN, **wish, files=[file] * 2)
    assert (answer["code"], answer["path"]) == ("UPLOADS_SPENT", ["files"])
    assert len((await nation.act("beginUploads", SHOWN, **wish, files=[file]))["uploads"]) == 1
    # The day after, all of it may be handed in again.
    await session.execute(update(Upload).values(created_at=datetime.now(UTC) - timedelta(hours=25)))
    await session.commit()
    assert len((await nation.act("beginUploads", SHOWN, **wish, files=[file] * 2))["uploads"]) == 2


async def test_only_so_many_files_of_a_person_come_in_a_day(
    nation: Front, country: Country, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(commands, "FILES_A_DAY", 3)
    assert len(await begin(nation, country, GOOD, GOOD)) == 2
    file = {"name": "1.jpg", "contentType": "image/jpeg", "size": 9}
    wish = {"unitId": id_of(country.tree["nation"]), "purpose": "POST_PICTURE", "files": [file] * 2}
    assert (await nation.act("beginUploads", SHOWN, **wish))["code"] == "UPLOADS_SPENT"


GOOD = jpeg()
FILES: dict[str, tuple[bytes, int, str]] = {
    "cut": (GOOD[:-100], 400, "FILE_CUT"),
    "longer than announced": (GOOD + b"more", 400, "FILE_CUT"),
    "nothing": (b"", 400, "FILE_CUT"),
    "a page": (b"<script>".ljust(len(GOOD)), 415, "PICTURE_KIND"),
    "damaged": (GOOD[:-200] + bytes(200), 422, "PICTURE_BROKEN"),
    "thousands of scans": (GOOD[:3] + b"\xff\xda" * 200 + GOOD[403:], 422, "PICTURE_PIXELS"),
}


@pytest.mark.parametrize("name", FILES)
async def test_what_is_no_sound_whole_picture_leaves_nothing_behind(
    nation: Front, country: Country, session: AsyncSession, name: str
):
    content, status, code = FILES[name]
    (one,) = await begin(nation, country, GOOD)
    answer = await put(nation, one["url"], content)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert await session.scalar(select(func.count()).select_from(Picture)) == 0
    assert (await nation.ask(PICTURE, id=one["id"]))["node"] is None
    # The address stays good for the right file.
    assert (await put(nation, one["url"], GOOD)).status_code == 200


async def test_a_file_over_every_limit_is_refused_by_its_size(nation: Front, country: Country):
    (one,) = await begin(nation, country, GOOD)
    answer = await put(nation, one["url"], bytes(rules.SIZE_LIMIT + 1))
    assert (answer.status_code, code_of(answer)) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("change", ["no proof", "another upload", "later end", "over", "forgotten", "disabled"])
async def test_an_address_that_is_not_ours_takes_nothing(
    nation: Front, country: Country, session: AsyncSession, change: str
):
    one, other = await begin(nation, country, GOOD, GOOD)
    path, _, query = path_of(one["url"]).partition("?")
    address = {
        "no proof": path,
        "another upload": f"{path_of(other['url']).partition('?')[0]}?{query}",
        "later end": f"{path}?{query.replace('until=1', 'until=2')}",
        "over": signed(path, nation.keys.links, until=datetime.now(UTC) - timedelta(seconds=1)),
        "forgotten": path_of(one["url"]),
        "disabled": path_of(one["url"]),
    }[change]
    if change == "disabled":
        await session.execute(update(User).values(disabled_at=datetime.now(UTC)))
        await session.commit()
    if change == "forgotten":
        await session.execute(delete(Upload))
        await session.commit()
    read: list[bytes] = []

    async def body() -> Any:
        for part in (GOOD[:10], GOOD[10:]):
            read.append(part)
            yield part

    answer = await put(nation, address, body())
    assert (answer.status_code, code_of(answer)) == (403, "ADDRESS_UNUSABLE")
    assert read == []
    assert await session.scalar(select(func.count()).select_from(Picture)) == 0


async def test_a_picture_is_shown_to_nobody_without_its_address(nation: Front, country: Country):
    (one,) = await begin(nation, country, GOOD)
    await put(nation, one["url"], GOOD)
    path, _, query = path_of((await nation.ask(PICTURE, id=one["id"]))["node"]["url"]).partition("?")
    over = signed(path, nation.keys.links, until=datetime.now(UTC) - timedelta(seconds=1))
    for address in (path, f"{path.replace('.jpeg', '.gif')}?{query}", over, f"/pictures/x/..%2f..%2fkeys.json?{query}"):
        answer = await nation.http.get(address, headers=nation.headers)
        assert answer.status_code in (403, 404)
        assert b"JFIF" not in answer.content
    none = f"/pictures/{UUID(int=0)}/{'0' * 64}.jpeg"
    absent = await nation.http.get(signed(none, nation.keys.links, until=datetime.now(UTC) + timedelta(hours=1)))
    assert (absent.status_code, code_of(absent)) == (404, "NOT_FOUND")


async def test_a_picture_keeps_its_place_until_it_is_sent_and_gives_it_back(
    nation: Front, country: Country, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(door, "PIECE", 500)
    monkeypatch.setattr(door, "PLACE_SECONDS", 0.05)
    (one,) = await begin(nation, country, GOOD)
    await put(nation, one["url"], GOOD)
    url = path_of((await nation.ask(PICTURE, id=one["id"]))["node"]["url"])
    path, _, query = url.partition("?")
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    sent: list[Any] = []
    goes_on, all_begun = asyncio.Event(), asyncio.Semaphore(0)

    async def slowly(message: Any) -> None:
        sent.append(message)
        all_begun.release()
        await goes_on.wait()

    async def nothing() -> Any:
        return {"type": "http.request"}

    transport = nation.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    app: Any = transport.app
    reading = [asyncio.create_task(app(scope, nothing, slowly)) for _ in range(door.SHOWN_AT_ONCE)]
    for _ in reading:
        await all_begun.acquire()
    busy = await nation.http.get(url)
    assert (busy.status_code, code_of(busy)) == (503, "PICTURES_BUSY")
    goes_on.set()
    await asyncio.gather(*reading)
    assert max(len(message.get("body", b"")) for message in sent) <= 500
    # What was not found gave its place back too.
    none = signed(f"/pictures/{UUID(int=0)}/{'0' * 64}.jpeg", nation.keys.links, until=datetime.now(UTC) + rules.LIFE)
    assert {(await nation.http.get(none)).status_code for _ in range(door.SHOWN_AT_ONCE + 1)} == {404}
    assert (await nation.http.get(url)).status_code == 200


async def test_whoever_reads_too_slowly_is_cut_off(nation: Front, country: Country, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(door, "SHOWN_SECONDS", 0.05)
    place = asyncio.Semaphore(0)

    async def never(*_: Any) -> Any:
        await asyncio.sleep(60)

    await door.Shown(GOOD, media_type="image/jpeg", place=place)({"type": "http"}, never, never)
    assert not place.locked()


async def test_one_picture_is_decoded_at_a_time(nation: Front, country: Country, monkeypatch: pytest.MonkeyPatch):
    under_way, most = 0, 0

    def counted(content: bytes) -> Cleaned:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        time.sleep(0.05)
        found = cleaned(content)
        under_way -= 1
        return found

    monkeypatch.setattr(door, "cleaned", counted)
    begun = await begin(nation, country, GOOD, GOOD, GOOD)
    answers = await asyncio.gather(*(put(nation, one["url"], GOOD) for one in begun))
    assert ([answer.status_code for answer in answers], most) == ([200] * 3, 1)


async def test_a_picture_that_grew_too_large_is_not_kept(
    nation: Front, country: Country, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    huge = Cleaned(PictureKind.PNG, 1, 1, bytes(SIZE_LIMIT + 1))
    monkeypatch.setattr(door, "cleaned", lambda _: huge)
    (one,) = await begin(nation, country, GOOD)
    answer = await put(nation, one["url"], GOOD)
    assert (answer.status_code, code_of(answer)) == (422, "PICTURE_SIZE")
    assert await session.scalar(select(func.count()).select_from(Picture)) == 0


async def test_who_does_not_see_the_posts_of_a_unit_does_not_see_its_pictures(
    api: Front, nation: Front, country: Country
):
    (one,) = await begin(nation, country, GOOD)
    await put(nation, one["url"], GOOD)
    assert (await api.as_(country.county).ask(PICTURE, id=one["id"]))["node"] is None
    own = api.as_(country.county)
    (theirs,) = await begin(own, country, GOOD, unitId=id_of(country.tree["north county"]))
    assert (await put(own, theirs["url"], GOOD)).status_code == 200
    assert (await api.as_(country.viewer).ask(PICTURE, id=theirs["id"]))["node"]["kind"] == "JPEG"


async def test_a_repetition_answers_the_same_uploads_and_neither_proof_nor_name_is_kept(
    nation: Front, country: Country, session: AsyncSession
):
    first = await begin(nation, country, GOOD, clientMutationKey="once")
    assert await begin(nation, country, GOOD, clientMutationKey="once") == first
    kept = (await session.execute(select(KeyedRequest.result))).scalar_one()
    assert not [told for told in ("proof", "0.jpg") if told in str(kept)]
    assert first[0]["name"] == "0.jpg"
    assert await session.scalar(select(func.count()).select_from(Upload)) == 1


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"contentType": "image/webp"}, "FILE_KIND", "files.0.contentType"),
        ({"size": SIZE_LIMIT + 1}, "FILE_SIZE", "files.0.size"),
        ({"size": 0}, "FILE_SIZE", "files.0.size"),
    ],
)
async def test_files_that_would_be_refused_get_no_address(
    nation: Front, country: Country, changed: dict[str, Any], code: str, field: str
):
    file = {"name": "1.jpg", "contentType": "image/jpeg", "size": 9} | changed
    given = {"unitId": id_of(country.tree["nation"]), "purpose": "POST_PICTURE"}
    answer = await nation.act("beginUploads", SHOWN, **given, files=[file])
    assert (answer["code"], ".".join(answer["path"])) == (code, field)
    many = await nation.act("beginUploads", SHOWN, **given, files=[file | {"size": 9, "contentType": "image/png"}] * 21)
    assert (many["code"], many["path"]) == ("TOO_MANY", ["files"])


@pytest.mark.parametrize("limit", ["ARRIVAL_SECONDS", "PACE_SECONDS"])
async def test_a_file_that_takes_too_long_or_stands_still_gives_its_turn_away(
    nation: Front, country: Country, monkeypatch: pytest.MonkeyPatch, limit: str
):
    monkeypatch.setattr(door, limit, 0.05)
    (one,) = await begin(nation, country, GOOD)

    async def never_whole() -> Any:
        yield GOOD[:10]
        await asyncio.sleep(5)
        yield GOOD[10:]

    answer = await put(nation, one["url"], never_whole())
    assert (answer.status_code, code_of(answer)) == (400, "FILE_CUT")


async def test_a_file_that_keeps_its_pace_may_take_longer_than_one_step(
    nation: Front, country: Country, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(door, "PACE_SECONDS", 2.0)
    monkeypatch.setattr(door, "PACE_BYTES", 10)
    (one,) = await begin(nation, country, GOOD)

    async def steadily() -> Any:
        for part in (GOOD[:10], GOOD[10:20], GOOD[20:]):
            yield part
            await asyncio.sleep(0.8)

    assert (await put(nation, one["url"], steadily())).status_code == 200


@pytest.mark.parametrize("limit", ["AT_ONCE", "AT_ONCE_EACH", "each upload"])
async def test_only_so_many_files_come_in_at_a_time(
    nation: Front, country: Country, monkeypatch: pytest.MonkeyPatch, limit: str
):
    one, other = await begin(nation, country, GOOD, GOOD)
    if limit == "each upload":
        other = one
    else:
        monkeypatch.setattr(door, limit, 1)
    has_begun, goes_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> Any:
        has_begun.set()
        yield GOOD[:10]
        await goes_on.wait()
        yield GOOD[10:]

    slow = asyncio.create_task(put(nation, one["url"], slowly()))
    await has_begun.wait()
    busy = await put(nation, other["url"], GOOD)
    assert (busy.status_code, code_of(busy)) == (503, "UPLOADS_BUSY")
    goes_on.set()
    assert (await slow).status_code == 200
    assert (await put(nation, other["url"], GOOD)).status_code == 200
