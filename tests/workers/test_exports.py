"""A worker makes the files that people ask for: with what a page shows, under the reach of the moment."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import Grant, User
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.campaigns.models import Campaign
from domain.engagement.models import Comment
from domain.exports import work
from domain.exports.kinds import KINDS
from domain.exports.models import Export
from domain.refusals import Reason
from domain.terms import ExportFormat, ExportKind, HandoutState, Language, Level, Role, WordingKind
from integrations.database import Sessions
from tests.factories.api import id_of
from tests.factories.deliveries import Scene, add_delivery, add_post, add_published, add_snapshot
from tests.factories.exports import (
    Interrupting,
    add_many,
    ask_for,
    assert_nothing,
    export_now,
    file_of,
    work_off,
)
from tests.factories.units import add_user
from workers import exports
from workers.context import WorkerContext

S, K = HandoutState, ExportKind
AT = datetime(2026, 5, 31, 16, 30, tzinfo=UTC)


async def made(context: WorkerContext, sessions: Sessions, export: Export) -> list[dict[str, str]]:
    """The rows of a CSV that is made now, as another reader has them."""
    await work_off(context)
    found = await export_now(sessions, export.id)
    assert (found.state, found.failure, found.progress) == (S.READY, None, 100)
    content = await file_of(context, found)
    rows = list(csv.DictReader(content.decode("utf-8-sig").splitlines()))
    assert found.rows == len(rows)
    return rows


async def test_published_posts_are_told_with_all_that_a_page_shows_of_them(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    tree = scene.tree
    campaign = Campaign(
        id=new_id(), unit_id=tree["nation"].id, unit_path=tree["nation"].path, title="六一推介", created_at=AT
    )
    session.add(campaign)
    await session.commit()
    post = await add_post(session, tree, scene.lesson, campaign=campaign)
    read = await add_published(
        session, post, scene.accounts["north county"], published_at=AT, host_url="https://weibo.example/1", text="=1+1"
    )
    await add_snapshot(session, read, 0, reposts=1, likes=5)
    await add_snapshot(session, read, 1, reposts=2, likes=7)
    await add_published(session, scene.post, scene.accounts["east"], gone_at=AT)
    await add_delivery(session, scene.post, scene.accounts["nation"])
    export = await ask_for(session, viewer, tree["nation"], language=Language.EN)
    first, second = await made(context, sessions, export)
    assert list(first) == [c.en + " (Beijing time)" * (c.type.name == "INSTANT") for c in KINDS[K.DELIVERIES].columns]
    assert (first["Unit"], first["Unit above"]) == ("north county", "east city")
    assert (first["Level"], first["Account"], first["Platform"]) == ("COUNTY", "north county account", "sandbox")
    assert (first["Lesson"], first["Campaign"]) == ("防溺水安全教育", "六一推介")
    assert (first["Published (Beijing time)"], first["Link"]) == ("2026-06-01 00:30:00", "https://weibo.example/1")
    # The last reading; what the platform does not report is empty, never 0.
    assert [first[name] for name in ("Reposts", "Comments", "Likes", "Reads")] == ["2", "", "7", ""]
    assert first["Text"] == "'=1+1"
    assert (second["Unit"], second["Campaign"], second["Reposts"], second["Counted (Beijing time)"]) == ("east",) + (
        "",
    ) * 3
    assert second["Found gone (Beijing time)"] == "2026-06-01 00:30:00"


async def test_programs_get_instants_in_utc_ids_of_the_api_and_null_for_what_is_unknown(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    sent = await add_published(session, scene.post, scene.accounts["north county"], published_at=AT)
    export = await ask_for(session, viewer, scene.tree["nation"], format=ExportFormat.JSON_LINES)
    await work_off(context)
    (line,) = (await file_of(context, await export_now(sessions, export.id))).splitlines()
    row = json.loads(line)
    assert list(row) == [column.key for column in KINDS[K.DELIVERIES].columns]
    assert (row["publishedAt"], row["level"], row["id"]) == ("2026-05-31T16:30:00Z", "COUNTY", id_of(sent))
    assert {row[name] for name in ("reposts", "reads", "countedAt", "goneAt", "campaign", "link")} == {None}


async def test_a_workbook_says_what_it_is_and_nothing_of_a_campaign_that_is_not_to_be_seen(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    east, west = scene.tree["east"], scene.tree["west"]
    campaign = Campaign(id=new_id(), unit_id=west.id, unit_path=west.path, title="西部推介", created_at=AT)
    session.add(campaign)
    await session.commit()
    near = await add_user(session, east, Role.VIEWER, login="near")
    for person, unit, words in ((viewer, "nation", ["西部推介"]), (near, "east", [])):
        filters: dict[str, Any] = {"campaign_id": campaign.id, "since": date(2026, 6, 1), "levels": [Level.COUNTY]}
        export = await ask_for(session, person, scene.tree[unit], format=ExportFormat.XLSX, **filters)
        await work_off(context)
        content = await file_of(context, await export_now(sessions, export.id))
        said = openpyxl.load_workbook(io.BytesIO(content))["README"]
        told = [cell.value for cell in said["B"]]
        assert told[:4] == ["已发布微博", unit, "县级", "2026-06-01"]
        assert told[4:-3] == words
        assert told[-2] == "北京时间(UTC+08:00)"


async def test_accounts_and_units_are_told_as_ledgers(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    await session.execute(update(Account).values(token="sealed:0011"))
    accounts = await ask_for(session, viewer, scene.tree["east"], K.ACCOUNTS)
    units = await ask_for(session, viewer, scene.tree["east"], K.UNITS, levels=[Level.COUNTY])
    found = await made(context, sessions, accounts)
    assert sorted((row["机构"], row["状态"], row["品牌账号"]) for row in found) == [
        ("east", "正常", "否"),
        ("north county", "正常", "否"),
    ]
    content = (await file_of(context, await export_now(sessions, accounts.id))).decode()
    assert "sealed" not in content
    ledger = await made(context, sessions, units)
    assert sorted((row["机构"], row["上级机构"], row["设立日期"]) for row in ledger) == [
        ("north county", "east city", "2010-05-04"),
        ("south county", "east city", "2010-05-04"),
    ]


async def test_comments_are_told_masked_and_without_whoever_wrote_them(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    east, west = [
        await add_published(
            session, scene.post, scene.accounts[unit], published_at=AT, host_url="https://weibo.example/1"
        )
        for unit in ("north county", "far county")
    ]
    who: dict[str, Any] = {"author_uid": "5550001", "author_name": "某家长", "collected_at": AT}
    phone = {"text": "=电话 ***********", "marks": [WordingKind.PHONE]}
    earlier = {"created_at": AT - timedelta(days=1), "collected_at": AT, "marks": []}
    session.add_all(
        [
            Comment(id=new_id(), delivery_id=east.id, host_comment_id="1", created_at=AT, **who, **phone),
            Comment(id=new_id(), delivery_id=east.id, host_comment_id="2", erased_at=AT, **earlier),
            Comment(id=new_id(), delivery_id=west.id, host_comment_id="3", created_at=AT, **who, text="远处", marks=[]),
        ]
    )
    await session.commit()
    export = await ask_for(
        session, viewer, scene.tree["east"], K.COMMENTS, since=date(2026, 5, 31), levels=[Level.COUNTY]
    )
    (first, erased) = sorted(
        await made(context, sessions, export), key=lambda row: row["评论时间(北京时间)"], reverse=True
    )
    assert (first["机构"], first["层级"], first["微博链接"]) == ("north county", "县级", "https://weibo.example/1")
    assert first["评论内容(已遮盖)"] == "'=电话 ***********"
    assert first["用语提示"] == WordingKind.PHONE.zh
    assert (first["评论时间(北京时间)"], first["微博标识"]) == ("2026-06-01 00:30:00", id_of(east))
    assert erased["评论内容(已遮盖)"] == ""
    content = (await file_of(context, await export_now(sessions, export.id))).decode()
    assert "5550001" not in content
    assert "某家长" not in content
    for filters, count in (({"until": date(2026, 6, 1)}, 1), ({"campaign_id": new_id()}, 0), ({}, 3)):
        narrowed = await ask_for(session, viewer, scene.tree["nation"], K.COMMENTS, **filters)
        assert len(await made(context, sessions, narrowed)) == count


async def test_what_narrows_it_narrows_it(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    for day, unit in ((30, "east"), (31, "north county"), (31, "far county")):
        # Half past midnight in China is the day before in Greenwich.
        at = datetime(2026, 5, day, 16, 30, tzinfo=UTC)
        await add_published(session, scene.post, scene.accounts[unit], published_at=at)
    nation = scene.tree["nation"]
    for filters, wanted in (
        ({"since": date(2026, 6, 1)}, ["far county", "north county"]),
        ({"until": date(2026, 6, 1)}, ["east"]),
        ({"levels": [Level.PROVINCIAL]}, ["east"]),
        ({"campaign_id": new_id()}, []),
    ):
        export = await ask_for(session, viewer, nation, language=Language.EN, **filters)
        assert sorted(row["Unit"] for row in await made(context, sessions, export)) == wanted
    export = await ask_for(session, viewer, scene.tree["west"], language=Language.EN)
    assert [row["Unit"] for row in await made(context, sessions, export)] == ["far county"]


async def test_a_grant_that_ended_meanwhile_exports_nothing(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    await add_published(session, scene.post, scene.accounts["east"])
    export = await ask_for(session, viewer, scene.tree["nation"])
    await session.execute(update(Grant).where(Grant.user_id == viewer.id).values(valid_to=func.now()))
    await session.commit()
    # Who still holds something below does not get a part of what was asked for.
    await add_grant_below(session, viewer, scene)
    await work_off(context)
    await assert_nothing(context, sessions, export, Reason.EXPORT_REACH_LOST)


async def test_whoever_is_disabled_meanwhile_exports_nothing(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    export = await ask_for(session, viewer, scene.tree["nation"])
    await session.execute(update(User).where(User.id == viewer.id).values(disabled_at=func.now()))
    await session.commit()
    await work_off(context)
    await assert_nothing(context, sessions, export, Reason.EXPORT_REACH_LOST)


async def test_a_grant_that_ends_between_two_pages_or_after_the_last_exports_nothing(
    context: WorkerContext,
    sessions: Sessions,
    session: AsyncSession,
    scene: Scene,
    viewer: User,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(exports, "PAGE_ROWS", 2)
    await add_many(session, scene, 5)

    async def end() -> None:
        async with sessions() as other:
            await other.execute(update(Grant).where(Grant.user_id == viewer.id).values(valid_to=func.now()))
            await other.commit()

    read = work.page

    async def page(*given: Any, **named: Any) -> Any:
        found = await read(*given, **named)
        if named["after"] is None and is_early:
            await end()
        return found

    monkeypatch.setattr(work, "page", page)
    for is_early in (True, False):
        export = await ask_for(session, viewer, scene.tree["nation"])
        after_the_last = replace(context, store=Interrupting(end))
        await work_off(context if is_early else after_the_last)
        await assert_nothing(after_the_last, sessions, export, Reason.EXPORT_REACH_LOST)
        async with sessions() as other:
            await other.execute(update(Grant).where(Grant.user_id == viewer.id).values(valid_to=None))
            await other.commit()


async def add_grant_below(session: AsyncSession, user: User, scene: Scene) -> None:
    east = scene.tree["east"]
    session.add(
        Grant(id=new_id(), user_id=user.id, role=Role.VIEWER, unit_id=east.id, unit_path=east.path, valid_from=AT)
    )
    await session.commit()
