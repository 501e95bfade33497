"""Kinds of columns: words as text, and every constraint with a name."""

from sqlalchemy import CheckConstraint, Enum, ForeignKeyConstraint, Text, UniqueConstraint

from domain.base.models import path, term
from domain.tables import metadata
from domain.terms import DeliveryState, Term


def test_every_constraint_and_index_has_a_name():
    for table in metadata.sorted_tables:
        assert table.primary_key.name == f"pk_{table.name}"
        for constraint in table.constraints:
            if isinstance(constraint, CheckConstraint | ForeignKeyConstraint | UniqueConstraint):
                assert str(constraint.name).split("_")[0] in {"ck", "fk", "uq"}
        assert all(index.name for index in table.indexes)


def test_a_word_is_kept_as_text_so_that_a_new_word_changes_no_type():
    kind = term(DeliveryState)
    assert not kind.native_enum
    assert not kind.create_constraint
    assert kind.enums == [state.value for state in DeliveryState]


def test_every_kind_of_word_in_a_table_is_a_column_of_words():
    kinds = {
        column.type.python_type
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Enum)
    }
    assert DeliveryState in kinds
    assert all(issubclass(kind, Term) for kind in kinds)


def test_a_path_is_text_in_byte_order():
    assert isinstance(path(), Text)
    assert path().collation == "C"


def test_every_instant_is_kept_with_its_zone():
    instants = [c for t in metadata.sorted_tables for c in t.columns if c.type.python_type.__name__ == "datetime"]
    assert len(instants) > 10
    # What the clocks of a place show is no instant; its zone stands beside it.
    assert [str(c) for c in instants if not getattr(c.type, "timezone", False)] == ["posts.wall_time"]
