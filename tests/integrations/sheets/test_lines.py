"""JSON lines have the same keys in every line, and say nothing in a language or by a clock of their own."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.terms import Language
from integrations.sheets.lines import JsonLines
from integrations.sheets.port import Form
from tests.integrations.sheets.rows import EACH, EMPTY, ROW


@pytest.mark.parametrize("language", Language)
def test_values_are_as_programs_want_them_and_the_unknown_is_null(tmp_path: Path, language: Language):
    file = JsonLines(tmp_path / "x.jsonl", Form(EACH, language))
    rows: list[list[Any]] = [ROW, EMPTY, ["=1+1\n", -1, *EMPTY[2:]]]
    file.add(rows)
    file.close()
    first, second, third = map(json.loads, (tmp_path / "x.jsonl").read_text("utf-8").splitlines())
    assert first == {
        "name": "示范,课程",
        "reads": 3,
        "at": "2026-06-01T20:30:15Z",
        "day": "2026-06-01",
        "level": "COUNTY",
        "isBrand": True,
    }
    assert second == dict.fromkeys(first)
    assert (third["name"], third["reads"], list(third)) == ("=1+1\n", -1, list(first))
