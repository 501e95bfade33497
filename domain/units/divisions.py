"""China's divisions: the lists shipped in `data/`, or newer ones of the same columns, read into memory."""

import csv
import gzip
from collections.abc import Mapping
from datetime import date
from importlib.resources import files

from domain.units.rules import LEVEL_OF_LENGTH, PARENT_LENGTH, Division, Tree, plan_tree

DATA = files("domain.units") / "data"
# The day whose divisions the shipped lists hold.
STATE_ON = date(2023, 6, 30)
COLUMNS = ("code", "name", "kind")
KINDS = ("R", "V", "S")


class ListUnusable(Exception):
    """A list of divisions cannot be read; the message says which line and why."""


def shipped_tree() -> Tree:
    """The tree planned from the shipped lists (state of 2023-06-30; 44,703 rows and the Corps' divisions)."""
    return tree_of((DATA / "divisions.csv.gz").read_bytes())


def tree_of(content: bytes) -> Tree:
    """The tree planned from a list of divisions in CSV, packed or not, and the Corps' divisions as shipped."""
    corps = list(csv.DictReader((DATA / "xpcc.csv").read_text("utf-8").splitlines()))
    return plan_tree(
        _divisions(content),
        corps={row["code"]: row["name"] for row in corps},
        corps_cities={row["city_code"]: row["code"] for row in corps if row["city_code"]},
    )


def _divisions(content: bytes) -> list[Division]:
    try:
        text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ListUnusable(f"it is no text in UTF-8, packed by gzip or not ({error})") from error
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ListUnusable(f"its first line lacks the columns {', '.join(missing)} (of {', '.join(COLUMNS)})")
    found: dict[str, Division] = {}
    for line, row in enumerate(reader, 2):
        division = Division(row["code"] or "", row["name"] or "", row["kind"] or "")
        fault = _fault(division, found)
        if fault:
            raise ListUnusable(f"line {line} ({division.code} {division.name}): {fault}")
        found[division.code] = division
    if not found:
        raise ListUnusable("it has no rows")
    return list(found.values())


def _fault(row: Division, above: Mapping[str, Division]) -> str:
    """What is wrong with a row, whose unit above has to come before it."""
    if not (row.code.isascii() and row.code.isdigit()) or len(row.code) not in LEVEL_OF_LENGTH:
        return "a code has 2, 4, 6 or 9 digits"
    if row.code in above:
        return "the code is listed twice"
    if not row.name.strip():
        return "the name is empty"
    if row.kind not in KINDS:
        return "the kind is R (regular), V (virtual) or S (statistical)"
    length = PARENT_LENGTH.get(len(row.code))
    if length is not None and row.code[:length] not in above:
        return f"the division above it, {row.code[:length]}, is not listed before it"
    return ""
