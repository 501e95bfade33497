"""Time comes in: nobody below the doors reads a clock."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.sources import Source, code, dotted, hold

READS = {
    "now": {"datetime", "datetime.datetime"},
    "utcnow": {"datetime", "datetime.datetime"},
    "today": {"datetime", "datetime.datetime", "date", "datetime.date"},
    **{name: {"time"} for name in ("time", "time_ns", "monotonic", "monotonic_ns", "localtime", "gmtime")},
}
# An id carries the instant at which it is made; nothing is decided by it.
IDS = {"domain/base/ids.py": {"time.time_ns"}}


def clock_reads(source: Source) -> Iterator[str]:
    """Every mention counts: `default=datetime.now` reads the clock as well as a call does."""
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and dotted(node.value) in READS.get(node.attr, ()):
            found = {dotted(node)} - IDS.get(source.path, set())
            yield from (source.at(node, name) for name in found)
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (source.at(node, f"from time import {a.name}") for a in node.names if a.name in READS)


def test_nobody_below_the_doors_reads_a_clock():
    found = [breach for source in code("domain", "schema", "migrations") for breach in clock_reads(source)]
    hold(found, rule="Take `now` as an argument; what is due is decided by the database: func.now() in the statement.")


@pytest.mark.parametrize(
    "text",
    [
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "time.time_ns()",
        "from time import monotonic",
        "created_at = mapped_column(default=datetime.now)",
    ],
)
def test_a_read_clock_is_noticed(text: str):
    assert len(list(clock_reads(Source("domain/x.py", text)))) == 1


@pytest.mark.parametrize("text", ["func.now()", "info.context.now", "datetime.fromisoformat(x)", "time.sleep(1)"])
def test_what_reads_no_clock_is_let_through(text: str):
    assert list(clock_reads(Source("domain/x.py", text))) == []


def test_only_ids_carry_the_instant_they_are_made_at():
    text = "time.time_ns()"
    assert list(clock_reads(Source("domain/base/ids.py", text))) == []
    assert list(clock_reads(Source("domain/base/models.py", text))) != []
