"""Campaigns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.units.models import Unit


class Campaign(Base):
    """A batch of posts that promotes showcase lessons on an occasion (推介批次)."""

    __tablename__ = "campaigns"
    __table_args__ = (Index(None, "unit_path"), Index(None, "unit_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    title: Mapped[str]
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")

    reach_column = "unit_path"
    noun = "campaign"
