"""Entries of the audit log, and the seals over them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.base.ids import new_id
from domain.base.models import Base, path


class AuditEntry(Base):
    """A decision: who did what to which row, where and when (审计记录)."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "unit_path", "id"),
        Index(None, "actor_id", "id"),
        Index(None, "row_id", "id"),
        Index("ix_audit_entries_unsealed", "id", postgresql_where=text("position IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    # Plain ids, no foreign keys: the log outlives what it speaks of.
    actor_id: Mapped[UUID | None]
    act: Mapped[str]
    # The noun of the row it is about, and the row.
    about: Mapped[str]
    row_id: Mapped[UUID | None]
    unit_id: Mapped[UUID | None]
    # Who reaches the entry; it moves with the unit, so it is no part of what is sealed.
    unit_path: Mapped[str] = mapped_column(path())
    # What was given, without secrets and without texts about persons.
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # Its place in the chain and the hash there: set once, when it is sealed.
    position: Mapped[int | None] = mapped_column(unique=True)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)

    reach_column = "unit_path"
    noun = "audit"
    order = ("id",)


class AuditSeal(Base):
    """The head of the chain after a batch of entries was sealed, signed (审计封签)."""

    __tablename__ = "audit_seals"

    # The place of the last entry it covers.
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[datetime]
    key_id: Mapped[str]
    # Ed25519 over position, hash and instant.
    signature: Mapped[bytes] = mapped_column(LargeBinary)
