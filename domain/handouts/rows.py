"""What all have in common that are asked for by a person and made by a worker."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import HandoutState
from domain.units.models import Unit


class Handout(Base):
    """Files that a person asked for (文件申请). The row is the job; it is forgotten with its files, a week later."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    state: Mapped[HandoutState] = mapped_column(default=HandoutState.QUEUED)
    # Out of a hundred.
    progress: Mapped[int] = mapped_column(default=0)
    # Counts the claims: a worker that was overtaken holds an older number and settles nothing.
    tries: Mapped[int] = mapped_column(default=0)
    # Not before this instant; while it is made, the end of the lease.
    try_at: Mapped[datetime]
    # By the name under which a file is saved: its hash and its size.
    documents: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSONB, default=dict)
    # The code of the reason why there is none.
    failure: Mapped[str | None]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    # From then on it is cleared away, with its files.
    expires_at: Mapped[datetime]

    # Where its files are, in the store and at the door.
    folder: ClassVar[str]

    @declared_attr
    def unit(cls) -> Mapped[Unit]:  # noqa: N805 - a class attribute
        return relationship(lazy="raise")


def waiting(table: str) -> Index:
    """What a worker looks through."""
    return Index(f"ix_{table}_waiting", "id", postgresql_where=text("state IN ('QUEUED', 'MAKING')"))
