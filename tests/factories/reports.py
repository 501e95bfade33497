"""Figures of campaigns as a report is made of them, and reports that somebody asked for."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.campaigns.models import Campaign
from domain.engagement.rules import Figures, Total
from domain.posts.queries import StateCount
from domain.posts.quotas import QuotaStanding, UnitProgress
from domain.publicity.clicks import DayClicks
from domain.reports.commands import request_campaign_report
from domain.reports.figures import CampaignFigures, Period, Platform, Promoted, TopPost
from domain.reports.models import CampaignReport
from domain.terms import DeliveryState, FigureGap, HostKind, Level, Metric, QuotaScope, SeriesStep
from integrations.database import Sessions
from tests.factories.units import NOW
from workers import handouts, reports
from workers.context import WorkerContext

NOBODY = UUID(int=0)
READ_AT = datetime(2026, 6, 8, 2, 30, tzinfo=UTC)
FIRST = date(2026, 6, 1)
LESSON = "夏天的河边,我们记住六个不"
COUNTS = {Metric.REPOSTS: 210, Metric.COMMENTS: 34, Metric.LIKES: 800, Metric.READS: None}
HARMFUL = "<script>alert(1)</script>&\"'"


def figures(published: int, reposts: int | None, *, known: int | None = None) -> Figures:
    """What some posts came to; what is not read has no value."""
    read = published if known is None else known
    gap = None if reposts is not None or not published else FigureGap.NOT_READ
    total = Total(reposts, read if reposts is not None else 0, published, READ_AT, gap)
    silent = Total(None, 0, published, READ_AT, FigureGap.NOT_REPORTED if published else None)
    halves = replace(total, value=None if reposts is None else reposts // 2)
    return Figures(published, 1 if published > 5 else 0, total, halves, halves, silent)


def empty(**given: Any) -> CampaignFigures:
    """A campaign of which nothing went out and nothing is asked."""
    bare: dict[str, Any] = {
        "title": "六一推介",
        "unit": "国家级志愿服务队",
        "occasion": None,
        "occasion_date": None,
        "window": None,
        "as_of": NOW,
        "total": figures(0, None),
        "step": SeriesStep.DAY,
        "late": 0,
        "top_by": None,
        "comments": 0,
    }
    lists = ("platforms", "states", "quotas", "progress", "series", "levels", "hosts", "top", "clicks", "lessons")
    return CampaignFigures(**bare | dict.fromkeys(lists, ()) | given)


def full(**given: Any) -> CampaignFigures:
    """A campaign with something of everything."""
    values: Sequence[int | None] = (0, 120, 340, None, 90, 60, 20)
    told: dict[str, Any] = {
        "occasion": "国际儿童节",
        "occasion_date": FIRST,
        "window": (FIRST, FIRST + timedelta(days=6)),
        "platforms": [Platform("sandbox", HostKind.WEIBO, True)],
        "states": [
            StateCount(DeliveryState.SCHEDULED, 2),
            StateCount(DeliveryState.PUBLISHED, 1234),
            StateCount(DeliveryState.FAILED, 3),
        ],
        "late": 7,
        "quotas": [
            QuotaStanding(Level.PROVINCIAL, QuotaScope.WITH_BELOW, 10, 31, 24),
            QuotaStanding(Level.COUNTY, QuotaScope.OWN, 1, 2843, 1900),
        ],
        "progress": [
            UnitProgress(NOBODY, "61", "陕西省", Level.PROVINCIAL, QuotaScope.WITH_BELOW, 10, 12),
            UnitProgress(NOBODY, "610118", "西安市鄠邑区㵲阳街道志愿服务队", Level.COUNTY, QuotaScope.OWN, 1, 0),
            UnitProgress(NOBODY, "62", "甘肃省", Level.PROVINCIAL, QuotaScope.WITH_BELOW, 10, 4),
        ],
        "total": figures(1234, 5630, known=1200),
        "series": [
            Period(
                FIRST + timedelta(days=place),
                FIRST + timedelta(days=place + 1),
                figures(0 if value is None else 100 + place, value),
            )
            for place, value in enumerate(values)
        ],
        "levels": [(Level.PROVINCIAL, figures(31, 2130)), (Level.COUNTY, figures(1203, 3500))],
        "hosts": [(HostKind.WEIBO, figures(1234, 5630, known=1200))],
        "top_by": Metric.REPOSTS,
        "top": [
            TopPost("陕西省", "七彩陕西", LESSON, FIRST, COUNTS, 56, "https://qicai.example/s/2b4c6d8f3g"),
        ],
        "clicks": [DayClicks(FIRST, 40), DayClicks(FIRST + timedelta(days=3), 16)],
        "lessons": [Promoted(LESSON, "鄠邑区志愿服务队", 1234)],
        "comments": 77,
    }
    return empty(**told | given)


async def request(session: AsyncSession, campaign: Campaign, **given: Any) -> CampaignReport:
    """A report that somebody asked for, committed."""
    actor: Actor = given.pop("actor", Actor.operator())
    asked: dict[str, Any] = {"now": datetime.now(UTC), "campaign_id": campaign.id} | given
    report = await request_campaign_report(session, actor, **asked)
    await session.commit()
    return report


async def report_now(sessions: Sessions, report: CampaignReport) -> CampaignReport:
    """The row as it is in the database."""
    async with sessions() as session:
        return await session.get_one(CampaignReport, report.id)


async def make(context: WorkerContext) -> int:
    """Let a worker look once."""
    held = await handouts.claim(context, CampaignReport, 1)
    for each in held:
        await reports.make(context, each)
    return len(held)
