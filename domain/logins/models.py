"""Sessions, refresh tokens, links, and the guard against guessing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, backref, mapped_column, relationship

from domain.access.models import User
from domain.base.ids import new_id
from domain.base.models import Base
from domain.terms import LinkPurpose, SessionEnd, SessionKind


class Session(Base):
    """A login of a person on one device (登录会话)."""

    __tablename__ = "sessions"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[SessionKind]
    # What the device calls itself, so that its owner recognises it.
    label: Mapped[str]
    # SHA-256 of what the cookie of a browser holds; apps have refresh tokens instead.
    secret_digest: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end: Mapped[SessionEnd | None]

    user: Mapped[User] = relationship(backref=backref("sessions", lazy="raise"), lazy="raise")

    reach_through = "user"
    order = ("created_at", "id")


class RefreshToken(Base):
    """A refresh token of a session (刷新令牌): good for one use; a second use ends the session."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "session_id"),)

    # SHA-256 of the token: it is 256 bits of chance, so no salt is needed.
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id"))
    issued_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginGuard(Base):
    """How often a login name was guessed at (防猜测): kept for names that do not exist too, so that none shows."""

    __tablename__ = "login_guards"

    # SHA-256 of the login name as it was typed.
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    failed_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


class LoginLink(Base):
    """A link by which a person sets a password: an invitation, or a reset (登录链接)."""

    __tablename__ = "login_links"
    __table_args__ = (Index(None, "user_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    purpose: Mapped[LinkPurpose]
    # Which of the installation's link keys its token is made from (HMAC over the id): the database holds no token.
    key_id: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=user_id, backref=backref("links", lazy="raise"), lazy="raise")

    reach_through = "user"
    order = ("created_at", "id")
