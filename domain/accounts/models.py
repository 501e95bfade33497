"""The microblog accounts that units run."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.hosts.models import Host
from domain.terms import AccountState, Level
from domain.units.models import Unit


class Account(Base):
    """A microblog account of a unit (微博账号)."""

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("host_id", "uid"),
        Index(None, "unit_id"),
        Index(None, "level", "unit_path", "id"),
        Index(None, "unit_path", "id"),
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
    # Sealed for the row `accounts:token:<id>`; leaves the database only inside a worker.
    token: Mapped[str]
    token_expires_at: Mapped[datetime | None]
    # Nothing is sent for this account before this instant: the platform limits it.
    paused_until: Mapped[datetime | None]
    # Its token reads no counts of other accounts' posts before this instant.
    reading_paused_until: Mapped[datetime | None]
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(backref=backref("accounts", lazy="raise"), lazy="raise")
    host: Mapped[Host] = relationship(lazy="raise")

    reach_column = "unit_path"
    noun = "account"
    order = ("unit_path", "id")
