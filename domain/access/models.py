"""Users and their grants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import Role


class User(Base):
    """A person who logs in (用户)."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    grants: Mapped[list["Grant"]] = relationship(back_populates="user", lazy="raise")


class Grant(Base):
    """A role of a user over a unit and everything below it, from a date to a date (授权)."""

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
        Index(None, "user_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role]
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    # Kept here so that reach is known without the tree; whoever moves a unit rewrites it.
    unit_path: Mapped[str] = mapped_column(path())
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="grants", lazy="raise")
