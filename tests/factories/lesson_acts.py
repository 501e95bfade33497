"""What acts on lessons, calls, nominations and reviews need on their stage, and what each is asked with."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.lessons.content import Content
from domain.lessons.models import Lesson, LessonCall, LessonRevision, Nomination, Review
from domain.terms import FiveGood, LessonState, Reach, Role, ServiceKind
from schema._base import global_id
from tests.factories.world import World

CALLING = "own province"
# Somebody apart from the line of whoever nominates.
REVIEWER = (Role.VIEWER, Reach.ACT, "sibling city")


async def lessons_nominated(session: AsyncSession, world: World, here: str, now: datetime) -> dict[str, Any]:
    """Of a unit: a lesson in an open call, one in a call that is over, one that somebody is to review, and a draft.

    Of one more call the reviews are closed.
    """
    rows: dict[str, Any] = {
        "open call": _call(world, now, closes_at=now + timedelta(days=1)),
        "closed call": _call(world, now, closes_at=now - timedelta(hours=1)),
        "reviewed call": _call(world, now, closes_at=now - timedelta(hours=1), reviews_closed_at=now),
    }
    for name, call, state in (
        ("open", "open call", LessonState.NOMINATED),
        ("waiting", "closed call", LessonState.NOMINATED),
        ("reviewed", "closed call", LessonState.UNDER_REVIEW),
    ):
        lesson = _lesson(world, here, state, now)
        rows[f"{name} lesson"] = lesson
        rows[f"{name} revision"] = _revision(lesson, 1, now)
        rows[f"{name} nomination"] = Nomination(
            id=new_id(),
            call_id=rows[call].id,
            lesson_id=lesson.id,
            revision=1,
            unit_id=lesson.unit_id,
            unit_path=lesson.unit_path,
            nominated_at=now,
        )
    rows["plain lesson"] = _lesson(world, here, LessonState.DRAFT, now)
    rows["plain lesson"].revision = rows["plain lesson"].version = 2
    for number, name in ((1, "earlier revision"), (2, "newest revision")):
        rows[name] = _revision(rows["plain lesson"], number, now)
    rows["review"] = Review(
        id=new_id(),
        nomination_id=rows["reviewed nomination"].id,
        reviewer_id=world.people[REVIEWER].id,
        assigned_at=now,
    )
    for row in rows.values():
        session.add(row)
        await session.flush()
    await session.commit()
    return rows


def on_lessons(world: World, row: Callable[[str], str], here: str, day: str) -> dict[str, dict[str, Any]]:
    """One input for each case of each act on lessons, and on where they are taught."""
    unit, draft = {"unitId": world.id("Unit", here)}, {"lessonId": world.id("Lesson", here)}
    # A showcase lesson is there for every level, so that of strangers does as well as one's own.
    lesson = {"lessonId": global_id("Lesson", world.rows["Showcase", "stranger county"].id)}
    taught = {"taughtOn": day, "classes": 2, "children": 60, "classHours": 4}
    return {
        "createLesson": {**unit, "title": "课", "service": "STUDY_HELP", "text": "文"},
        "editLesson": {**draft, "expectedVersion": 1, "text": "八个不。"},
        "adaptLesson": {**lesson, **unit},
        "adaptLesson of a draft": {**draft, **unit},
        "showcaseLesson": {**draft, "reason": "试点"},
        "withdrawLesson": {"lessonId": global_id("Lesson", world.rows["Showcase", here].id), "reason": "内容有误"},
        "discardLesson": {"lessonId": row("plain lesson"), "reason": "误建"},
        "eraseRevision": {"revisionId": row("earlier revision"), "reason": "写有儿童信息"},
        "editThemes": {"listName": "试验分类", "since": 2026, "names": ["思想引领"], "seenNames": []},
        "addHolidays": {"year": 2050, "source": "通知", "holidays": [{"day": "2050-01-01", "name": "元旦"}]},
        "recordPractice": {**lesson, **unit, **taught},
        "editPractice": {"practiceId": world.id("Practice", here), "expectedVersion": 1, **taught},
        "withdrawPractice": {"practiceId": world.id("Practice", here)},
        "beginUploads for a lesson": {
            **unit,
            "purpose": "LESSON_ATTACHMENT",
            "files": [{"name": "教案.pdf", "contentType": "application/pdf", "size": 1000}],
        },
        "requestPressKit": {**unit, **lesson, "contact": "029-12345678"},
        "requestPressKit of a campaign": {
            **unit,
            "campaignId": world.id("Campaign", here),
            "contact": "029-12345678",
        },
    }


def on_calls(world: World, row: Callable[[str], str], here: str, now: datetime) -> dict[str, dict[str, Any]]:
    """One input for each case of each act on calls."""
    scores = [{"good": good.value, "score": 4} for good in FiveGood]
    call = {"title": "征集", "text": "欢迎推荐。", "closesAt": (now + timedelta(days=30)).isoformat()}
    nominated = {"lessonId": world.id("Lesson", here), "callId": row("open call"), "unitId": world.id("Unit", here)}
    reviewers = [world.id("User", REVIEWER[2])]
    return {
        "openCall": {"unitId": world.id("Unit", here), **call},
        "editCall": {"callId": row("open call"), "expectedVersion": 1, **call},
        "nominateLesson": nominated,
        "withdrawNomination": {"nominationId": row("open nomination")},
        "assignReviewers": {"nominationId": row("waiting nomination"), "reviewerIds": reviewers},
        "unassignReviewers": {"nominationId": row("reviewed nomination"), "reviewerIds": reviewers},
        "scoreReview": {"reviewId": row("review"), "scores": scores},
        "closeReviews": {"callId": row("closed call")},
        "reopenReviews": {"callId": row("reviewed call"), "reason": "误操作"},
        "decideNomination": {"nominationId": row("waiting nomination"), "isChosen": False},
    }


def _call(world: World, now: datetime, **times: datetime) -> LessonCall:
    unit = world.units[CALLING]
    times |= {"opens_at": now - timedelta(days=2), "created_at": now}
    return LessonCall(id=new_id(), unit_id=unit.id, unit_path=unit.path, title="征集", text="欢迎推荐。", **times)


def _revision(lesson: Lesson, number: int, now: datetime) -> LessonRevision:
    said = {"content": Content.of_row(lesson).kept(), "written_at": now}
    return LessonRevision(id=new_id(), lesson_id=lesson.id, unit_path=lesson.unit_path, number=number, **said)


def _lesson(world: World, here: str, state: LessonState, now: datetime) -> Lesson:
    unit = world.units[here]
    said = {"title": "玩七巧板", "theme": "", "text": "七块板。", "authors": "", "plan": {}}
    return Lesson(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        service=ServiceKind.STUDY_HELP,
        state=state,
        created_at=now,
        **said,
    )
