"""Readings that are due and the snapshots they leave, the followers of accounts, and comments below posts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.models import Base, term
from domain.posts.models import Delivery
from domain.terms import WordingKind


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
