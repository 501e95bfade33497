"""The microblog accounts that units run, who keeps them, and what the levels above tell them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, UniqueConstraint, func, literal_column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.access.models import User
from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.hosts.models import Host
from domain.terms import AccountChange, AccountState, Level, Positioning, RenewalState
from domain.units.models import Unit


class Guidance(Base):
    """What a unit tells a class of accounts below it (分类指导)."""

    __tablename__ = "guidances"
    __table_args__ = (Index(None, "unit_path", "id"), Index(None, "unit_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    # The name of the class, as the unit calls it.
    title: Mapped[str]
    text: Mapped[str]
    # Counts the edits: whoever edits says which one was seen.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")

    reach_column = "unit_path"
    noun = "guidance"


class Account(Base):
    """A microblog account of a unit (微博账号)."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("host_id", "uid"),
        Index(None, "unit_id"),
        Index(None, "guidance_id"),
        Index(None, "keeper_id"),
        Index(None, "level", "unit_path", "id"),
        Index(None, "unit_path", "id"),
        # Which accounts were silent for long: of all states, since what is known of a partial one is not planned with.
        Index("ix_accounts_quiet", text("coalesce(last_posted_at, created_at)")),
        # Where the programme is heard, and how many accounts a level has.
        Index("ix_accounts_active_path", "unit_path", postgresql_where=text("state = 'ACTIVE'")),
        Index("ix_accounts_active_level", "level", postgresql_where=text("state = 'ACTIVE'")),
        # Whose followers are to be counted next.
        Index("ix_accounts_followers", "host_id", "followers_due_at", postgresql_where=text("state = 'ACTIVE'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    # Kept here because accounts are chosen by subtree and level; whoever moves a unit rewrites both.
    unit_path: Mapped[str] = mapped_column(path())
    level: Mapped[Level]
    host_id: Mapped[UUID] = mapped_column(ForeignKey("hosts.id"))
    # The account's own id at the platform: names change, this does not.
    uid: Mapped[str]
    screen_name: Mapped[str]
    state: Mapped[AccountState] = mapped_column(default=AccountState.ACTIVE)
    # Why it stands so, and since when.
    state_reason: Mapped[str | None]
    state_since: Mapped[datetime]
    # From how far up a suspension was decided, in steps from the nation: nobody below lifts it.
    suspended_height: Mapped[int | None]
    positioning: Mapped[Positioning | None]
    guidance_id: Mapped[UUID | None] = mapped_column(ForeignKey("guidances.id"))
    # A brand account (名品牌) stands for the programme beyond its own unit.
    is_brand: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    # The person who runs it (账号管理人).
    keeper_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    # Counts the edits of a person: whoever edits says which one was seen.
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    # Sealed for the row `accounts:token:<id>`; leaves the database only inside a worker.
    token: Mapped[str]
    token_expires_at: Mapped[datetime | None]
    # Nothing is sent for this account before this instant: the platform limits it.
    paused_until: Mapped[datetime | None]
    # Its token reads no counts of other accounts' posts before this instant.
    reading_paused_until: Mapped[datetime | None]
    # How many calls it made on its last day with one, and posts in its last hour with one (调用额度).
    calls_day: Mapped[date | None]
    calls_used: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    posts_hour: Mapped[datetime | None]
    posts_used: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # When its followers are to be counted next; a new account at once.
    followers_due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[datetime]
    # When the platform last published something of ours for it; empty before the first time.
    last_posted_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(backref=backref("accounts", lazy="raise"), lazy="raise")
    host: Mapped[Host] = relationship(lazy="raise")
    guidance: Mapped[Guidance | None] = relationship(lazy="raise")
    keeper: Mapped[User | None] = relationship(lazy="raise")

    reach_column = "unit_path"
    noun = "account"
    follows_successor = True
    order = ("unit_path", "id")


def is_active(entity: Any) -> ColumnElement[bool]:
    """An account that may post; written out, so that the planner sees which partial indexes apply."""
    active: ColumnElement[bool] = entity.state == literal_column(f"'{AccountState.ACTIVE.value}'")
    return active


class Delegation(Base):
    """Somebody who runs an account beside its keeper, from a date to a date (委托管理)."""

    __tablename__ = "delegations"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
        Index(None, "account_id", "valid_from"),
        Index(None, "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    delegated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]

    account: Mapped[Account] = relationship(backref=backref("delegations", lazy="raise"), lazy="raise")
    user: Mapped[User] = relationship(foreign_keys=user_id, lazy="raise")

    reach_through = "account"
    order = ("valid_from", "id")


class AccountEvent(Base):
    """A change of an account, with its reason (账号变更记录); written once, never changed."""

    __tablename__ = "account_events"
    __table_args__ = (Index(None, "account_id", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    at: Mapped[datetime]
    # Empty where a platform's answer changed it, or whoever runs the machine.
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    change: Mapped[AccountChange]
    reason: Mapped[str | None]
    # What was and what is, by column; never a token.
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)

    account: Mapped[Account] = relationship(backref=backref("events", lazy="raise"), lazy="raise")
    by: Mapped[User | None] = relationship(lazy="raise")

    reach_through = "account"
    order = ("at", "id")


class Authorization(Base):
    """A person on the way to a platform and back, to give leave to post for an account (授权中); shown to nobody."""

    __tablename__ = "authorizations"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Who went; nobody else brings anything back.
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    # The account whose token is renewed; empty for one that is connected first.
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    host_id: Mapped[UUID] = mapped_column(ForeignKey("hosts.id"))
    # The key that the state is signed by.
    key_id: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Renewal(Base):
    """A token that ends soon or is dead, and that a person must renew at the platform (授权续期)."""

    __tablename__ = "renewals"
    __table_args__ = (
        # An account has one at a time: its end is told once.
        Index("uq_renewals_open", "account_id", unique=True, postgresql_where=text("done_at IS NULL")),
        Index(None, "account_id", "found_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"))
    # Who ran the account when it was found, and is to do it.
    keeper_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[RenewalState] = mapped_column(default=RenewalState.OPEN)
    # When the token ends or ended; empty where the platform never said.
    ends_at: Mapped[datetime | None]
    found_at: Mapped[datetime]
    # When somebody last took the link to the platform.
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="raise")

    reach_through = "account"
    noun = "renewal"
    order = ("found_at", "id")
