"""Charts, drawn once: page and paper show the same strokes. Places are counted from the upper left corner."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.reports.document import Bar, Chart, Line

# As wide as a telephone: set wider, everything grows with it.
WIDE = 360.0
SIZE, SMALL = 12.5, 10.5
# A line of words and the bar beneath it.
ROW, BAR = 37.0, 11.0
GAP = 10.0
TALL, LEFT, RIGHT, TOP, FOOT = 150.0, 46.0, 14.0, 14.0, 24.0
# Told apart by colour, and by dashes where there is none.
TONES = ("#2f5d9e", "#b3541e", "#3c7a3a", "#6b4488")
DASHES = ((), (6.0, 3.0), (2.0, 2.0), (8.0, 3.0, 2.0, 3.0))
INK, SOFT, FAINT = "#1f2933", "#52606d", "#dde3e8"
# So many points are marked, so that one alone is seen.
MARKED = 31


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True)
class Stroke:
    """A line through some points."""

    points: tuple[tuple[float, float], ...]
    colour: str
    width: float = 1.0
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True)
class Words:
    """A line of text; `anchor` says which end of it stands at the place."""

    x: float
    y: float
    text: str
    size: float = SIZE
    anchor: str = "start"
    colour: str = INK


Mark = Box | Stroke | Words


@dataclass(frozen=True)
class Picture:
    """A chart as it is drawn."""

    height: float
    marks: tuple[Mark, ...]


def drawn(chart: Chart) -> Picture:
    """The strokes of a chart."""
    return _bars(chart.bars) if chart.bars else _lines(chart.lines, chart.times)


def wide(text: str, size: float = SIZE) -> float:
    """About how wide a text is: a Chinese character is as wide as high, most others little more than half."""
    return sum(size if ord(one) > 0x2E7F else size * 0.62 for one in text)


def fitting(text: str, room: float, size: float = SIZE) -> str:
    """The beginning of a text that is longer than its room; the table beneath has it whole."""
    if wide(text, size) <= room:
        return text
    kept = text
    while kept and wide(kept, size) + size > room:
        kept = kept[:-1]
    return f"{kept}…"


def _bars(bars: Sequence[Bar]) -> Picture:
    longest = max((bar.of for bar in bars), default=0)
    return Picture(
        len(bars) * ROW, tuple(mark for place, bar in enumerate(bars) for mark in _bar(bar, place * ROW, longest))
    )


def _bar(bar: Bar, y: float, longest: int) -> Iterator[Mark]:
    yield Words(0, y + SIZE, fitting(bar.label, WIDE - wide(bar.said) - GAP))
    yield Words(WIDE, y + SIZE, bar.said, anchor="end", colour=SOFT)
    top, scale = y + SIZE + 6, WIDE / longest if longest else 0.0
    # What it might come to lies behind it.
    yield Box(0, top, bar.of * scale, BAR, FAINT)
    if bar.value:
        yield Box(0, top, min(bar.value, bar.of) * scale, BAR, TONES[bar.tone % len(TONES)])


def _lines(lines: Sequence[Line], times: Sequence[str]) -> Picture:
    legend = list(_legend([line.name for line in lines]))
    head = max((mark.y for mark in legend if isinstance(mark, Words)), default=0.0) + TOP
    most = rounded_up(max((value for line in lines for value in line.values if value is not None), default=0))
    width, base = WIDE - LEFT - RIGHT, head + TALL
    step = width / max(len(times) - 1, 1)

    def at(place: int, value: int) -> tuple[float, float]:
        return LEFT + (place * step if len(times) > 1 else width / 2), base - value / most * TALL

    marks: list[Mark] = [*legend, *_scale(most, base)]
    for tone, line in enumerate(lines):
        colour, dashes = TONES[tone % len(TONES)], DASHES[tone % len(DASHES)]
        for run in _runs(line.values):
            points = tuple(at(place, value) for place, value in run)
            if len(points) > 1:
                marks.append(Stroke(points, colour, 2.0, dashes))
            if len(times) <= MARKED or len(points) == 1:
                marks += [Box(x - 2.5, y - 2.5, 5, 5, colour) for x, y in points]
    for place, anchor in _told(len(times)):
        marks.append(Words(at(place, 0)[0], base + FOOT - 6, times[place], SMALL, anchor, SOFT))
    return Picture(base + FOOT, tuple(marks))


def _legend(names: Sequence[str]) -> Iterator[Mark]:
    x, y = 0.0, SIZE
    for tone, name in enumerate(names):
        room = 28 + wide(name) + GAP
        if x and x + room > WIDE:
            x, y = 0.0, y + SIZE + 6
        points = ((x, y - 4), (x + 22, y - 4))
        yield Stroke(points, TONES[tone % len(TONES)], 2.0, DASHES[tone % len(DASHES)])
        yield Words(x + 28, y, name)
        x += room


def _scale(most: int, base: float) -> Iterator[Mark]:
    for value in (0, most // 2, most):
        y = base - value / most * TALL
        yield Stroke(((LEFT, y), (WIDE - RIGHT, y)), FAINT)
        yield Words(LEFT - 6, y + 3.5, short(value), SMALL, "end", SOFT)


def _runs(values: Sequence[int | None]) -> Iterator[list[tuple[int, int]]]:
    """What is known without a gap."""
    run: list[tuple[int, int]] = []
    for place, value in enumerate(values):
        if value is not None:
            run.append((place, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _told(count: int) -> list[tuple[int, str]]:
    """Which times stand below: the first, one in the middle, and the last."""
    if count == 1:
        return [(0, "middle")]
    middle = [(count // 2, "middle")] if count > 2 and count % 2 else []
    return [(0, "start"), *middle, (count - 1, "end")] if count else []


def rounded_up(most: int) -> int:
    """The end of a scale: even, so that its middle is a whole number too."""
    step: int = max(2, 10 ** (len(str(most)) - 1) // 5)
    return max(1, -(-most // step)) * step


def short(value: int) -> str:
    """A number of a scale in the room beside it."""
    for power, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if value >= power:
            return f"{value / (1000 if letter == 'k' else power):g}{letter}"
    return f"{value:,}"
