"""Asking for exports: what is refused, what is one and the same, and how many are under way."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.access.queries import actor_of
from domain.base.ids import new_id
from domain.exports.commands import cancel_export
from domain.exports.models import Export
from domain.exports.rules import UNDER_WAY_EACH
from domain.handouts import making
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, QuotaExceeded, Reason
from domain.terms import ExportFormat, ExportKind, HandoutState, Language, Level, Role
from tests.factories.exports import ask_for
from tests.factories.units import Tree, add_user, plant_tree

NOW = datetime(2026, 6, 1, tzinfo=UTC)
K, F = ExportKind, ExportFormat


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


@pytest.fixture
async def viewer(session: AsyncSession, tree: Tree) -> User:
    return await add_user(session, tree["east"], Role.VIEWER)


async def test_what_is_asked_for_waits_under_the_unit(session: AsyncSession, tree: Tree, viewer: User):
    export = await ask_for(session, viewer, tree["north county"], levels=[Level.COUNTY], since=date(2026, 5, 1))
    assert (export.state, export.unit_path) == (HandoutState.QUEUED, tree["north county"].path)
    assert export.filters == {"levels": ["COUNTY"], "since": "2026-05-01"}
    assert (export.progress, export.rows, export.language) == (0, None, Language.ZH_CN)


async def test_nobody_asks_for_rows_beyond_reach_or_beyond_the_role(session: AsyncSession, tree: Tree, viewer: User):
    with pytest.raises(NotFound):
        await ask_for(session, viewer, tree["west"])
    partner = await add_user(session, tree["east"], Role.PARTNER_WOMEN, login="partner")
    await ask_for(session, partner, tree["east"], K.UNITS)
    for kind in (K.DELIVERIES, K.ACCOUNTS):
        with pytest.raises(NotPermitted):
            await ask_for(session, partner, tree["east"], kind)


async def test_a_filter_of_another_kind_is_refused(session: AsyncSession, tree: Tree, viewer: User):
    with pytest.raises(Invalid) as refused:
        await ask_for(session, viewer, tree["east"], K.ACCOUNTS, since=date(2026, 5, 1))
    assert refused.value.reason is Reason.EXPORT_FILTER_UNFIT


async def test_the_same_asked_for_while_it_is_made_is_that_one(session: AsyncSession, tree: Tree, viewer: User):
    first = await ask_for(session, viewer, tree["east"], levels=[Level.COUNTY, Level.NATIONAL])
    again = await ask_for(session, viewer, tree["east"], levels=[Level.NATIONAL, Level.COUNTY])
    other = await ask_for(session, viewer, tree["east"], levels=[Level.COUNTY])
    assert again.id == first.id != other.id
    await session.execute(update(Export).values(state=HandoutState.READY))
    await session.commit()
    assert (await ask_for(session, viewer, tree["east"], levels=[Level.COUNTY])).id not in (first.id, other.id)


async def test_what_another_person_asks_for_is_another(session: AsyncSession, tree: Tree, viewer: User):
    other = await add_user(session, tree["east"], Role.VIEWER, login="other")
    assert (await ask_for(session, viewer, tree["east"])).id != (await ask_for(session, other, tree["east"])).id


async def test_a_person_has_a_few_under_way_and_each_end_makes_room(session: AsyncSession, tree: Tree, viewer: User):
    units = ["east", "east city", "north county", "south county"]
    asked = [await ask_for(session, viewer, tree[unit]) for unit in units[:UNDER_WAY_EACH]]
    with pytest.raises(QuotaExceeded) as refused:
        await ask_for(session, viewer, tree[units[-1]])
    assert refused.value.reason is Reason.EXPORTS_UNDER_WAY
    actor = await actor_of(session, viewer.id, now=datetime.now(UTC))
    assert actor is not None
    await cancel_export(session, actor, now=NOW, export_id=asked[0].id)
    await session.commit()
    await ask_for(session, viewer, tree[units[-1]])


async def test_a_day_has_an_end_of_them(
    session: AsyncSession, tree: Tree, viewer: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(making, "A_DAY_EACH", 1)
    export = await ask_for(session, viewer, tree["east"])
    await session.execute(update(Export).values(state=HandoutState.FAILED))
    with pytest.raises(QuotaExceeded) as refused:
        await ask_for(session, viewer, tree["east"])
    assert refused.value.reason is Reason.FILES_SPENT
    await session.execute(update(Export).values(asked_at=export.asked_at - timedelta(days=1, seconds=1)))
    await ask_for(session, viewer, tree["east"])


async def test_one_is_cancelled_once_and_by_nobody_else(session: AsyncSession, tree: Tree, viewer: User):
    export = await ask_for(session, viewer, tree["east"])
    own = await actor_of(session, viewer.id, now=datetime.now(UTC))
    chief = await add_user(session, tree["nation"], login="chief")
    other = await actor_of(session, chief.id, now=datetime.now(UTC))
    assert own is not None
    assert other is not None
    for actor, export_id in ((other, export.id), (own, new_id())):
        with pytest.raises(NotFound):
            await cancel_export(session, actor, now=NOW, export_id=export_id)
    ended = await cancel_export(session, own, now=NOW, export_id=export.id)
    assert (ended.state, ended.finished_at) == (HandoutState.CANCELLED, NOW)
    with pytest.raises(Conflict) as refused:
        await cancel_export(session, own, now=NOW, export_id=export.id)
    assert refused.value.reason is Reason.EXPORT_ENDED
