"""CSV is read back as what was written, by a reader of its own, and nothing in it acts as a formula."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.exports.kinds import Column
from domain.terms import Language, Level
from integrations.sheets.cells import ACTS, NUMBER, defused
from integrations.sheets.delimited import DelimitedFile
from integrations.sheets.port import Form
from tests.integrations.sheets.rows import AT, COUNT, DAY, NIGHT, TEXT, WORD, YES


def written(path: Path, columns: list[Column], *rows: list[Any], language: Language = Language.ZH_CN) -> bytes:
    file = DelimitedFile(path / "x.csv", Form(columns, language))
    for row in rows:
        file.add([row])
    file.close()
    return (path / "x.csv").read_bytes()


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_excel_finds_its_mark_and_every_line_ends_as_the_rule_says(tmp_path: Path):
    content = written(tmp_path, [TEXT, COUNT], ["示范,课程", 3], ['说"好"', None], ["上\n下", 0])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == 4
    assert read(content) == [["名称", "阅读数"], ["示范,课程", "3"], ['说"好"', ""], ["上\n下", "0"]]


@pytest.mark.parametrize(
    ("language", "header", "cells"),
    [
        (Language.ZH_CN, ["发布时间(北京时间)", "日期", "层级", "品牌"], ["县级", "是"]),
        (Language.EN, ["Published (Beijing time)", "Day", "Level", "Brand"], ["COUNTY", "yes"]),
    ],
)
def test_words_are_of_the_language_asked_for_and_instants_of_beijing(
    tmp_path: Path, language: Language, header: list[str], cells: list[str]
):
    row = [NIGHT, date(2026, 6, 1), Level.COUNTY, True]
    found = read(written(tmp_path, [AT, DAY, WORD, YES], row, language=language))
    assert found == [header, ["2026-06-02 04:30:15", "2026-06-01", *cells]]


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1+1"])
def test_what_would_act_as_a_formula_is_marked(tmp_path: Path, text: str):
    (_, (cell,)) = read(written(tmp_path, [TEXT], [text]))
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", ["-5", "+3.5", "110101", "a=b", "1-1", "'=1", "", " =1"])
def test_what_acts_as_nothing_stays_as_it_is(tmp_path: Path, text: str):
    (_, (cell, _)) = read(written(tmp_path, [TEXT, COUNT], [text, 1]))
    assert cell == text


def test_a_negative_count_stays_a_number(tmp_path: Path):
    (_, (cell,)) = read(written(tmp_path, [COUNT], [-12]))
    assert cell == "-12"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_text_at_all_is_left_that_begins_as_a_formula_and_none_is_lost(text: str):
    safe = defused(text)
    assert not safe.startswith(ACTS) or NUMBER.fullmatch(safe)
    assert text in (safe, safe[1:])


@given(st.lists(st.text(alphabet=st.sampled_from(["=", "+", "-", "@", ",", '"', "\r", "\n", "\t", "中", "1"]))))
def test_whatever_a_row_holds_it_is_read_back_cell_by_cell(tmp_path_factory: pytest.TempPathFactory, row: list[str]):
    columns = [TEXT] * (len(row) + 1)
    _, found = read(written(tmp_path_factory.mktemp("csv"), columns, [*row, "end"]))
    assert found == [*map(defused, row), "end"]
