"""The tree of volunteer bodies: as it stands now, and as it stood on every date."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Select,
    Sequence,
    Text,
    and_,
    func,
    null,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, aliased, backref, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import Level, UnitActKind, UnitActState, UnitKind, UpperPosting

# Paths are built from these numbers: they are ours and never change, while division codes do every year.
unit_numbers = Sequence("unit_numbers", metadata=Base.metadata)


class Unit(Base):
    """A volunteer body: one node of the five-level tree (志愿者工作机构)."""

    __tablename__ = "units"
    __table_args__ = (
        CheckConstraint("(parent_id IS NULL) = (level = 'NATIONAL')", name="only_nation_has_no_parent"),
        CheckConstraint("closed_on IS NULL OR closed_on >= opened_on", name="period"),
        Index(None, "parent_id", "path"),
        Index(None, "territory_id"),
        Index(None, "territory_path"),
        Index(None, "successor_id"),
        Index("uq_units_code_open", "code", unique=True, postgresql_where=text("closed_on IS NULL")),
        # Counts per level read nothing else.
        Index("ix_units_open_level_path", "level", "path", postgresql_where=text("closed_on IS NULL")),
        # And those of the nation only this, a fortieth of the pages: equal entries are kept once.
        Index("ix_units_open_level", "level", postgresql_where=text("closed_on IS NULL")),
        # One tree: what lies below the nation is everything.
        Index("uq_units_nation", "level", unique=True, postgresql_where=text("level = 'NATIONAL'")),
    )

    # Everything here is as it stands today; what was valid on a date is in `UnitVersion` and `UnitPlace`.
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[int] = mapped_column(unit_numbers, unique=True)
    code: Mapped[str]
    name: Mapped[str]
    level: Mapped[Level]
    kind: Mapped[UnitKind]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    # The unit in whose territory it lies, where that is not the unit above (属地 against 隶属).
    territory_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    territory_path: Mapped[str] = mapped_column(path())
    path: Mapped[str] = mapped_column(path(), unique=True)
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]
    # Who took over what a closed unit had.
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    upper_posting: Mapped[UpperPosting] = mapped_column(default=UpperPosting.DIRECT)

    parent: Mapped["Unit | None"] = relationship(
        back_populates="children", remote_side="Unit.id", foreign_keys=parent_id, lazy="raise"
    )
    children: Mapped[list["Unit"]] = relationship(back_populates="parent", foreign_keys=parent_id, lazy="raise")
    territory: Mapped["Unit | None"] = relationship(remote_side="Unit.id", foreign_keys=territory_id, lazy="raise")
    successor: Mapped["Unit | None"] = relationship(remote_side="Unit.id", foreign_keys=successor_id, lazy="raise")

    reach_column = "path"
    noun = "unit"
    order = ("path",)

    @classmethod
    def as_at(cls, day: date) -> Select[Any]:
        """Units that were open on a date, with the code, name, kind and links of that date.

        `path` stays the one of today, since it says who sees the unit; `place` is the path of that date.
        """
        version, place = aliased(UnitVersion), aliased(UnitPlace)
        then = {name: getattr(version, name) for name in ("code", "name", "kind", "parent_id", "territory_id")}
        then["closed_on"] = null().cast(Date)
        columns = [then.get(column.key, getattr(cls, column.key)).label(column.key) for column in cls.__table__.columns]
        return (
            select(*columns, place.path.label("place"))
            .join(version, and_(version.unit_id == cls.id, valid_on(version, day)))
            .join(place, and_(place.unit_id == cls.id, valid_on(place, day)))
        )


def valid_on(period: Any, day: date) -> ColumnElement[bool]:
    """Whether a period covers a date; its end is exclusive."""
    return and_(period.valid_from <= day, or_(period.valid_to.is_(None), period.valid_to > day))


class UnitVersion(Base):
    """What was true of an open unit from a date to a date (机构沿革); no version covers the time it is closed."""

    __tablename__ = "unit_versions"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
        ExcludeConstraint(
            ("unit_id", "="),
            (func.daterange(text("valid_from"), text("valid_to")), "&&"),
            using="gist",
            name="ex_unit_versions_one_at_a_time",
        ),
        Index(None, "unit_id", "valid_from", unique=True),
        Index(None, "parent_id", "valid_from"),
        Index(None, "territory_id"),
        Index(None, "code", "valid_from"),
        # Units change rarely and are searched often: no list of pending entries, which every search would have to read.
        Index(None, "grams", postgresql_using="gin", postgresql_with={"fastupdate": False}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[UnitKind]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    territory_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    # The pairs of neighbouring characters in the name: an index on these finds any two of them (see rules.grams).
    grams: Mapped[list[str]] = mapped_column(ARRAY(Text))

    unit: Mapped[Unit] = relationship(backref=backref("versions", lazy="raise"), foreign_keys=unit_id, lazy="raise")
    parent: Mapped[Unit | None] = relationship(foreign_keys=parent_id, lazy="raise")

    reach_through = "unit"
    order = ("valid_from", "id")


class UnitPlace(Base):
    """Where in the tree an open unit stood from a date to a date (机构位置); follows from the versions above it."""

    __tablename__ = "unit_places"
    __table_args__ = (
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="period"),
        ExcludeConstraint(
            ("unit_id", "="),
            (func.daterange(text("valid_from"), text("valid_to")), "&&"),
            using="gist",
            name="ex_unit_places_one_at_a_time",
        ),
        Index(None, "path"),
        Index(None, "territory_path"),
    )

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]
    territory_path: Mapped[str] = mapped_column(path())
    path: Mapped[str] = mapped_column(path())


class UnitAct(Base):
    """A change of the tree with its date and reason (机构变更): proposed, planned, or done."""

    __tablename__ = "unit_acts"
    __table_args__ = (
        Index(None, "unit_path", "id"),
        Index(None, "unit_id"),
        Index("ix_unit_acts_due", "effective_on", postgresql_where=text("state = 'PLANNED'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[UnitActKind]
    state: Mapped[UnitActState]
    # The unit it is about; one that is to be opened is not there yet.
    unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    # Where whoever decides on it has to hold the permission: the place of the unit above.
    unit_path: Mapped[str] = mapped_column(path())
    effective_on: Mapped[date]
    reason: Mapped[str]
    # What the act takes, by the names of its command's arguments; ids as text.
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    proposed_at: Mapped[datetime]
    # Empty where an import proposed it.
    proposed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]
    # Why it was dismissed.
    dismissal: Mapped[str | None]
    # Why it could not be done when its date came: our code, the field at fault, and the words in both languages.
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))

    unit: Mapped[Unit | None] = relationship(lazy="raise")

    reach_column = "unit_path"
    noun = "unit"
    order = ("id",)
