"""Occasions and school terms."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from domain.base.ids import new_id
from domain.base.models import Base, path
from domain.terms import DayKind, OccasionKind, SolarTerm, TermEdge
from domain.units.models import Unit


class Occasion(Base):
    """An important date of a unit and all below it (重要日子); retired, never deleted."""

    __tablename__ = "occasions"
    __table_args__ = (
        Index(None, "unit_path", "id"),
        Index(None, "unit_id"),
        Index("uq_occasions_name", "unit_id", "name", unique=True, postgresql_where=text("retired_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    name: Mapped[str]
    # The rule; `rules.Rule` says which columns go with which kind.
    kind: Mapped[OccasionKind]
    month: Mapped[int | None]
    day: Mapped[int | None]
    nth: Mapped[int | None]
    weekday: Mapped[int | None]
    solar_term: Mapped[SolarTerm | None]
    edge: Mapped[TermEdge | None]
    offset_days: Mapped[int] = mapped_column(default=0)
    lasts_days: Mapped[int] = mapped_column(default=1)
    # So many days before its date the preparations begin.
    lead_days: Mapped[int] = mapped_column(default=0)
    # The first and the last year in which it is kept.
    active_from: Mapped[int | None]
    active_to: Mapped[int | None]
    source: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship(lazy="raise")

    reach_column = "unit_path"
    seen_below = True
    noun = "occasion"


class Holiday(Base):
    """A day off, or at work in exchange, that was announced after what is shipped (放假调休)."""

    __tablename__ = "holidays"
    __table_args__ = (UniqueConstraint("day"), Index(None, "year"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    # Of which year's notice it is: one in December may belong to the next.
    year: Mapped[int]
    day: Mapped[date]
    kind: Mapped[DayKind]
    name: Mapped[str]
    source: Mapped[str]
    added_at: Mapped[datetime]

    for_everyone = True


class SchoolTerm(Base):
    """A term of the schools of a unit and all below it that say none of their own (学期)."""

    __tablename__ = "school_terms"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="period"),
        ExcludeConstraint(
            ("unit_id", "="),
            (func.daterange(text("starts_on"), text("ends_on"), text("'[]'")), "&&"),
            using="gist",
            name="ex_school_terms_one_at_a_time",
        ),
        Index(None, "unit_path", "id"),
        Index(None, "unit_id", "starts_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    unit_path: Mapped[str] = mapped_column(path())
    name: Mapped[str]
    starts_on: Mapped[date]
    # The last day.
    ends_on: Mapped[date]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship(lazy="raise")

    reach_column = "unit_path"
    seen_below = True
    noun = "occasion"
