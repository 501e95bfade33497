"""Every kind says all that three formats and a page of docs need, and nothing that is nobody's business."""

from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.types import ARRAY, BigInteger, Boolean, Date, DateTime, Enum, Text, Uuid

from domain.access.models import User
from domain.exports.kinds import KINDS, Column, ColumnType, Kind
from domain.reading.selection import Selection
from domain.terms import ExportKind
from tests.house.sources import ROOT
from tests.house.test_windows import INSIDE

STORED = {
    ColumnType.TEXT: Text,
    ColumnType.COUNT: BigInteger,
    ColumnType.INSTANT: DateTime,
    ColumnType.DAY: Date,
    ColumnType.TERM: Enum,
    ColumnType.TERMS: ARRAY,
    ColumnType.YES_NO: Boolean,
    ColumnType.ID: Uuid,
}
# Who a row is of or by: people of ours, and people who commented.
PERSONAL = {"keeper", "keeper_id", "created_by", "author_uid", "author_name", "host_comment_id"}
EACH = [pytest.param(kind, id=name.value) for name, kind in KINDS.items()]


def models_on_the_way(kind: Kind, column: Column) -> list[type]:
    """The models that the path of a column passes."""
    *way, _ = column.path.split(".")
    models: list[type] = [kind.model]
    for step in way:
        if step not in kind.measures:
            models.append(inspect(models[-1]).relationships[step].mapper.class_)
    return models


def table_of(kind: Kind) -> str:
    """The columns as the page of docs shows them."""
    rows = [f"| `{c.key}` | {c.zh} | {c.en} | {c.type.value[1]} |" for c in kind.columns]
    return "\n".join(["| key | zh-CN | en | type |", "| --- | --- | --- | --- |", *rows]) + "\n"


def test_every_word_has_its_kind():
    assert set(KINDS) == set(ExportKind)


@pytest.mark.parametrize("kind", EACH)
def test_every_column_has_a_key_and_two_headers_of_its_own(kind: Kind):
    for names in ([c.key for c in kind.columns], [c.zh for c in kind.columns], [c.en for c in kind.columns]):
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", EACH)
def test_every_column_is_of_the_type_that_the_table_has(kind: Kind):
    for column in kind.columns:
        first, *_ = column.path.split(".")
        if first not in kind.measures:
            stored: Any = inspect(models_on_the_way(kind, column)[-1]).columns[column.path.rpartition(".")[2]].type
            assert isinstance(stored, STORED[column.type]), column.key


@pytest.mark.parametrize("kind", EACH)
def test_no_column_is_a_secret_or_leads_to_a_person(kind: Kind):
    for column in kind.columns:
        assert not set(column.path.split(".")) & (INSIDE | PERSONAL), column.key
        assert User not in models_on_the_way(kind, column), column.key


@pytest.mark.parametrize("kind", EACH)
def test_what_is_read_of_a_row_is_what_its_columns_name(kind: Kind):
    def ends(selection: Selection, above: str = "") -> set[str]:
        below = [ends(branch.selection, f"{above}{branch.key}.") for branch in selection.branches]
        return {f"{above}{name}" for name in selection.attributes}.union(*below)

    measured = {column.path for column in kind.columns if column.path.partition(".")[0] in kind.measures}
    assert ends(kind.selection) | measured == {column.path for column in kind.columns}
    assert not any(branch.page for branch in kind.selection.branches)


@pytest.mark.parametrize("name", KINDS)
def test_the_docs_name_the_columns_that_there_are(name: ExportKind):
    page = (ROOT / "docs/reference/exports.md").read_text("utf-8")
    assert f"### {name.value} {name.zh}\n\n{table_of(KINDS[name])}" in page
