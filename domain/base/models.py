"""The base of all tables: naming of constraints, and the kinds of columns in use."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Enum, MetaData, Select, Text, Uuid
from sqlalchemy.orm import DeclarativeBase

from domain import terms

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def term(kind: type[terms.Term]) -> Enum:
    """A column type for a word of the field, kept as text so that a new word needs no change of type."""
    return Enum(kind, native_enum=False, create_constraint=False, length=32)


def path() -> Text:
    """A column type for paths in the tree; byte order makes "below this unit" a plain range of the index."""
    return Text(collation="C")


class Base(DeclarativeBase):
    """All tables of the domain."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        datetime: DateTime(timezone=True),
        int: BigInteger(),
        str: Text(),
        **{kind: term(kind) for kind in terms.Term.__subclasses__()},
    }

    # Who reaches a row is said in one of four ways; a model that says none is shown to nobody.
    # The column that holds the path of the place in the tree where a row lies.
    reach_column: ClassVar[str | None] = None
    # Whether rows at that place are shown to the levels below it as well: what a unit says to all of them.
    seen_below: ClassVar[bool] = False
    # An attribute and the value that opens such rows to whoever is logged in, wherever they lie.
    open_where: ClassVar[tuple[str, Any] | None] = None
    # The to-one relation whose row has to be reached.
    reach_through: ClassVar[str | None] = None
    # The column that names the one person whose row it is; nobody else reaches it.
    reach_owner: ClassVar[str | None] = None
    # Nothing in it concerns one place only: whoever is logged in sees it.
    for_everyone: ClassVar[bool] = False
    # Not even shown with what points to it, but only to whoever reaches the row itself.
    is_private: ClassVar[bool] = False
    # Whether such rows go to the successor when their unit is closed into it; others stay with it as its history.
    follows_successor: ClassVar[bool] = False
    # The column that ends such a row: one that is over stays behind all the same.
    follows_until: ClassVar[str | None] = None
    # Whether such a row is an order over its unit and all below it, with the `height` from which it was decided: a
    # copy goes with whoever leaves, or it would end for them unsaid.
    is_over_all_below: ClassVar[bool] = False
    # The noun whose `view` permission shows such rows.
    noun: ClassVar[str] = ""
    # The attributes that give rows their order in connections; the id is always the last of them.
    order: ClassVar[tuple[str, ...]] = ("id",)
    # Whether that order begins with the greatest: what is looked for is what came last.
    descends: ClassVar[bool] = False

    @classmethod
    def as_at(cls, day: date) -> Select[Any] | None:  # noqa: ARG003
        """The rows as they stood on a date, for a model that keeps that.

        It selects every column of the model by its name, and `place`, the path of that date.
        """
        return None
