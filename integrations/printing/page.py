"""A report as a page: one file that needs nothing else, without script, to be read, printed or sent on."""

import html
from collections.abc import Iterator
from importlib.resources import files

from domain.reports.document import Cells, Chart, Column, Document, Fact, Section, Table
from domain.terms import Language
from integrations.printing.charts import WIDE, Box, Mark, Stroke, drawn

_STYLE = (files("integrations.printing") / "report.css").read_text("utf-8")
TAGS = {Language.ZH_CN: "zh-CN", Language.EN: "en"}


def page(document: Document) -> bytes:
    """The whole page; whatever people wrote is escaped."""
    tag = TAGS[document.language]
    facts = "".join(_fact(fact, tag) for fact in document.facts)
    warnings = "".join(f"<p>{esc(text)}</p>" for text in document.warnings)
    known = f'<div class="known" role="note">{warnings}</div>' if warnings else ""
    sections = "".join(_section(section, place, tag) for place, section in enumerate(document.sections))
    notes = "".join(f"<li>{esc(note)}</li>" for note in document.notes)
    return f"""<!doctype html>
<html lang="{tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{esc(document.title)} - {esc(document.kicker)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<p class="kind">{esc(document.kicker)}</p>
<h1{_lang(Cells.NAMES, tag)}>{esc(document.title)}</h1>
{known}<dl>{facts}</dl>
{sections}<h2>{esc(document.notes_heading)}</h2>
<ul class="notes">{notes}</ul>
</main>
</body>
</html>
""".encode()


def esc(text: str) -> str:
    """As HTML has it."""
    return html.escape(text, quote=True)


def _lang(cells: Cells, tag: str) -> str:
    """What people wrote is Chinese, whatever the report speaks."""
    return ' lang="zh-CN"' if cells is Cells.NAMES and tag != "zh-CN" else ""


def _fact(fact: Fact, tag: str) -> str:
    return f"<dt>{esc(fact.name)}</dt><dd{_lang(fact.cells, tag)}>{esc(fact.value)}</dd>"


def _section(section: Section, place: int, tag: str) -> str:
    paragraphs = "".join(f"<p>{esc(text)}</p>" for text in section.paragraphs)
    charts = "".join(_figure(chart, f"c{place}-{number}") for number, chart in enumerate(section.charts))
    tables = "".join(_table(table, f"t{place}-{number}", tag) for number, table in enumerate(section.tables))
    return f"<section><h2>{esc(section.heading)}</h2>{paragraphs}{charts}{tables}</section>\n"


def _figure(chart: Chart, name: str) -> str:
    picture = drawn(chart)
    marks = "".join(_mark(mark) for mark in picture.marks)
    return (
        f'<figure><figcaption>{esc(chart.title)}</figcaption><svg viewBox="0 0 {WIDE:g} {picture.height:g}" role="img" '
        f'aria-labelledby="{name}-t {name}-d"><title id="{name}-t">{esc(chart.title)}</title>'
        f'<desc id="{name}-d">{esc(chart.description)}</desc>{marks}</svg></figure>'
    )


def _mark(mark: Mark) -> str:
    if isinstance(mark, Box):
        place = f'x="{mark.x:g}" y="{mark.y:g}" width="{mark.width:g}" height="{mark.height:g}"'
        return f'<rect {place} fill="{mark.colour}"/>'
    if isinstance(mark, Stroke):
        points = " ".join(f"{x:g},{y:g}" for x, y in mark.points)
        dashes = f' stroke-dasharray="{" ".join(f"{each:g}" for each in mark.dashes)}"' if mark.dashes else ""
        return f'<polyline points="{points}" fill="none" stroke="{mark.colour}" stroke-width="{mark.width:g}"{dashes}/>'
    look = f'font-size="{mark.size:g}" text-anchor="{mark.anchor}" fill="{mark.colour}"'
    return f'<text x="{mark.x:g}" y="{mark.y:g}" {look}>{esc(mark.text)}</text>'


def _table(table: Table, name: str, tag: str) -> str:
    if not table.rows:
        return ""
    heads = "".join(f'<th scope="col"{_kind(column)}>{esc(column.name)}</th>' for column in table.columns)
    rows = "".join(f"<tr>{''.join(_cells(table, row, tag))}</tr>" for row in table.rows)
    # Wider than a telephone it is pushed aside by itself, with the keyboard too.
    return (
        f'<p class="caption" id="{name}">{esc(table.caption)}</p>'
        f'<div class="scroll" tabindex="0" role="region" aria-labelledby="{name}"><table aria-labelledby="{name}">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _cells(table: Table, row: tuple[str, ...], tag: str) -> Iterator[str]:
    for place, (column, text) in enumerate(zip(table.columns, row, strict=True)):
        told = esc(text)
        if column.leads(text):
            told = f'<a href="{told}" rel="noreferrer">{told}</a>'
        look = f"{_kind(column)}{_lang(column.cells, tag)}"
        yield f'<th scope="row"{look}>{told}</th>' if place == 0 else f"<td{look}>{told}</td>"


def _kind(column: Column) -> str:
    return ' class="n"' if column.cells is Cells.COUNT else ' class="t"'
