"""Lessons."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import LessonState, ServiceKind
from domain.units.models import Unit


class Lesson(Base):
    """A lesson of the seven-colour classroom (七彩课堂课程); in state SHOWCASE a 示范课程."""

    __tablename__ = "lessons"
    __table_args__ = (Index(None, "unit_path"), Index(None, "unit_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    title: Mapped[str]
    service: Mapped[ServiceKind]
    theme: Mapped[str]
    text: Mapped[str]
    state: Mapped[LessonState] = mapped_column(default=LessonState.DRAFT)
    showcased_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")

    reach_column = "unit_path"
    # A showcase lesson is there to be promoted by every level.
    open_where = ("state", LessonState.SHOWCASE)
    noun = "lesson"
