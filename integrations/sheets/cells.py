"""What people read in a cell: words in their language, instants in Beijing time, and no text that acts as a formula."""

import re
from datetime import datetime
from typing import Any

from domain.base.dates import CHINA
from domain.exports.kinds import Column, ColumnType
from domain.term import Term
from domain.terms import Language

# What a spreadsheet takes for the beginning of a formula, in both widths; and what it passes over before one.
ACTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
# Texts of a workbook's cell may have so many characters.
CELL_LIMIT = 32_767
YES_NO = {Language.ZH_CN: ("是", "否"), Language.EN: ("yes", "no")}
BEIJING = {Language.ZH_CN: "(北京时间)", Language.EN: " (Beijing time)"}


def header_of(column: Column, language: Language) -> str:
    """The header; of an instant it says by which clock."""
    name = column.zh if language is Language.ZH_CN else column.en
    return name + BEIJING[language] if column.type is ColumnType.INSTANT else name


def words_of(value: Any, language: Language) -> Any:
    """The value as people read it: words in their language, an instant by the clock of Beijing, all else as it is."""
    zh = language is Language.ZH_CN
    if isinstance(value, Term):
        return value.zh if zh else value.value
    if isinstance(value, list):
        return ("、" if zh else ", ").join(words_of(each, language) for each in value)
    if isinstance(value, bool):
        yes, no = YES_NO[language]
        return yes if value else no
    if isinstance(value, datetime):
        return value.astimezone(CHINA).replace(tzinfo=None, microsecond=0)
    return value


def defused(text: str) -> str:
    """The text, marked as such where a spreadsheet would run it as a formula; plain numbers are none."""
    return f"'{text}" if text.startswith(ACTS) and not NUMBER.fullmatch(text) else text
