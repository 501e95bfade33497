"""Every table is built alike: named constraints, instants with a zone, indexes under foreign keys, nothing lazy."""

from collections.abc import Iterable, Iterator

from sqlalchemy import (
    Column,
    Constraint,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, RelationshipProperty, mapped_column, relationship

from domain.base.models import NAMES, Base
from domain.tables import metadata
from tests.house.sources import hold

# Foreign keys without an index that begins with them. An index serves whoever deletes or rekeys the other row,
# and whoever reads by it; where nobody does, it only costs writing.
NOT_INDEXED = {
    "unit_acts.proposed_by": "users are disabled, never deleted, and nobody reads acts by their author",
    "unit_acts.decided_by": "users are disabled, never deleted, and nobody reads acts by who decided",
    "login_links.created_by": "users are disabled, never deleted, and links are read by the person they are for",
    "delegations.delegated_by": "users are disabled, never deleted, and nobody reads delegations by who gave them",
    "account_events.by_id": "users are disabled, never deleted, and a history is read by its account",
    "lessons.written_by": "users are disabled, never deleted, and nobody reads lessons by their author",
    "lessons.nominated_by": "users are disabled, never deleted, and nobody reads lessons by who nominated them",
    "lesson_revisions.written_by": "users are disabled, never deleted, and revisions are read by their lesson",
    "nominations.nominated_by": "users are disabled, never deleted, and nominations are read by their call",
    "posts.created_by": "users are disabled, never deleted, and nobody reads posts by their author",
    "posts.edited_by": "users are disabled, never deleted, and nobody reads posts by their editor",
    "posts.pictured_by": "users are disabled, never deleted, and nobody reads posts by who chose the picture",
    "posts.picture_id": "a partial index serves whoever deletes a picture: it holds the posts that carry one",
    "uploads.unit_id": "forgotten after a day, and read by their id",
    "pictures.unit_id": "units are closed, never deleted, and pictures are read by their id",
    "pictures.created_by": "users are disabled, never deleted, and pictures are read by their id",
    "lesson_files.unit_id": "units are closed, never deleted, and files are read by their id",
    "lesson_files.created_by": "users are disabled, never deleted, and files are read by their id",
    "exports.unit_id": "forgotten after a week, and read by whoever asked for them",
    "campaign_reports.unit_id": "forgotten after a week, and read by unit_path",
    "campaign_reports.campaign_id": "forgotten after a week, and read by their place",
    "press_kits.unit_id": "forgotten after a week, and read by unit_path",
    "press_kits.lesson_id": "forgotten after a week, and read by their place",
    "press_kits.campaign_id": "forgotten after a week, and read by their place",
    "approvals.approved_by": "users are disabled, never deleted, and approvals are read by their post",
    "approvals.withdrawn_by": "users are disabled, never deleted, and approvals are read by their post",
    "silences.ordered_by": "users are disabled, never deleted, and orders are read by their place",
    "silences.lifted_by": "users are disabled, never deleted, and orders are read by their place",
    "deliveries.waits_for_id": "deliveries are never deleted; a partial index serves those that wait",
    "authorizations.user_id": "forgotten after a day, and read by their id",
    "authorizations.unit_id": "forgotten after a day, and read by their id",
    "authorizations.account_id": "forgotten after a day, and read by their id",
    "authorizations.host_id": "forgotten after a day, and read by their id",
    "renewals.keeper_id": "users are disabled, never deleted, and renewals are read by their account",
    "grants.unit_id": "units are closed, never deleted, and grants are read by user or path",
    "grants.granted_by": "users are disabled, never deleted, and nobody reads grants by who gave them",
    "grants.ended_by": "users are disabled, never deleted, and nobody reads grants by who ended them",
    "readings.host_id": "platforms are few and never deleted, and readings are read by due_at",
}


# What the clocks of a place show; the zone stands beside it.
NO_INSTANTS = {"posts.wall_time"}


def unnamed(tables: Iterable[Table]) -> Iterator[str]:
    for table in tables:
        things: list[Constraint | Index] = [*table.constraints, *table.indexes]
        for thing in things:
            if not isinstance(thing.name, str):
                yield f"{table.name}: {thing!r} has no name"


def without_zone(tables: Iterable[Table]) -> Iterator[str]:
    for table in tables:
        for column in table.columns:
            is_instant = f"{table.name}.{column.name}" not in NO_INSTANTS
            if is_instant and isinstance(column.type, DateTime) and not column.type.timezone:
                yield f"{table.name}.{column.name} has no time zone"


def unindexed(tables: Iterable[Table]) -> Iterator[str]:
    for table in tables:
        first = {columns[0] for columns in _keys(table) if columns}
        for column in table.columns:
            if column.foreign_keys and column.name not in first:
                yield f"{table.name}.{column.name}"


def lazy(base: type[DeclarativeBase]) -> Iterator[str]:
    for mapper in base.registry.mappers:
        for relation in mapper.relationships:
            if relation.lazy != "raise":
                yield f"{mapper.class_.__name__}.{relation.key} is lazy={relation.lazy!r}"


def _keys(table: Table) -> Iterator[list[str]]:
    """The columns of every key and index that holds all rows; a partial index finds only some."""
    for constraint in table.constraints:
        if isinstance(constraint, PrimaryKeyConstraint | UniqueConstraint):
            yield [column.name for column in constraint.columns]
    for index in table.indexes:
        if index.dialect_options["postgresql"]["where"] is None:
            yield [column.name for column in index.columns]


def test_no_relation_loads_by_surprise():
    hold(
        lazy(Base), rule='Every relationship, a backref too, is lazy="raise"; what is shown is read by domain/reading.'
    )


def test_every_constraint_and_index_has_a_name():
    hold(unnamed(metadata.tables.values()), rule="Give it a name, or None where the naming convention makes one.")


def test_every_timestamp_has_a_zone():
    hold(
        without_zone(metadata.tables.values()),
        rule="Write `Mapped[datetime]`; domain/base/models.py gives it its zone.",
    )


def test_every_foreign_key_lies_under_an_index():
    found = [
        f"{name} is the first column of no full index"
        for name in unindexed(metadata.tables.values())
        if name not in NOT_INDEXED
    ]
    hold(found, rule="Add an index that begins with the foreign key, or say in this file why none is needed.")


def test_a_foreign_key_without_an_index_is_still_one():
    assert sorted(set(NOT_INDEXED) - set(unindexed(metadata.tables.values()))) == [], (
        "Take it off the list of exceptions."
    )


def test_tables_stand_in_plural_and_classes_in_singular():
    found = [
        f"{mapper.class_.__name__} in table {mapper.local_table.description}"
        for mapper in Base.registry.mappers
        if mapper.class_.__name__.endswith("s") or not mapper.local_table.description.endswith("s")
    ]
    hold(found, rule="A model is named by one row (Handover), its table by all of them (handovers).")


def test_faults_of_a_table_are_noticed():
    one = Table("ones", MetaData(naming_convention=NAMES), Column("id", Uuid, primary_key=True))
    bare = Table(
        "manys",
        MetaData(),
        Column("id", Uuid, primary_key=True),
        Column("one_id", ForeignKey(one.c.id)),
        Column("at", DateTime()),
    )
    Index("ix_partial", bare.c.one_id, postgresql_where=bare.c.at.is_not(None))
    assert list(unnamed([one])) == []
    assert len(list(unnamed([bare]))) == 2
    assert list(without_zone([bare])) == ["manys.at has no time zone"]
    assert list(unindexed([bare])) == ["manys.one_id"]
    Index("ix_full", bare.c.one_id, bare.c.id)
    assert list(unindexed([bare])) == []


def test_a_lazy_relation_is_noticed():
    class Other(DeclarativeBase):
        pass

    class Room(Other):
        __tablename__ = "rooms"
        id: Mapped[int] = mapped_column(primary_key=True)
        house_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
        house: Mapped["Room"] = relationship(remote_side="Room.id")

    assert isinstance(Room.house.property, RelationshipProperty)
    assert list(lazy(Other)) == ["Room.house is lazy='select'"]
