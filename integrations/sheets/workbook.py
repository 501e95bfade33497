"""Workbooks for Excel: real numbers and dates, text that stays text, and a first sheet that says what all this is."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from domain.exports.kinds import ColumnType
from integrations.sheets.cells import CELL_LIMIT, header_of, words_of
from integrations.sheets.port import Form

# How many rows a sheet of Excel has, its header among them.
SHEET_ROWS = 1_048_576
# Beyond that many digits Excel rounds, so a larger number is written as text.
EXACT = 10**15
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "use_zip64": True,
}
WIDTHS = {ColumnType.TEXT: 24, ColumnType.INSTANT: 20, ColumnType.ID: 20}


class Workbook:
    """A workbook: what it is, then as many sheets as the rows take; what is unknown is empty."""

    def __init__(self, path: Path, form: Form) -> None:
        self._form = form
        self._book = xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": str(path.parent)})
        self._bold = self._book.add_format({"bold": True})
        self._formats = {
            datetime: self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            date: self._book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        self._sheets = 0
        self._say()
        self._begin_sheet()

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            if self._row == SHEET_ROWS:
                self._begin_sheet()
            for place, value in enumerate(row):
                self._write(place, words_of(value, self._form.language))
            self._row += 1

    def close(self) -> None:
        self._book.close()

    def drop(self) -> None:
        # Its parts are not put together; without this it would try to at its end.
        self._book.fileclosed = True
        for sheet in self._book.worksheets():
            sheet._opt_close()

    def _say(self) -> None:
        sheet = self._book.add_worksheet("README")
        sheet.set_column(0, 1, WIDTHS[ColumnType.TEXT])
        for row, (name, words) in enumerate(self._form.about):
            sheet.write_string(row, 0, name, self._bold)
            sheet.write_string(row, 1, words)

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._sheet = self._book.add_worksheet(str(self._sheets))
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(self._form.columns):
            self._sheet.set_column(place, place, WIDTHS.get(column.type, 12))
            self._sheet.write_string(0, place, header_of(column, self._form.language), self._bold)
        if self._sheets == 1:
            self._sheet.activate()
        self._row = 1

    def _write(self, place: int, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, date):
            self._sheet.write_datetime(self._row, place, value, self._formats[type(value)])
        elif isinstance(value, int) and abs(value) < EXACT:
            self._sheet.write_number(self._row, place, value)
        else:
            self._sheet.write_string(self._row, place, str(value)[:CELL_LIMIT])
