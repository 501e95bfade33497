"""Writing a decision down."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit.models import AuditEntry


def record(
    session: AsyncSession,
    *,
    at: datetime,
    actor_id: UUID | None,
    act: str,
    about: str,
    row_id: UUID | None,
    unit_id: UUID | None,
    unit_path: str,
    details: dict[str, Any],
) -> None:
    """Add a decision to the log, in the transaction that carries it out: both are kept, or neither."""
    session.add(
        AuditEntry(
            at=at,
            actor_id=actor_id,
            act=act,
            about=about,
            row_id=row_id,
            unit_id=unit_id,
            unit_path=unit_path,
            details=details,
        )
    )
