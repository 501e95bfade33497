"""Files of rows that people asked for."""

from typing import Any

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.handouts.rows import Handout, waiting
from domain.terms import ExportFormat, ExportKind, Language


class Export(Handout):
    """Rows that a person takes out as a file (数据导出): those of a unit and of all below it."""

    __tablename__ = "exports"
    __table_args__ = (Index(None, "asked_by", "id"), waiting("exports"))

    kind: Mapped[ExportKind]
    format: Mapped[ExportFormat]
    language: Mapped[Language]
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    # How many the file holds, once there is one.
    rows: Mapped[int | None]

    folder = "exports"
    reach_owner = "asked_by"
    noun = "export"
