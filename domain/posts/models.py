"""Posts, their deliveries, and every attempt at one."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    ForeignKey,
    Index,
    Sequence,
    SmallInteger,
    UniqueConstraint,
    exists,
    literal_column,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, backref, column_property, mapped_column, relationship

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.campaigns.models import Campaign
from domain.lessons.models import Lesson
from domain.posts.lifecycle import NOT_BEGUN
from domain.posts.rules import approves
from domain.posts.times import DEFAULT_ZONE
from domain.terms import AttemptKind, DeliveryState, HoldReason, Lateness
from domain.units.models import Unit
from domain.uploads.models import Picture

# After how long a delivery that did not go out is late, unless the post says otherwise: a day.
LATE_AFTER = 24 * 3600
# Each claim draws the next number: a worker that was overtaken holds an older one and can settle nothing.
fences = Sequence("delivery_fences", metadata=Base.metadata)


class Post(Base):
    """A text of a unit for many accounts (微博内容)."""

    __tablename__ = "posts"
    __table_args__ = (
        Index(None, "unit_path"),
        Index(None, "unit_id", "publish_at"),
        Index(None, "campaign_id", "id"),
        Index(None, "lesson_id"),
        Index(None, "picture_id", postgresql_where=sql("picture_id IS NOT NULL")),
        # The same text is looked for; nothing else is asked of it.
        Index(None, "text", postgresql_using="hash"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"))
    lesson_id: Mapped[UUID] = mapped_column(ForeignKey("lessons.id"))
    text: Mapped[str]
    picture_id: Mapped[UUID | None] = mapped_column(ForeignKey("pictures.id"))
    publish_at: Mapped[datetime]
    # What the clocks of a zone were to show, if that is how a person said it.
    zone: Mapped[str] = mapped_column(default=DEFAULT_ZONE, server_default=sql(f"'{DEFAULT_ZONE}'"))
    wall_time: Mapped[datetime | None] = mapped_column(DateTime(timezone=False))
    spread_seconds: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    cancelled_at: Mapped[datetime | None]
    # Counts the edits: whoever edits says which one was seen.
    version: Mapped[int] = mapped_column(default=1, server_default=sql("1"))
    # Counts the texts, and the pictures with them: an approval is of one text with its picture.
    revision: Mapped[int] = mapped_column(default=1, server_default=sql("1"))
    # Who gave it the text it has now, and who the picture, if not its author: none of them approves it.
    edited_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    pictured_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    # Set while a person holds it back.
    held_at: Mapped[datetime | None]
    held_reason: Mapped[str | None]
    # What becomes of what could not go out for so long after it was due.
    lateness: Mapped[Lateness] = mapped_column(default=Lateness.SEND, server_default=sql("'SEND'"))
    late_after_seconds: Mapped[int] = mapped_column(default=LATE_AFTER, server_default=sql(str(LATE_AFTER)))

    unit: Mapped[Unit] = relationship(lazy="raise")
    campaign: Mapped[Campaign | None] = relationship(backref=backref("posts", lazy="raise"), lazy="raise")
    lesson: Mapped[Lesson] = relationship(lazy="raise")
    picture: Mapped[Picture | None] = relationship(lazy="raise")
    deliveries: Mapped[list["Delivery"]] = relationship(back_populates="post", lazy="raise")
    approvals: Mapped[list["Approval"]] = relationship(back_populates="post", lazy="raise")

    reach_column = "unit_path"
    noun = "post"

    if TYPE_CHECKING:
        is_approved: Mapped[bool]
        has_unbegun: Mapped[bool]


class Approval(Base):
    """A second person's word that a post may go out with one text and picture (审核); withdrawn, never deleted."""

    __tablename__ = "approvals"
    __table_args__ = (
        Index(None, "post_id", "revision"),
        Index("uq_approvals_valid", "post_id", "revision", unique=True, postgresql_where=sql("withdrawn_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
    revision: Mapped[int]
    # Empty for posts of the time before approvals.
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime]
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_reason: Mapped[str | None]

    post: Mapped[Post] = relationship(back_populates="approvals", lazy="raise")

    reach_through = "post"


class Silence(Base):
    """An order that nothing goes out for a unit and all below it (静默令), until it is lifted."""

    __tablename__ = "silences"
    __table_args__ = (
        Index(None, "unit_path", "id"),
        Index(None, "unit_id"),
        Index("ix_silences_in_force", "unit_path", postgresql_where=sql("lifted_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    reason: Mapped[str]
    ordered_at: Mapped[datetime]
    ordered_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    # From how far up that was decided, in steps from the nation: nobody below lifts it.
    height: Mapped[int | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))

    unit: Mapped[Unit] = relationship(lazy="raise")

    reach_column = "unit_path"
    noun = "silence"
    # The successor is silent with all that comes to it: rather too much is kept back than too little.
    follows_successor = True
    follows_until = "lifted_at"
    is_over_all_below = True


class Delivery(Base):
    """The sending of a post to one account, its text and picture frozen (发布任务). The row is the job."""

    __tablename__ = "deliveries"
    __table_args__ = (
        # The claim reads what is due, tier by tier.
        Index("ix_deliveries_turn", "tier", "try_at", "id", postgresql_where=sql("state = 'SCHEDULED'")),
        Index(
            "ix_deliveries_account_due",
            "account_id",
            "due_at",
            "id",
            postgresql_where=sql("state = 'SCHEDULED'"),
        ),
        Index("ix_deliveries_lease", "lease_until", postgresql_where=sql("state = 'SENDING'")),
        Index("ix_deliveries_needs_person", "id", postgresql_where=sql("state = 'NEEDS_PERSON'")),
        Index(
            "ix_deliveries_look_turn",
            "tier",
            "look_at",
            "id",
            postgresql_where=sql("state IN ('ACCEPTED', 'UNCONFIRMED')"),
        ),
        # One account sends one thing at a time, whatever the workers believe.
        Index(
            "uq_deliveries_account_in_flight",
            "account_id",
            unique=True,
            postgresql_where=sql("state IN ('SENDING', 'ACCEPTED', 'UNCONFIRMED')"),
        ),
        Index(None, "account_id", "published_at", postgresql_where=sql("published_at IS NOT NULL")),
        Index(None, "post_id", "due_at", "id"),
        # What goes out through one account at about the same time.
        Index(None, "account_id", "due_at"),
        Index(None, "unit_path"),
        Index(None, "unit_id", "published_at"),
        Index("ix_deliveries_held", "id", postgresql_where=sql("state = 'HELD'")),
        Index("ix_deliveries_waiting", "waits_for_id", postgresql_where=sql("state = 'WAITING'")),
        Index("ix_deliveries_failed", "unit_path", "problem", postgresql_where=sql("state = 'FAILED'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    post_id: Mapped[UUID] = mapped_column(ForeignKey("posts.id"))
    # Of which text of the post this is; kept here too, so that whoever claims the row sees both change at once.
    revision: Mapped[int] = mapped_column(default=1, server_default=sql("1"))
    # The delivery of the level above that has to stand first.
    waits_for_id: Mapped[UUID | None] = mapped_column(ForeignKey("deliveries.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    # Whose account it was when this was scheduled; numbers of the past are counted by it, whatever happens to the tree.
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    text: Mapped[str]
    # Which bytes of the object store go with it: the key ends with their hash.
    picture_key: Mapped[str | None]
    code: Mapped[str] = mapped_column(unique=True)
    key: Mapped[UUID] = mapped_column(unique=True)
    state: Mapped[DeliveryState] = mapped_column(default=DeliveryState.SCHEDULED)
    # When it is to go out; never changed by trouble. `try_at` moves on when a try has to be repeated.
    due_at: Mapped[datetime]
    try_at: Mapped[datetime]
    # How much its unit sends before it at about that time: nobody's many hold up another's few.
    tier: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=sql("0"))
    tries: Mapped[int] = mapped_column(default=0)
    fence: Mapped[int | None] = mapped_column(BigInteger)
    claimed_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    look_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(default=0)
    # How often a worker was gone before it said what came of it.
    crashes: Mapped[int] = mapped_column(default=0, server_default=sql("0"))
    # It may have gone out after the copy was made from which the database was restored.
    look_first: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    # Since when nobody knows whether it went out; the account waits no longer than a bounded time for that.
    unclear_since: Mapped[datetime | None]
    # Why the last try did not succeed: a code of ours and the platform's words.
    problem: Mapped[str | None]
    problem_detail: Mapped[str | None]
    host_post_id: Mapped[str | None]
    host_url: Mapped[str | None]
    published_at: Mapped[datetime | None]
    # Since when its platform shows the post no more, as far as readings of its counts tell.
    gone_at: Mapped[datetime | None]

    post: Mapped[Post] = relationship(back_populates="deliveries", lazy="raise")
    account: Mapped[Account] = relationship(lazy="raise")
    waits_for: Mapped["Delivery | None"] = relationship(remote_side="Delivery.id", lazy="raise")
    attempts: Mapped[list["Attempt"]] = relationship(back_populates="delivery", lazy="raise")

    reach_column = "unit_path"
    noun = "post"
    order = ("due_at", "id")


class Hold(Base):
    """A reason why a delivery that is due does not go out (暂缓), from when to when; several may hold at once."""

    __tablename__ = "holds"
    __table_args__ = (
        Index(None, "delivery_id", "since", "id"),
        Index("uq_holds_open", "delivery_id", "reason", unique=True, postgresql_where=sql("lifted_at IS NULL")),
        Index("ix_holds_reason", "reason", "delivery_id", postgresql_where=sql("lifted_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("deliveries.id"))
    reason: Mapped[HoldReason]
    since: Mapped[datetime]
    lifted_at: Mapped[datetime | None]

    delivery: Mapped[Delivery] = relationship(backref=backref("holds", lazy="raise"), lazy="raise")

    reach_through = "delivery"
    order = ("since", "id")


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


# Facts of a post that other tables hold, read as if they were columns of its own, and only where they are named.
_approval = exists().where(*approves(Approval, Post))
_unbegun = exists().where(Delivery.post_id == Post.id, stands(Delivery, *sorted(NOT_BEGUN)))
Post.is_approved = column_property(_approval.correlate_except(Approval), deferred=True, raiseload=True)
Post.has_unbegun = column_property(_unbegun.correlate_except(Delivery), deferred=True, raiseload=True)
