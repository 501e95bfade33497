"""A workbook is read back by another library: numbers and dates are real, text is text, and sheets end in time."""

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.exports.kinds import Column
from domain.terms import Language
from integrations.sheets import workbook
from integrations.sheets.cells import ACTS, CELL_LIMIT
from integrations.sheets.port import Form
from integrations.sheets.workbook import Workbook
from tests.integrations.sheets.rows import AT, COUNT, DAY, EACH, EMPTY, ROW, TEXT


def written(path: Path, columns: list[Column], *rows: list[Any], language: Language = Language.ZH_CN) -> Any:
    book = Workbook(path / "x.xlsx", Form(columns, language, [("时区", "北京时间(UTC+08:00)")]))
    for row in rows:
        book.add([row])
    book.close()
    return openpyxl.load_workbook(path / "x.xlsx")


def values(sheet: Any) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize(
    ("language", "header", "words"),
    [
        (Language.ZH_CN, ["名称", "阅读数", "发布时间(北京时间)", "日期", "层级", "品牌"], ["县级", "是"]),
        (Language.EN, ["Name", "Reads", "Published (Beijing time)", "Day", "Level", "Brand"], ["COUNTY", "yes"]),
    ],
)
def test_numbers_and_dates_are_real_and_what_is_unknown_is_empty(
    tmp_path: Path, language: Language, header: list[str], words: list[str]
):
    found = written(tmp_path, EACH, ROW, EMPTY, [*EMPTY[:1], 0, *EMPTY[2:]], language=language)
    assert found.sheetnames == ["README", "1"]
    assert found.active.title == "1"
    head, first, *others = values(found["1"])
    assert head == header
    # Instants of a workbook have no zone; the header says by which clock.
    assert first[:2] == ["示范,课程", 3]
    assert [str(value) for value in first[2:4]] == ["2026-06-02 04:30:15", "2026-06-01 00:00:00"]
    assert first[4:] == words
    assert [cell.data_type for cell in found["1"][2]] == ["s", "n", "d", "d", "s", "s"]
    assert others[-1] == [None, 0, None, None, None, None]
    assert values(found["README"]) == [["时区", "北京时间(UTC+08:00)"]]


@given(st.tuples(st.sampled_from(ACTS), st.text("=1+A中|!", max_size=9)).map("".join))
@settings(max_examples=25)
def test_what_looks_like_a_formula_is_text_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str):
    cell = written(tmp_path_factory.mktemp("xlsx"), [TEXT, COUNT], [text, 1])["1"]["A2"]
    assert cell.data_type == "s"
    assert cell.value.replace("_x000D_", "\r") == text


def test_addresses_long_texts_and_long_numbers_are_text(tmp_path: Path):
    sheet = written(tmp_path, [TEXT, COUNT], ["https://weibo.example/1", 10**18], ["长" * 40_000, -(10**14)])["1"]
    assert (sheet["A2"].value, sheet["A2"].hyperlink, sheet["B2"].value) == (
        "https://weibo.example/1",
        None,
        str(10**18),
    )
    assert (len(sheet["A3"].value), sheet["B3"].value) == (CELL_LIMIT, -(10**14))


def test_a_sheet_that_is_full_is_followed_by_another_with_the_same_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert workbook.SHEET_ROWS == 2**20
    monkeypatch.setattr(workbook, "SHEET_ROWS", 4)
    found = written(tmp_path, [COUNT, AT, DAY], *([number, None, None] for number in range(7)))
    assert found.sheetnames == ["README", "1", "2", "3"]
    rows = [values(found[name]) for name in ("1", "2", "3")]
    assert {row[0][0] for row in rows} == {"阅读数"}
    assert [[row[0] for row in sheet[1:]] for sheet in rows] == [[0, 1, 2], [3, 4, 5], [6]]


def test_one_that_nobody_wants_any_more_leaves_nothing_to_be_closed(tmp_path: Path):
    book = Workbook(tmp_path / "x.xlsx", Form([TEXT], Language.EN))
    book.add([["a"], ["b"]])
    book.drop()
    assert not (tmp_path / "x.xlsx").exists()
