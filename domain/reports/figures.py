"""The figures of a campaign at one time, as plain data: what a report says is made of them and of nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.engagement.rules import Figures
from domain.posts.queries import StateCount
from domain.posts.quotas import QuotaStanding, UnitProgress
from domain.publicity.clicks import DayClicks
from domain.terms import HostKind, Level, Metric, SeriesStep

# A table of thousands of units is no report; how many of them met what was asked is told for all.
UNITS_LISTED, TOP_POSTS, LESSONS_LISTED = 400, 10, 100


@dataclass(frozen=True)
class Period:
    """The posts that went out in one period of the series (分期)."""

    since: date
    until: date
    figures: Figures


@dataclass(frozen=True)
class TopPost:
    """A post among those that have most of a metric (热门微博): a post, never a unit."""

    unit: str
    account: str
    lesson: str
    day: date
    counts: dict[Metric, int | None]
    clicks: int
    short_link: str


@dataclass(frozen=True)
class Promoted:
    """A lesson that was promoted (推介课程), and how many posts about it went out."""

    title: str
    unit: str
    published: int


@dataclass(frozen=True)
class Platform:
    """A platform to which posts went (平台); what a sandbox answers is made up."""

    name: str
    kind: HostKind
    is_synthetic: bool


@dataclass(frozen=True)
class CampaignFigures:
    """All that a report tells of a campaign (推介数据)."""

    title: str
    unit: str
    occasion: str | None
    occasion_date: date | None
    window: tuple[date, date] | None
    as_of: datetime
    platforms: Sequence[Platform]
    states: Sequence[StateCount]
    # Published later than its post allowed.
    late: int
    quotas: Sequence[QuotaStanding]
    progress: Sequence[UnitProgress]
    total: Figures
    step: SeriesStep
    series: Sequence[Period]
    levels: Sequence[tuple[Level, Figures]]
    hosts: Sequence[tuple[HostKind, Figures]]
    top_by: Metric | None
    top: Sequence[TopPost]
    clicks: Sequence[DayClicks]
    lessons: Sequence[Promoted]
    # Comments that were collected; how many the platforms count is in the total.
    comments: int
