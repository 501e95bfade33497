"""The words of a report in both languages; what people wrote stays as they wrote it."""

from datetime import date, datetime

from domain.base.dates import CHINA
from domain.engagement.rules import Total
from domain.term import Term
from domain.terms import Language

NONE = "-"


class Words:
    """How a report speaks."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.is_chinese = language is Language.ZH_CN

    def __call__(self, zh: str, en: str) -> str:
        """One of the two."""
        return zh if self.is_chinese else en

    def term(self, term: Term) -> str:
        """A word of the field; in English its identifier, written as words."""
        return term.zh if self.is_chinese else term.value.replace("_", " ").capitalize()

    def day(self, day: date) -> str:
        """A date as people write it."""
        return f"{day.year}年{day.month}月{day.day}日" if self.is_chinese else f"{day.day} {day:%B} {day.year}"

    def instant(self, at: datetime) -> str:
        """A time of day in China."""
        clock = at.astimezone(CHINA)
        return f"{self.day(clock.date())}{self('', ',')} {clock:%H:%M}{self('(北京时间)', ' (Beijing time)')}"

    def total(self, total: Total) -> str:
        """A figure, or why there is none; never a 0 instead."""
        if total.value is not None:
            return count(total.value)
        return NONE if total.gap is None else self.term(total.gap)


def clock(at: datetime) -> str:
    """A time in China where there is little room."""
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M}"


def count(value: int | None) -> str:
    """A number as people read it; unknown is no 0."""
    return NONE if value is None else f"{value:,}"
