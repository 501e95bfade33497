"""The writer of each format."""

from collections.abc import Mapping

from domain.terms import ExportFormat
from integrations.sheets.delimited import DelimitedFile
from integrations.sheets.lines import JsonLines
from integrations.sheets.port import Writer
from integrations.sheets.workbook import Workbook

WRITERS: Mapping[ExportFormat, type[Writer]] = {
    ExportFormat.CSV: DelimitedFile,
    ExportFormat.XLSX: Workbook,
    ExportFormat.JSON_LINES: JsonLines,
}
