"""What can be exported: for each kind its rows and its columns. The three formats and the docs are made from these.

Rows are read as pages are, by the reading module and under the same reach, so that a file shows nothing that a page
would not. No column is of a person: names, logins, telephones and tokens stay where they are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, select

from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.dates import begins
from domain.base.ids import name_of_row
from domain.base.models import Base
from domain.engagement.comments import below_posts
from domain.engagement.models import Comment
from domain.engagement.queries import last_counts_of
from domain.exports.rules import Filters
from domain.posts.models import Delivery, Post
from domain.reading.reader import Condition
from domain.reading.selection import Branch, Measure, Record, Selection
from domain.terms import DeliveryState, ExportKind
from domain.units.models import Unit


class ColumnType(Enum):
    """What a column holds, which each format writes in its own way."""

    TEXT = "文本", "text"
    COUNT = "整数", "whole number"
    INSTANT = "时间", "instant"
    DAY = "日期", "day"
    TERM = "用语", "word"
    TERMS = "用语", "words"
    YES_NO = "是/否", "yes or no"
    ID = "标识", "id"


@dataclass(frozen=True)
class Column:
    """A column: its key for programs, its header in both languages, and the way to its value from the row."""

    key: str
    zh: str
    en: str
    type: ColumnType
    path: str

    def value(self, record: Record) -> Any:
        """The value; None where the row, or a row on the way, holds none."""
        *way, last = self.path.split(".")
        holder: Any = record
        for step in way:
            if (holder := holder.branches[step]) is None:
                return None
        value = getattr(holder, last)
        return name_of_row(holder.model.__name__, value) if self.type is ColumnType.ID else value


@dataclass(frozen=True)
class Kind:
    """The rows of a kind, what it takes to see them, what narrows them, and their columns in order."""

    model: type[Base]
    permission: Permission
    columns: Sequence[Column]
    filters: frozenset[str]
    narrowed: Callable[[Any, Filters], Iterable[ColumnElement[bool]]]
    # What is found for many rows at once, by the first step of the paths that lead through it.
    measures: Mapping[str, Measure] = field(default_factory=dict)
    # What a unit and all below it narrows rows to that lie at no place of their own.
    within: Callable[[str], Condition] | None = None

    @property
    def selection(self) -> Selection:
        """What is read of each row: the ends of all paths."""
        return _selection([column.path.split(".") for column in self.columns], self.measures)


def _selection(paths: Sequence[Sequence[str]], measures: Mapping[str, Measure]) -> Selection:
    below: dict[str, list[Sequence[str]]] = {}
    for first, *rest in paths:
        if rest:
            below.setdefault(first, []).append(rest)
    branches = [Branch(name, name, _selection(rest, {})) for name, rest in below.items() if name not in measures]
    return Selection(frozenset(first for first, *rest in paths if not rest), tuple(branches), measures)


def _deliveries(entity: Any, filters: Filters) -> Iterable[ColumnElement[bool]]:
    yield entity.state == DeliveryState.PUBLISHED
    yield from _days(entity.published_at, filters)
    yield from _sent(entity, filters)


def _comments(entity: Any, filters: Filters) -> Iterable[ColumnElement[bool]]:
    yield from _days(entity.created_at, filters)
    if sent := list(_sent(Delivery, filters)):
        yield entity.delivery_id.in_(select(Delivery.id).where(*sent))


def _days(instant: Any, filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.since:
        yield instant >= begins(filters.since)
    if filters.until:
        yield instant < begins(filters.until)


def _sent(delivery: Any, filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.levels:
        yield delivery.account_id.in_(select(Account.id).where(Account.level.in_(filters.levels)))
    if filters.campaign_id:
        yield delivery.post_id.in_(select(Post.id).where(Post.campaign_id == filters.campaign_id))


def _accounts(entity: Any, filters: Filters) -> Iterable[ColumnElement[bool]]:
    if filters.levels:
        yield entity.level.in_(filters.levels)


def _units(entity: Any, filters: Filters) -> Iterable[ColumnElement[bool]]:
    yield entity.closed_on.is_(None)
    yield from _accounts(entity, filters)


T = ColumnType
DELIVERIES = Kind(
    Delivery,
    Permission.POST_VIEW,
    (
        Column("unitCode", "机构代码", "Unit code", T.TEXT, "account.unit.code"),
        Column("unit", "机构", "Unit", T.TEXT, "account.unit.name"),
        Column("unitAbove", "上级机构", "Unit above", T.TEXT, "account.unit.parent.name"),
        Column("level", "层级", "Level", T.TERM, "account.level"),
        Column("host", "平台", "Platform", T.TEXT, "account.host.name"),
        Column("account", "账号", "Account", T.TEXT, "account.screen_name"),
        Column("accountUid", "账号编号", "Account number", T.TEXT, "account.uid"),
        Column("lesson", "课程", "Lesson", T.TEXT, "post.lesson.title"),
        Column("campaign", "推介批次", "Campaign", T.TEXT, "post.campaign.title"),
        Column("dueAt", "应发时间", "Due", T.INSTANT, "due_at"),
        Column("publishedAt", "发布时间", "Published", T.INSTANT, "published_at"),
        Column("link", "链接", "Link", T.TEXT, "host_url"),
        Column("reposts", "转发数", "Reposts", T.COUNT, "counts.reposts"),
        Column("comments", "评论数", "Comments", T.COUNT, "counts.comments"),
        Column("likes", "点赞数", "Likes", T.COUNT, "counts.likes"),
        Column("reads", "阅读数", "Reads", T.COUNT, "counts.reads"),
        Column("countedAt", "数据读取时间", "Counted", T.INSTANT, "counts.taken_at"),
        Column("goneAt", "发现已不可见时间", "Found gone", T.INSTANT, "gone_at"),
        Column("text", "正文", "Text", T.TEXT, "text"),
        Column("id", "标识", "Id", T.ID, "id"),
    ),
    frozenset({"levels", "since", "until", "campaign_id"}),
    _deliveries,
    {"counts": last_counts_of},
)
ACCOUNTS = Kind(
    Account,
    Permission.ACCOUNT_VIEW,
    (
        Column("unitCode", "机构代码", "Unit code", T.TEXT, "unit.code"),
        Column("unit", "机构", "Unit", T.TEXT, "unit.name"),
        Column("unitAbove", "上级机构", "Unit above", T.TEXT, "unit.parent.name"),
        Column("level", "层级", "Level", T.TERM, "level"),
        Column("host", "平台", "Platform", T.TEXT, "host.name"),
        Column("account", "账号", "Account", T.TEXT, "screen_name"),
        Column("accountUid", "账号编号", "Account number", T.TEXT, "uid"),
        Column("state", "状态", "State", T.TERM, "state"),
        Column("stateReason", "状态说明", "Why it stands so", T.TEXT, "state_reason"),
        Column("stateSince", "状态起始时间", "Since when", T.INSTANT, "state_since"),
        Column("positioning", "定位", "Positioning", T.TERM, "positioning"),
        Column("isBrand", "品牌账号", "Brand account", T.YES_NO, "is_brand"),
        Column("guidance", "分类指导", "Guidance", T.TEXT, "guidance.title"),
        Column("lastPostedAt", "最近发布时间", "Last posted", T.INSTANT, "last_posted_at"),
        Column("authorizedUntil", "授权到期时间", "Authorized until", T.INSTANT, "token_expires_at"),
        Column("createdAt", "接入时间", "Connected", T.INSTANT, "created_at"),
        Column("id", "标识", "Id", T.ID, "id"),
    ),
    frozenset({"levels"}),
    _accounts,
)
UNITS = Kind(
    Unit,
    Permission.UNIT_VIEW,
    (
        Column("code", "机构代码", "Unit code", T.TEXT, "code"),
        Column("name", "机构", "Unit", T.TEXT, "name"),
        Column("level", "层级", "Level", T.TERM, "level"),
        Column("kind", "机构类别", "Kind", T.TERM, "kind"),
        Column("aboveCode", "上级机构代码", "Code of the unit above", T.TEXT, "parent.code"),
        Column("above", "上级机构", "Unit above", T.TEXT, "parent.name"),
        Column("territory", "属地机构", "Unit of its territory", T.TEXT, "territory.name"),
        Column("openedOn", "设立日期", "Opened", T.DAY, "opened_on"),
        Column("upperPosting", "上级发布方式", "Posting from above", T.TERM, "upper_posting"),
        Column("id", "标识", "Id", T.ID, "id"),
    ),
    frozenset({"levels"}),
    _units,
)
# Who wrote it is left out: a file goes farther than a page, and stays when a person is erased.
COMMENTS = Kind(
    Comment,
    Permission.POST_VIEW,
    (
        Column("unitCode", "机构代码", "Unit code", T.TEXT, "delivery.account.unit.code"),
        Column("unit", "机构", "Unit", T.TEXT, "delivery.account.unit.name"),
        Column("unitAbove", "上级机构", "Unit above", T.TEXT, "delivery.account.unit.parent.name"),
        Column("level", "层级", "Level", T.TERM, "delivery.account.level"),
        Column("host", "平台", "Platform", T.TEXT, "delivery.account.host.name"),
        Column("account", "账号", "Account", T.TEXT, "delivery.account.screen_name"),
        Column("lesson", "课程", "Lesson", T.TEXT, "delivery.post.lesson.title"),
        Column("campaign", "推介批次", "Campaign", T.TEXT, "delivery.post.campaign.title"),
        Column("link", "微博链接", "Link of the post", T.TEXT, "delivery.host_url"),
        Column("createdAt", "评论时间", "Written", T.INSTANT, "created_at"),
        Column("text", "评论内容(已遮盖)", "Text, masked", T.TEXT, "text"),
        Column("marks", "用语提示", "Found in its words", T.TERMS, "marks"),
        Column("collectedAt", "采集时间", "Collected", T.INSTANT, "collected_at"),
        Column("goneAt", "发现已不可见时间", "Found gone", T.INSTANT, "gone_at"),
        Column("erasedAt", "抹除时间", "Erased", T.INSTANT, "erased_at"),
        Column("post", "微博标识", "Id of the post", T.ID, "delivery.id"),
        Column("id", "标识", "Id", T.ID, "id"),
    ),
    frozenset({"levels", "since", "until", "campaign_id"}),
    _comments,
    within=lambda path: below_posts(within_path=path, post_id=None),
)
KINDS: Mapping[ExportKind, Kind] = {
    ExportKind.DELIVERIES: DELIVERIES,
    ExportKind.ACCOUNTS: ACCOUNTS,
    ExportKind.UNITS: UNITS,
    ExportKind.COMMENTS: COMMENTS,
}
