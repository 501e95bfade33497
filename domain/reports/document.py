"""What a report shows, in its order and in words already: page and paper are set from this, so neither knows more."""

from dataclasses import dataclass
from enum import Enum

from domain.terms import Language


class Cells(Enum):
    """What a column of a table holds (列类型)."""

    # In the language of the report.
    WORDS = "WORDS"
    # As people wrote it, in Chinese whatever the report speaks.
    NAMES = "NAMES"
    COUNT = "COUNT"
    LINK = "LINK"


@dataclass(frozen=True)
class Column:
    """A column of a table (列)."""

    name: str
    cells: Cells = Cells.COUNT
    # How wide it is beside the others.
    share: float = 1.0

    def leads(self, text: str) -> bool:
        """Whether a cell of it is an address to follow; what platforms say is one may be anything."""
        return self.cells is Cells.LINK and text.startswith(("https://", "http://"))


@dataclass(frozen=True)
class Table:
    """Figures as text (表格)."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Bar:
    """One bar (条形): how long, of how much, and what stands at its end; unknown where there is no value."""

    label: str
    value: int | None
    of: int
    said: str
    # Which of the colours of the chart.
    tone: int = 0


@dataclass(frozen=True)
class Line:
    """One line over time (折线); it breaks off where nothing is known."""

    name: str
    values: tuple[int | None, ...]


@dataclass(frozen=True)
class Chart:
    """A picture of the figures of the table beneath it (图): of bars, or of lines over the same times."""

    title: str
    description: str
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    times: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of a report under its heading (小节)."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A line of the box at the head (资料栏)."""

    name: str
    value: str
    cells: Cells = Cells.WORDS


@dataclass(frozen=True)
class Document:
    """A whole report (推介报告)."""

    language: Language
    kicker: str
    # The campaign's, as people wrote it.
    title: str
    # What has to be known before anything else is read.
    warnings: tuple[str, ...]
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    notes_heading: str
    notes: tuple[str, ...]
    publisher: str
