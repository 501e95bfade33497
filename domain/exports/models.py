"""Files that people asked for, and what came of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import ExportFormat, ExportKind, ExportState, Language
from domain.units.models import Unit


class Export(Base):
    """Rows that a person takes out as a file (数据导出). The row is the job; it is forgotten with its file."""

    __tablename__ = "exports"
    __table_args__ = (
        Index(None, "requested_by", "id"),
        Index("ix_exports_under_way", "requested_at", postgresql_where=text("state IN ('WAITING', 'RUNNING')")),
        Index(None, "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ExportKind]
    format: Mapped[ExportFormat]
    language: Mapped[Language]
    # The unit whose rows and those of all below it are asked for.
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[ExportState] = mapped_column(default=ExportState.WAITING)
    requested_at: Mapped[datetime]
    requested_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    # Not before this instant: the store was away.
    try_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    # Counts the claims: a worker that was overtaken holds an older one, and settles nothing.
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    # Counts those that came to no end.
    tries: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    began_at: Mapped[datetime | None]
    rows_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    rows_total: Mapped[int | None]
    ended_at: Mapped[datetime | None]
    # Why it failed: the name of a reason.
    problem: Mapped[str | None]
    size: Mapped[int | None]
    sha256: Mapped[str | None]
    # When it is forgotten, once it has ended.
    expires_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(lazy="raise")

    reach_owner = "requested_by"
    noun = "export"
