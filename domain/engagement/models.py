"""Readings that are due, the snapshots they leave, and how many follow an account from day to day."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.models import Base
from domain.posts.models import Delivery


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
