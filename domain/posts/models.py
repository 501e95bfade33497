"""Posts, their deliveries, and every attempt at one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, Sequence, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.campaigns.models import Campaign
from domain.lessons.models import Lesson
from domain.terms import AttemptKind, DeliveryState
from domain.units.models import Unit

# Each claim draws the next number: a worker that was overtaken holds an older one and can settle nothing.
fences = Sequence("delivery_fences", metadata=Base.metadata)


class Post(Base):
    """A text of a unit for many accounts (微博内容)."""

    __tablename__ = "posts"
    __table_args__ = (Index(None, "unit_path"), Index(None, "campaign_id", "id"), Index(None, "lesson_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"))
    text: Mapped[str]
    publish_at: Mapped[datetime]
    spread_seconds: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(lazy="raise")
    campaign: Mapped[Campaign | None] = relationship(backref=backref("posts", lazy="raise"), lazy="raise")
    lesson: Mapped[Lesson] = relationship(lazy="raise")
    deliveries: Mapped[list["Delivery"]] = relationship(back_populates="post", lazy="raise")

    reach_column = "unit_path"
    noun = "post"


class Delivery(Base):
    """The sending of a post to one account, its text frozen (发布任务). The row is the job."""

    __tablename__ = "deliveries"
    __table_args__ = (
        # The claim reads what is due; the second column keeps the order within an account.
        Index("ix_deliveries_due", "try_at", "id", postgresql_where=text("state = 'SCHEDULED'")),
        Index(
            "ix_deliveries_account_due",
            "account_id",
            "due_at",
            "id",
            postgresql_where=text("state = 'SCHEDULED'"),
        ),
        Index("ix_deliveries_lease", "lease_until", postgresql_where=text("state = 'SENDING'")),
        Index("ix_deliveries_needs_person", "id", postgresql_where=text("state = 'NEEDS_PERSON'")),
        Index("ix_deliveries_look", "look_at", postgresql_where=text("state IN ('ACCEPTED', 'UNCONFIRMED')")),
        # One account sends one thing at a time, whatever the workers believe.
        Index(
            "uq_deliveries_account_in_flight",
            "account_id",
            unique=True,
            postgresql_where=text("state IN ('SENDING', 'ACCEPTED', 'UNCONFIRMED')"),
        ),
        Index(None, "account_id", "published_at", postgresql_where=text("published_at IS NOT NULL")),
        Index(None, "post_id", "due_at", "id"),
        Index(None, "unit_path"),
        Index(None, "unit_id", "published_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    # Whose account it was when this was scheduled; numbers of the past are counted by it, whatever happens to the tree.
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    text: Mapped[str]
    code: Mapped[str] = mapped_column(unique=True)
    key: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.SCHEDULED)
    # When it is to go out; never changed by trouble. `try_at` moves on when a try has to be repeated.
    due_at: Mapped[datetime]
    try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int | None] = mapped_column(BigInteger)
    claimed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    # Why the last try did not succeed: a code of ours and the platform's words.
    problem: Mapped[str | None]
    problem_detail: Mapped[str | None]
    host_post_id: Mapped[str | None]
    host_url: Mapped[str | None]
    published_at: Mapped[datetime | None]

    post: Mapped[Post] = relationship(back_populates="deliveries", lazy="raise")
    account: Mapped[Account] = relationship(lazy="raise")
    attempts: Mapped[list["Attempt"]] = relationship(back_populates="delivery", lazy="raise")

    reach_column = "unit_path"
    noun = "post"
    order = ("due_at", "id")


def stands(entity: type[Delivery], *states: DeliveryState) -> ColumnElement[bool]:
    """A delivery stands in one of these states; written out, so that the planner sees which partial index applies."""
    return entity.state.in_([literal_column(f"'{state.value}'") for state in states])


class Attempt(Base):
    """One call of a platform for a delivery (尝试记录); written once, never changed."""

    __tablename__ = "attempts"
    __table_args__ = (UniqueConstraint("delivery_id", "fence"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    kind: Mapped[AttemptKind]
    fence: Mapped[int] = mapped_column(BigInteger)
    claimed_at: Mapped[datetime]
    settled_at: Mapped[datetime]
    event: Mapped[str]
    code: Mapped[str | None]
    detail: Mapped[str | None]

    delivery: Mapped[Delivery] = relationship(back_populates="attempts", lazy="raise")

    reach_through = "delivery"
