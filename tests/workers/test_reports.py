"""Reports made by a worker: page and PDF of the same figures, or told why not; what is over is cleared away."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.campaigns.models import Campaign
from domain.handouts.rules import TRIES, documents_in
from domain.reports.models import CampaignReport
from domain.terms import HandoutState, Language
from integrations.database import Sessions
from integrations.objects import MemoryTwin, StoreAway
from integrations.printing import press as printing
from integrations.printing.press import PressBroke
from tests.factories.deliveries import Scene, add_post, add_published, add_snapshot
from tests.factories.papers import text_of
from tests.factories.posts import add_campaign
from tests.factories.reports import HARMFUL, make, report_now, request
from workers import requests
from workers.context import WorkerContext


@pytest.fixture
async def campaign(session: AsyncSession, scene: Scene) -> Campaign:
    """One with two posts that went out, one of which was read."""
    found = await add_campaign(session, scene.tree)
    post = await add_post(session, scene.tree, scene.lesson, campaign=found)
    for unit in ("east", "north county"):
        delivery = await add_published(session, post, scene.accounts[unit], published_at=datetime.now(UTC))
    await add_snapshot(session, delivery, 0, reposts=4321, comments=2, likes=3)
    return found


async def files_of(context: WorkerContext, report: CampaignReport) -> dict[str, bytes]:
    found = {}
    for document in documents_in(CampaignReport.folder, report.id, report.documents, expires_at=report.expires_at):
        content = await context.store.get(document.key)
        assert content is not None
        assert len(content) == document.size
        found[document.name] = content
    return found


async def test_page_and_paper_are_made_of_what_is_so_now(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, campaign: Campaign
):
    report = await request(session, campaign, language=Language.EN)
    campaign.title = f"改过的标题{HARMFUL}"
    await session.commit()
    assert await make(context) == 1
    now = await report_now(sessions, report)
    assert (now.state, now.progress) == (HandoutState.READY, 100)
    files = await files_of(context, now)
    assert sorted(files) == ["report.html", "report.pdf"]
    page, paper = files["report.html"].decode(), text_of(files["report.pdf"])
    assert HARMFUL not in page
    assert "<script" not in page
    for told in ("改过的标题", "4,321"):
        assert told in page
        assert told in paper
    assert await make(context) == 0


async def test_a_campaign_of_which_nothing_went_out_has_a_report_too(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene
):
    report = await request(session, await add_campaign(session, scene.tree))
    await make(context)
    now = await report_now(sessions, report)
    assert now.state is HandoutState.READY
    assert "尚无已发布的微博" in (await files_of(context, now))["report.html"].decode()


async def test_a_store_that_is_away_counts_against_no_report(
    context: WorkerContext,
    sessions: Sessions,
    session: AsyncSession,
    campaign: Campaign,
    monkeypatch: pytest.MonkeyPatch,
):
    async def away(*_: object) -> None:
        raise StoreAway("away")

    report = await request(session, campaign)
    with monkeypatch.context() as while_away:
        while_away.setattr(MemoryTwin, "put", away)
        await make(context)
    now = await report_now(sessions, report)
    assert (now.state, now.tries, now.documents) == (HandoutState.QUEUED, 0, {})


async def test_a_report_that_breaks_the_press_again_and_again_is_given_up(
    context: WorkerContext,
    sessions: Sessions,
    session: AsyncSession,
    campaign: Campaign,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(printing, "PRINT_SECONDS", 0.001)
    report = await request(session, campaign)
    for _ in range(TRIES):
        with pytest.raises(PressBroke):
            await make(context)
        await session.execute(update(CampaignReport).values(try_at=func.now()))
        await session.commit()
    await make(context)
    now = await report_now(sessions, report)
    assert (now.state, now.failure) == (HandoutState.FAILED, "FILE_GAVE_UP")


async def test_what_is_over_is_cleared_from_the_store_and_forgotten(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, campaign: Campaign
):
    report = await request(session, campaign)
    await make(context)
    now = await report_now(sessions, report)
    (page, paper) = documents_in(CampaignReport.folder, now.id, now.documents, expires_at=now.expires_at)
    await session.execute(update(CampaignReport).values(expires_at=func.now()))
    await session.commit()
    await requests.forget_files(context)
    assert [await context.store.get(each.key) for each in (page, paper)] == [None, None]
    assert list(await session.scalars(select(CampaignReport.id))) == []
