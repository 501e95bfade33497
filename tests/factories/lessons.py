"""Lessons of a small tree, and the people who work on them."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.lessons.commands import create_lesson
from domain.lessons.models import Lesson
from domain.terms import ContentGuidance, Licence, Role, ServiceKind, SupervisionLevel
from domain.units.models import Unit
from tests.factories.units import NOW, actor_at, add_user

# Given where no call chose a lesson.
WHY = "试点课程"


async def person_at(session: AsyncSession, unit: Unit, role: Role = Role.ADMINISTRATOR) -> Actor:
    """Somebody with one role over a unit, in the database."""
    user = await add_user(session, unit, role, login=f"person {new_id()}")
    return actor_at(unit, role, user_id=user.id)


def plan(**fields: Any) -> dict[str, Any]:
    """A plan as commands take it."""
    given: dict[str, Any] = {
        "age_least": 8,
        "age_most": 12,
        "minutes": 40,
        "goals": ["会说六个不"],
        "key_points": ["不私自下水"],
        "steps": [
            {"title": "看短片", "minutes": 10, "text": "讲一讲看到了什么。", "materials": ["短片"]},
            {"title": "画地图", "minutes": 20, "text": "", "materials": []},
        ],
        "materials": ["彩笔"],
        "safety_note": "不到水边。",
        "supervision": SupervisionLevel.PRESENT,
        "content_guidance": [ContentGuidance.WATER],
        "licence": Licence.CC_BY,
        "sources": [{"title": "防溺水六不", "origin": "公开宣传资料"}],
    }
    return given | fields


async def write(session: AsyncSession, actor: Actor, unit: Unit, **fields: Any) -> Lesson:
    """A draft of a unit, committed."""
    given: dict[str, Any] = {
        "title": "防溺水",
        "service": ServiceKind.SELF_PROTECTION,
        "theme": "文明生活",
        "text": "看短片,记六个不。",
        "plan": plan(),
    }
    lesson = await create_lesson(session, actor, now=NOW, unit_id=unit.id, **(given | fields))
    await session.commit()
    return lesson
