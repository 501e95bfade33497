"""Showcase lessons that newspapers are to hear of, and kits as the database has them."""

from datetime import date
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring
from domain.lessons.commands import showcase_lesson
from domain.lessons.content import Content, Plan, Source, Step
from domain.lessons.models import Lesson
from domain.press.commands import request_press_kit
from domain.press.models import PressKit
from domain.press.sheets import Desk
from domain.terms import ContentGuidance, Licence, ServiceKind, SupervisionLevel
from integrations.database import Sessions
from tests.factories.lessons import write
from tests.factories.posts import add_account, add_host
from tests.factories.units import NOW, Tree, plant_tree

CONTACT = "电话 029-12345678"
CONTENT = Content(
    title="夏天的河边,我们记住六个不",
    service=ServiceKind.SELF_PROTECTION,
    theme="文明生活",
    text="河塘就在家门口。\n\n孩子自己找出身边的水域。",
    authors="作者甲、作者乙",
    plan=Plan(
        age_least=8,
        age_most=12,
        minutes=40,
        goals=("会说“六个不”",),
        key_points=("不私自下水",),
        steps=(Step("看短片", 10, "说一说\n看到了什么。"), Step("画地图")),
        materials=("彩笔", "白纸"),
        safety_note="不到水边。",
        supervision=SupervisionLevel.PRESENT,
        content_guidance=(ContentGuidance.WATER,),
        licence=Licence.CC_BY,
        sources=(Source("防溺水六不", "公开宣传资料"),),
    ),
)


def desk(*pictures: tuple[str, str], unit: str = "鄠邑区志愿服务队") -> Desk:
    """Who hands out a kit on the first of June."""
    return Desk(unit, CONTACT, date(2026, 6, 1), "https://qicai.example", pictures)


async def plant_press(session: AsyncSession, keyring: Keyring) -> Tree:
    """The small tree, whose nation has an account to post by: pictures are approved with posts."""
    tree = await plant_tree(session)
    await add_account(session, tree, "nation", await add_host(session, keyring), keyring)
    return tree


async def showcased(session: AsyncSession, tree: Tree, unit: str = "nation", **fields: Any) -> Lesson:
    """A showcase lesson of a unit, committed."""
    lesson = await write(session, Actor.operator(), tree[unit], **fields)
    await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="试点")
    await session.commit()
    return lesson


async def request(session: AsyncSession, tree: Tree, unit: str = "north county", **given: Any) -> PressKit:
    """A kit that somebody asked for, committed."""
    actor: Actor = given.pop("actor", Actor.operator())
    asked: dict[str, Any] = {"now": NOW, "unit_id": tree[unit].id, "contact": CONTACT} | given
    kit = await request_press_kit(session, actor, **asked)
    await session.commit()
    return kit


async def kit_now(sessions: Sessions, kit: PressKit) -> PressKit:
    """The row as it is in the database."""
    async with sessions() as session:
        return await session.get_one(PressKit, kit.id)


async def set_kit(sessions: Sessions, kit: PressKit, **values: Any) -> None:
    """As if this had come about."""
    async with sessions() as session:
        await session.execute(update(PressKit).where(PressKit.id == kit.id).values(values))
        await session.commit()
