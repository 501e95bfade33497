"""The writer of each format."""

from collections.abc import Mapping

from domain.terms import ExportFormat
from integrations.sheets.delimited import DelimitedFile
from integrations.sheets.port import Writer

WRITERS: Mapping[ExportFormat, type[Writer]] = {ExportFormat.CSV: DelimitedFile}
