"""Keys of mutations already done."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.base.models import Base


class KeyedRequest(Base):
    """A mutation done under a `clientMutationKey` (幂等键), kept for 30 days."""

    __tablename__ = "keyed_requests"
    __table_args__ = (Index(None, "created_at"),)

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    mutation: Mapped[str]
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    # What the command answered, in a form that its payload can be read from again.
    result: Mapped[dict[str, object] | None] = mapped_column(JSONB)
    created_at: Mapped[datetime]
