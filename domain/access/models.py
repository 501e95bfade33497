"""Users and their grants."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import Reach, Role


class User(Base):
    """A person who logs in (用户)."""

    __tablename__ = "users"
    __table_args__ = (
        Index(None, "unit_path", "id"),
        Index(None, "unit_id"),
        # People are looked up by how their name or login begins.
        Index("ix_users_login_beginning", "login", postgresql_ops={"login": "text_pattern_ops"}),
        Index("ix_users_name_beginning", "name", postgresql_ops={"name": "text_pattern_ops"}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    # The unit a person belongs to (所属机构): whose administrators look after the login.
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    created_at: Mapped[datetime]
    # Argon2id with its parameters; empty until the person has followed an invitation.
    password_hash: Mapped[str | None]
    password_set_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_reason: Mapped[str | None]
    # From how far up that was decided, in steps from the nation: nobody below lifts it.
    disabled_height: Mapped[int | None]

    grants: Mapped[list["Grant"]] = relationship(back_populates="user", foreign_keys="Grant.user_id", lazy="raise")
    # Named by its text, since the tree is built on grants, not grants on the tree.
    unit: Mapped[Any] = relationship("Unit", foreign_keys=unit_id, lazy="raise")

    reach_column = "unit_path"
    is_private = True
    noun = "user"
    follows_successor = True
    order = ("unit_path", "id")


class Grant(Base):
    """A role of a user over a unit and everything below it, from a date to a date (授权)."""

    __tablename__ = "grants"
    __table_args__ = (
        # An empty period is a grant that was taken back before it began.
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
        Index(None, "user_id"),
        Index(None, "unit_path", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[Role]
    reach: Mapped[Reach] = mapped_column(default=Reach.ACT)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    # Kept here so that reach is known without the tree; whoever moves a unit rewrites it.
    unit_path: Mapped[str] = mapped_column(path())
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]
    # Empty where whoever runs the machine made it.
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))

    user: Mapped[User] = relationship(back_populates="grants", foreign_keys=user_id, lazy="raise")
    unit: Mapped[Any] = relationship("Unit", foreign_keys=unit_id, lazy="raise")
    granter: Mapped[User | None] = relationship(foreign_keys=granted_by, lazy="raise")

    reach_column = "unit_path"
    noun = "grant"
    order = ("unit_path", "id")
