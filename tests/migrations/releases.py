"""Data as earlier releases left them, which every later migration has to carry over.

`releases/NNNN.sql` holds a few rows of every table as they stood at revision NNNN. Before a revision that was
released gets a successor, write its file and commit it, while the code still is at that revision:

    .venv/bin/python -m tests.migrations.releases

It makes a database of its own, fills it through the factories (`invent` below; a new table wants its row there),
and writes what it finds. A file of an earlier revision is never written again.
"""

import asyncio
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain.access.models import User
from domain.accounts.models import Account, AccountEvent, Authorization, Delegation, Guidance, Renewal
from domain.audit.models import AuditEntry, AuditSeal
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.base.models import Base
from domain.calendar.models import Holiday, Occasion, SchoolTerm
from domain.campaigns.models import Campaign, CampaignQuota
from domain.engagement.folding import fold
from domain.engagement.models import Comment, CommentReading, FollowerCount, Goal, Reading, RollupMark, Snapshot
from domain.exports.models import Export
from domain.lessons.content import Content
from domain.lessons.models import Lesson, LessonCall, LessonRevision, Nomination, Practice, Review
from domain.logins.models import LoginGuard, LoginLink, RefreshToken, Session
from domain.posts.models import Attempt, Delivery, Hold, Silence, fences
from domain.press.models import PressKit
from domain.publicity.models import Click
from domain.reports.models import CampaignReport
from domain.requests.models import KeyedRequest
from domain.tables import metadata
from domain.terms import (
    AccountChange,
    AttemptKind,
    DayKind,
    DeliveryState,
    ExportFormat,
    ExportKind,
    FileKind,
    HoldReason,
    Language,
    Level,
    LinkPurpose,
    OccasionKind,
    PictureKind,
    QuotaScope,
    Role,
    SessionKind,
    UnitActKind,
    UnitActState,
    UploadPurpose,
    WordingKind,
)
from domain.units.models import UnitAct, unit_numbers
from domain.uploads.models import LessonFile, Picture, Upload
from integrations.database import open_engine, open_sessions
from integrations.embedded import lease
from migrations.apply import head, migrate
from tests.factories.posts import add_account, add_campaign, add_host, add_lesson, schedule
from tests.factories.units import Tree, add_user, plant_tree

# Steps within one release: no database ever stopped there, so they leave no data of their own.
STEPS = {f"{number:04}" for number in (2, 3, *range(5, 27))}
# A migration brings rows of these, so that they are there before a file is loaded.
BROUGHT = {"label_words", "themes"}
# Triggers bring rows of these while the others are loaded.
TRIGGERED = "rollup_marks"
FOLDER = Path(__file__).parent / "releases"
AT = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
# The keys that seal the tokens in the files; they open nothing else.
KEYRING = Keyring("release", {"release": bytes(range(32))})


def files() -> dict[str, Path]:
    """The data files by their revision."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.sql"))}


async def invent(session: AsyncSession) -> None:
    """A few rows of every table, committed."""
    tree = await plant_tree(session)
    host = await add_host(session, KEYRING)
    for unit in ("nation", "east", "north county", "far county"):
        await add_account(session, tree, unit, host, KEYRING)
    reviewer = await add_user(session, tree["north county"], Role.VIEWER, "reader", valid_to=AT + timedelta(days=365))
    lesson, campaign = await add_lesson(session, tree), await add_campaign(session, tree)
    sent = (await schedule(session, tree, lesson, campaign=campaign)).deliveries
    await schedule(session, tree, lesson)
    delivery = sent[0]
    delivery.state, delivery.published_at, delivery.host_post_id = DeliveryState.PUBLISHED, AT, "5000000000000001"
    delivery.host_url, delivery.fence, delivery.claimed_at = "https://weibo.example/1", 1, AT
    sent[1].state, sent[1].problem, sent[1].problem_detail = DeliveryState.FAILED, "CONTENT_REJECTED", "20012: 太长"
    account = (await session.execute(select(Account).where(Account.id == delivery.account_id))).scalar_one()
    tried = {"claimed_at": AT, "settled_at": AT}
    session.add_all(
        [
            Attempt(delivery_id=delivery.id, kind=AttemptKind.SUBMIT, fence=1, event="PUBLISHED", **tried),
            Reading(
                delivery_id=delivery.id,
                host_id=account.host_id,
                host_post_id="5000000000000001",
                published_at=AT,
                slot=1,
                due_at=AT + timedelta(hours=1),
            ),
            CampaignQuota(campaign_id=campaign.id, level=Level.PROVINCIAL, scope=QuotaScope.OWN, minimum=30),
            Click(delivery_id=delivery.id, day=AT.date(), count=7),
            Hold(delivery_id=delivery.id, reason=HoldReason.NOT_APPROVED, since=AT, lifted_at=AT),
            *_said_below(delivery),
            Snapshot(delivery_id=delivery.id, slot=0, taken_at=AT, reposts=3, comments=0, likes=12),
            KeyedRequest(
                user_id=(await add_user(session, tree["east"], login="keeper")).id,
                key="a key",
                mutation="createCampaign",
                fingerprint=b"\x00\xff",
                result={"id": str(campaign.id)},
                created_at=AT,
            ),
        ]
    )
    for row in (*_of_people_and_decisions(tree, account), *_of_lessons(lesson, reviewer), _report(campaign)):
        session.add(row)
        await session.flush()
    await fold(session, limit=100)
    session.add(RollupMark(delivery_id=delivery.id))
    for sequence, number in ((unit_numbers, len(tree.units)), (fences, 1)):
        await session.execute(text(f"SELECT setval('{sequence.name}', {number})"))
    await session.commit()


def _said_below(delivery: Delivery) -> list[Base]:
    """A comment below a delivery, how far comments were collected there, and the followers of its account."""
    said = {"author_uid": "7000000001", "author_name": "模拟读者", "text": "好", "marks": [WordingKind.PHONE]}
    times = {"created_at": AT, "collected_at": AT}
    return [
        CommentReading(delivery_id=delivery.id, counted=1, swept=1, known="4100000000000001"),
        Comment(delivery_id=delivery.id, host_comment_id="4100000000000001", **said, **times),
        FollowerCount(account_id=delivery.account_id, day=AT.date(), count=120, taken_at=AT),
    ]


def _of_people_and_decisions(tree: Tree, account: Account) -> list[Base]:
    """What there is since 0.2.0: sessions, links, guidance, changes of the tree, and the record of decisions."""
    east = tree["east"]
    here = {"unit_id": east.id, "unit_path": east.path}
    user = User(id=new_id(), login="tester", name="Tester", created_at=AT, **here)
    login = Session(
        id=new_id(),
        user=user,
        kind=SessionKind.APP,
        label="phone",
        created_at=AT,
        last_used_at=AT,
        expires_at=AT + timedelta(days=30),
    )
    link = LoginLink(user=user, purpose=LinkPurpose.RESET, key_id="k", created_at=AT, expires_at=AT)
    events = {"account_id": account.id, "at": AT, "before": {}, "after": {}}
    renamed = {"unit_id": str(east.id), "name": "east renamed"}
    proposed = {"kind": UnitActKind.RENAME, "state": UnitActState.PROPOSED, "details": renamed, "proposed_at": AT}
    return [
        user,
        login,
        link,
        RefreshToken(digest=b"refresh", session_id=login.id, issued_at=AT),
        LoginGuard(digest=b"guard", failures=1, failed_at=AT),
        Guidance(**here, title="讲故事", text="每周一个故事。", created_at=AT, updated_at=AT),
        Delegation(account_id=account.id, user=user, valid_from=AT),
        Authorization(
            user_id=user.id, unit_id=east.id, host_id=account.host_id, key_id="k", created_at=AT, expires_at=AT
        ),
        Renewal(account_id=account.id, ends_at=AT, found_at=AT),
        AccountEvent(change=AccountChange.CONNECTED, **events),
        Occasion(**here, name="省庆", kind=OccasionKind.FIXED, month=3, day=5, created_at=AT),
        SchoolTerm(**here, name="秋季", starts_on=AT.date(), ends_on=AT.date(), created_at=AT),
        Silence(**here, reason="哀悼日", ordered_at=AT, lifted_at=AT),
        *_of_files(here, user),
        UnitAct(**here, effective_on=AT.date(), reason="名单更新", **proposed),
        AuditEntry(at=AT, act="createCampaign", about="Campaign", **here, details={}, position=1, hash=b"hash"),
        AuditSeal(position=1, hash=b"hash", sealed_at=AT, key_id="k", signature=b"signature"),
    ]


def _of_files(here: dict[str, Any], user: User) -> list[Base]:
    """What there is since 0.3.0 of files that were handed in, or taken out."""
    return [
        Upload(**here, purpose=UploadPurpose.POST_PICTURE, size=3, created_at=AT, created_by=user.id),
        Picture(
            id=new_id(),
            **here,
            kind=PictureKind.PNG,
            width=1,
            height=1,
            size=67,
            sha256="00" * 32,
            created_at=AT,
            created_by=user.id,
        ),
        Export(
            **here,
            kind=ExportKind.UNITS,
            format=ExportFormat.CSV,
            language=Language.ZH_CN,
            filters={"levels": ["COUNTY"]},
            try_at=AT,
            asked_at=AT,
            asked_by=user.id,
            expires_at=AT,
        ),
        LessonFile(
            id=new_id(), **here, kind=FileKind.PDF, size=67, sha256="00" * 32, created_at=AT, created_by=user.id
        ),
    ]


def _of_lessons(lesson: Lesson, reviewer: User) -> list[Base]:
    """What there is since 0.3.0 about lessons, and a goal."""
    said = {"content": Content.of_row(lesson).kept(), "written_at": AT}
    here = {"lesson_id": lesson.id, "unit_path": lesson.unit_path}
    taught = {"taught_on": AT.date(), "classes": 1, "children": 30, "class_hours": 2, "remark": "", "recorded_at": AT}
    place = {"unit_id": lesson.unit_id, "unit_path": lesson.unit_path}
    call = LessonCall(id=new_id(), **place, title="征集", text="文", opens_at=AT, closes_at=AT, created_at=AT)
    nominated = {"call_id": call.id, "lesson_id": lesson.id, "revision": 1, "nominated_at": AT}
    nomination = Nomination(id=new_id(), **place, **nominated)
    return [
        LessonRevision(**here, number=1, **said),
        Holiday(year=2027, day=AT.date(), kind=DayKind.HOLIDAY, name="元旦", source="通知", added_at=AT),
        Practice(**here, unit_id=lesson.unit_id, **taught),
        call,
        nomination,
        Review(nomination_id=nomination.id, reviewer_id=reviewer.id, assigned_at=AT),
        Goal(**place, measure="LIKES", target=9, since=AT.date(), until=date(2027, 1, 1), note="", created_at=AT),
        PressKit(**place, lesson_id=lesson.id, contact="029-12345678", try_at=AT, asked_at=AT, expires_at=AT),
    ]


def _report(campaign: Campaign) -> CampaignReport:
    place = {"unit_id": campaign.unit_id, "unit_path": campaign.unit_path}
    times = {"try_at": AT, "asked_at": AT, "expires_at": AT}
    return CampaignReport(**place, campaign_id=campaign.id, language=Language.EN, **times)


async def dump(connection: AsyncConnection) -> str:
    """Plain SQL that makes the same rows again: one statement a table, in an order that foreign keys allow."""
    parts = []
    for table in sorted(metadata.sorted_tables, key=lambda table: table.name == TRIGGERED):
        names = [f'"{column.name}"' for column in table.columns]
        values = ", ".join(f"quote_nullable({name}::text)" for name in names)
        keys = ", ".join(column.name for column in table.primary_key)
        found = await connection.execute(text(f"SELECT {values} FROM {table.name} ORDER BY {keys}"))
        rows = [f"  ({', '.join(row)})" for row in found]
        if not rows:
            raise LookupError(f"`invent` has no row for the table {table.name}")
        known = "\nON CONFLICT DO NOTHING" if table.name in BROUGHT else ""
        if table.name == TRIGGERED:
            parts.append(f"DELETE FROM {table.name};\n")
        parts.append(f"INSERT INTO {table.name}\n  ({', '.join(names)})\nVALUES\n" + ",\n".join(rows) + f"{known};\n")
    for sequence in (unit_numbers, fences):
        last = (await connection.execute(text(f"SELECT last_value FROM {sequence.name}"))).scalar_one()
        parts.append(f"SELECT setval('{sequence.name}', {last});\n")
    return "\n".join(parts)


async def write() -> Path:
    """Write the file of the newest revision."""
    path = FOLDER / f"{head()}.sql"
    if path.exists():
        raise FileExistsError(f"{path.name} is there already; remove it first, if its revision was never released")
    with tempfile.TemporaryDirectory() as folder, lease(Path(folder), valkey=False, durable=False) as server:
        engine = open_engine(str(server.database_url))
        await migrate(engine)
        async with open_sessions(engine)() as session:
            await invent(session)
        async with engine.connect() as connection:
            await connection.execute(text("SET timezone = 'UTC'"))
            path.write_text(
                f"-- Invented rows as they stood at revision {head()}.\n\n" + await dump(connection), "utf-8"
            )
        await engine.dispose()
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(write())}\n")
