"""How the figures of a report are gathered: by the reads that front ends use, so that both say the same."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import NOBODY_KNOWN, Actor, Scope, below
from domain.accounts.models import Account
from domain.base.dates import today
from domain.calendar.models import Occasion
from domain.campaigns.models import Campaign
from domain.engagement.models import Comment
from domain.engagement.queries import Answer, Question, answer, last_counts_of
from domain.engagement.top import top_posts
from domain.hosts.models import Host
from domain.hosts.rules import is_the_platform
from domain.lessons.models import Lesson
from domain.posts.models import Delivery, Post, stands
from domain.posts.queries import states_of_campaigns
from domain.posts.quotas import progress, quotas_of
from domain.posts.rules import link
from domain.publicity.clicks import clicks_of_campaigns, clicks_of_deliveries
from domain.reading.selection import Branch, Page, Record, Selection
from domain.reports.document import Document
from domain.reports.figures import (
    LESSONS_LISTED,
    TOP_POSTS,
    UNITS_LISTED,
    CampaignFigures,
    Period,
    Platform,
    Promoted,
    TopPost,
)
from domain.reports.models import CampaignReport
from domain.reports.rules import period_of, step_of, top_metric
from domain.reports.writing import written
from domain.terms import DeliveryState, Facet, Metric, Role, SeriesStep
from domain.units.models import Unit

# Before and after all posts.
EVER = date(1970, 1, 1), date(9999, 1, 1)
SHOWN = Selection(
    frozenset({"code", "published_at"}),
    (
        Branch(
            "account",
            "account",
            Selection(
                frozenset({"screen_name"}),
                (
                    Branch("unit", "unit", Selection(frozenset({"name"}))),
                    Branch("host", "host", Selection(frozenset({"safe_domain"}))),
                ),
            ),
        ),
        Branch("post", "post", Selection(branches=(Branch("lesson", "lesson", Selection(frozenset({"title"}))),))),
    ),
    {"counts": last_counts_of, "clicks": clicks_of_deliveries},
)


async def document_of(session: AsyncSession, *, report_id: UUID, now: datetime) -> Document:
    """What a report is to say as things stand now."""
    report = await session.get_one(CampaignReport, report_id)
    figures = await figures_of_campaign(session, campaign_id=report.campaign_id, now=now)
    return written(figures, report.language)


async def figures_of_campaign(session: AsyncSession, *, campaign_id: UUID, now: datetime) -> CampaignFigures:
    """What a campaign came to, as its own unit sees it: whoever may ask is told the same."""
    query = select(Campaign, Unit.name, Occasion.name).join(Unit, Unit.id == Campaign.unit_id)
    query = query.outerjoin(Occasion, Occasion.id == Campaign.occasion_id).where(Campaign.id == campaign_id)
    campaign, unit, occasion = (await session.execute(query)).one()
    here = Actor(NOBODY_KNOWN, "report", (Scope(Role.VIEWER, campaign.unit_id, campaign.unit_path),))
    given: dict[str, Any] = {"ids": [campaign_id]}
    first, last = campaign.window_from, campaign.window_to
    window = (first, last) if first and last else None
    told, step = await _told(session, campaign, window, now=now)
    top_by = top_metric(told.total)
    of_campaign = (Post.campaign_id == campaign_id, below(Delivery.unit_path, campaign.unit_path))
    return CampaignFigures(
        title=campaign.title,
        unit=unit,
        occasion=occasion,
        occasion_date=campaign.occasion_date,
        window=window,
        as_of=now,
        platforms=await _platforms(session, of_campaign),
        states=(await states_of_campaigns(session, here, **given))[campaign_id],
        late=await _late(session, of_campaign),
        quotas=(await quotas_of(session, here, **given))[campaign_id],
        progress=await progress(session, here, campaign_id=campaign_id, path=campaign.unit_path, limit=UNITS_LISTED),
        total=told.total,
        step=step,
        series=[Period(*each) for each in told.series(step)],
        levels=told.levels(),
        hosts=told.hosts(),
        top_by=top_by,
        top=[] if top_by is None else await _top(session, here, told.question, top_by),
        clicks=(await clicks_of_campaigns(session, here, **given))[campaign_id].days,
        lessons=await _lessons(session, of_campaign),
        comments=await _comments(session, of_campaign),
    )


async def _told(
    session: AsyncSession, campaign: Campaign, window: tuple[date, date] | None, *, now: datetime
) -> tuple[Answer, SeriesStep]:
    """The roll-ups of the campaign, over the time in which there is something to tell."""
    question = Question(campaign.unit_id, campaign.unit_path, *EVER, Facet.CAMPAIGN, campaign.id)
    found = await answer(session, question)
    since, until = period_of([row.day for row in found.rows], window, today=today(now)) or (EVER[0], EVER[0])
    return Answer(replace(question, since=since, until=until), found.rows), step_of(since, until)


async def _platforms(session: AsyncSession, where: Sequence[ColumnElement[bool]]) -> list[Platform]:
    rows = await session.execute(
        select(Host.name, Host.kind, Host.api_url)
        .join(Account, Account.host_id == Host.id)
        .join(Delivery, Delivery.account_id == Account.id)
        .join(Post, Post.id == Delivery.post_id)
        .where(*where)
        .distinct()
        .order_by(Host.name)
    )
    return [Platform(name, kind, not is_the_platform(kind, api_url)) for name, kind, api_url in rows]


async def _late(session: AsyncSession, where: Sequence[ColumnElement[bool]]) -> int:
    allowed = func.make_interval(0, 0, 0, 0, 0, 0, Post.late_after_seconds)
    query = select(func.count()).select_from(Delivery).join(Post, Post.id == Delivery.post_id).where(*where)
    is_late = stands(Delivery, DeliveryState.PUBLISHED), Delivery.published_at > Delivery.due_at + allowed
    return await session.scalar(query.where(*is_late)) or 0


async def _top(session: AsyncSession, here: Actor, question: Question, metric: Metric) -> list[TopPost]:
    page = Page(size=TOP_POSTS)
    found = await top_posts(session, here, SHOWN, question=question, metric=metric, page=page)
    return [_top_post(record) for record in found.nodes]


def _top_post(record: Record) -> TopPost:
    account, counts, clicks = (record.branches[name] for name in ("account", "counts", "clicks"))
    return TopPost(
        unit=account.branches["unit"].name,
        account=account.screen_name,
        lesson=record.branches["post"].branches["lesson"].title,
        day=today(record.published_at),
        counts={metric: getattr(counts, metric.value.lower(), None) for metric in Metric},
        clicks=clicks.total,
        short_link=link(account.branches["host"].safe_domain, record.code),
    )


async def _lessons(session: AsyncSession, where: Sequence[ColumnElement[bool]]) -> list[Promoted]:
    rows = await session.execute(
        select(Lesson.title, Unit.name, func.count())
        .select_from(Delivery)
        .join(Post, Post.id == Delivery.post_id)
        .join(Lesson, Lesson.id == Post.lesson_id)
        .join(Unit, Unit.id == Lesson.unit_id)
        .where(*where, stands(Delivery, DeliveryState.PUBLISHED))
        .group_by(Lesson.id, Unit.id)
        .order_by(Lesson.id)
        .limit(LESSONS_LISTED)
    )
    return [Promoted(*row) for row in rows]


async def _comments(session: AsyncSession, where: Sequence[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(Comment).join(Delivery, Delivery.id == Comment.delivery_id)
    return await session.scalar(query.join(Post, Post.id == Delivery.post_id).where(*where)) or 0
