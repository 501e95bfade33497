"""The tree of volunteer bodies."""

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import Level, UnitKind

# Paths are built from these numbers: they are ours and never change, while division codes do every year.
unit_numbers = Sequence("unit_numbers", metadata=Base.metadata)


class Unit(Base):
    """A volunteer body: one node of the five-level tree (志愿者工作机构)."""

    __tablename__ = "units"
    __table_args__ = (
        CheckConstraint("(parent_id IS NULL) = (level = 'NATIONAL')", name="only_nation_has_no_parent"),
        CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="period"),
        Index(None, "parent_id", "path"),
        Index("uq_units_code_open", "code", unique=True, postgresql_where=text("closed_on IS NULL")),
        Index(None, "level", "path"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(unit_numbers, unique=True)
    code: Mapped[str]
    name: Mapped[str]
    level: Mapped[Level]
    kind: Mapped[UnitKind]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    path: Mapped[str] = mapped_column(path(), unique=True)
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]

    parent: Mapped["Unit | None"] = relationship(back_populates="children", remote_side="Unit.id", lazy="raise")
    children: Mapped[list["Unit"]] = relationship(back_populates="parent", lazy="raise")

    reach_column = "path"
    noun = "unit"
    order = ("path",)
