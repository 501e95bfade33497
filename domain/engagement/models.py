"""Readings that are due and the snapshots they leave, roll-ups and goals, the followers of accounts, and comments."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.models import Base, path, term
from domain.engagement.rules import METRICS
from domain.posts.models import Delivery
from domain.terms import Facet, GoalMeasure, HostKind, Level, WordingKind
from domain.units.models import Unit


class Reading(Base):
    """When the counts of a published delivery are to be read next (读数计划)."""

    __tablename__ = "readings"
    __table_args__ = (Index(None, "due_at"),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    host_id: Mapped[UUID] = mapped_column(ForeignKey("hosts.id"))
    host_post_id: Mapped[str]
    published_at: Mapped[datetime]
    # How many rungs of the ladder are done; the next one is read at `due_at`, None when all are done.
    slot: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    # Since when the platform names the post no more; empty while it does.
    missing_since: Mapped[datetime | None]


class Snapshot(Base):
    """Counts of a post at an instant (传播数据); a metric that the platform does not report is NULL, never 0."""

    __tablename__ = "snapshots"
    __table_args__ = (UniqueConstraint("delivery_id", "slot"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    slot: Mapped[int]
    taken_at: Mapped[datetime]
    reposts: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    reads: Mapped[int | None] = mapped_column(BigInteger)

    delivery: Mapped[Delivery] = relationship(backref=backref("snapshots", lazy="raise"), lazy="raise")

    reach_through = "delivery"
    order = ("slot", "id")


class RollupMark(Base):
    """A delivery whose part in the roll-ups is to be reckoned anew (待汇总标记).

    Triggers of the database write it, in the statement that changes what counts, so that no way of changing it can
    leave it out. Marks are only added and taken away: nobody who publishes ever waits for whoever reckons.
    """

    __tablename__ = "rollup_marks"
    __table_args__ = (Index(None, "marked_at"),)

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    marked_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp()"))


class CountedPart(Base):
    """What a published delivery has put into the roll-ups (已计入明细), as it stood when it was last reckoned."""

    __tablename__ = "counted_parts"
    __table_args__ = (
        Index(None, "day"),
        Index(None, "counted_path", "day"),
        # The posts that have most of a metric, wherever they are.
        *(
            Index(f"ix_counted_parts_{name}", name, "delivery_id", postgresql_where=text(f"{name} IS NOT NULL"))
            for name in METRICS
        ),
    )

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    # Below which units it was counted. No copy of a unit's path that moves rewrite: it says what has to be undone.
    counted_path: Mapped[str] = mapped_column(path())
    # The day in China on which it went out.
    day: Mapped[date]
    campaign_id: Mapped[UUID | None]
    lesson_id: Mapped[UUID]
    account_id: Mapped[UUID]
    level: Mapped[Level]
    host_kind: Mapped[HostKind]
    gone: Mapped[bool]
    reposts: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    reads: Mapped[int | None] = mapped_column(BigInteger)
    taken_at: Mapped[datetime | None]


class Rollup(Base):
    """What the posts of one day below a unit came to (传播汇总): of all of them, or of one campaign, lesson or account.

    A post counts in its own unit and in every unit above it; what is not known of it adds nothing to a sum, and
    nothing to the number of posts of which the sum is known.
    """

    __tablename__ = "rollups"
    __table_args__ = (Index("ix_rollups_emptied", "published", postgresql_where=text("published = 0")),)

    # The unit's number as one step of a path: it stays when the unit moves.
    unit_label: Mapped[str] = mapped_column(path(), primary_key=True)
    facet: Mapped[Facet] = mapped_column(primary_key=True)
    facet_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    level: Mapped[Level] = mapped_column(primary_key=True)
    host_kind: Mapped[HostKind] = mapped_column(primary_key=True)
    published: Mapped[int]
    gone: Mapped[int]
    # Sums of 64-bit counts do not fit into 64 bits.
    reposts: Mapped[Decimal] = mapped_column(Numeric(38, 0))
    comments: Mapped[Decimal] = mapped_column(Numeric(38, 0))
    likes: Mapped[Decimal] = mapped_column(Numeric(38, 0))
    reads: Mapped[Decimal] = mapped_column(Numeric(38, 0))
    reposts_known: Mapped[int]
    comments_known: Mapped[int]
    likes_known: Mapped[int]
    reads_known: Mapped[int]
    # When the newest of the readings in it was taken.
    as_of: Mapped[datetime | None]


class Goal(Base):
    """What a unit wants to reach for itself in a period (传播目标); withdrawn, never deleted."""

    __tablename__ = "goals"
    __table_args__ = (
        CheckConstraint("target > 0", name="target"),
        CheckConstraint("until > since", name="period"),
        Index(None, "unit_path", "id"),
        Index(None, "unit_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    measure: Mapped[GoalMeasure]
    target: Mapped[int]
    since: Mapped[date]
    # The first day that counts no more.
    until: Mapped[date]
    note: Mapped[str]
    # Counts the edits: whoever edits says which one was seen.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(lazy="raise")

    reach_column = "unit_path"
    noun = "goal"


class FollowerCount(Base):
    """How many followed an account on a day in China (粉丝数); NULL where its platform did not say, never 0."""

    __tablename__ = "follower_counts"
    __table_args__ = (UniqueConstraint("account_id", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    day: Mapped[date]
    count: Mapped[int | None] = mapped_column(BigInteger)
    taken_at: Mapped[datetime]

    account: Mapped[Account] = relationship(backref=backref("follower_counts", lazy="raise"), lazy="raise")

    reach_through = "account"
    order = ("day", "id")


class CommentReading(Base):
    """How far the comments below a published delivery were collected (评论采集进度)."""

    __tablename__ = "comment_readings"
    __table_args__ = (Index(None, "due_at"),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    # How many there are by the last reading, and how many there were when the last sweep began.
    counted: Mapped[int]
    swept: Mapped[int] = mapped_column(default=0)
    # When the next page is due; None where nothing came since the last sweep.
    due_at: Mapped[datetime | None]
    # The newest comment of the last sweep that came to its end: what is not newer was seen.
    known: Mapped[str | None]
    # Of the sweep under way: its newest comment, and below which one its next page begins.
    newest: Mapped[str | None]
    below: Mapped[str | None]


class Comment(Base):
    """A comment below a post at its platform (评论); what tells who somebody is was masked before it was kept."""

    __tablename__ = "comments"
    __table_args__ = (
        UniqueConstraint("delivery_id", "host_comment_id"),
        Index(None, "delivery_id", "created_at", "id"),
        Index(None, "created_at", "id"),
        Index("ix_comments_marked", "created_at", "id", postgresql_where=text("marks <> '{}'")),
        Index(None, "author_uid"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    host_comment_id: Mapped[str]
    # Who wrote it and what, as the platform shows it to everybody; empty where it was erased.
    author_uid: Mapped[str | None]
    author_name: Mapped[str | None]
    text: Mapped[str | None]
    # What the check of wordings found, by the list of that time.
    marks: Mapped[list[WordingKind]] = mapped_column(ARRAY(term(WordingKind)))
    created_at: Mapped[datetime]
    collected_at: Mapped[datetime]
    # Since when a page that should name it does not.
    gone_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]

    delivery: Mapped[Delivery] = relationship(backref=backref("comments", lazy="raise"), lazy="raise")

    reach_through = "delivery"
    noun = "comment"
    order = ("created_at", "id")
    descends = True
