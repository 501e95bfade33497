"""Readings that are due, and the snapshots they leave."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

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
