"""Files of people to be invited: from text to rows, or to what is wrong with each of them."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from domain.logins.rules import login_name
from domain.refusals import Invalid, Reason, Refusal
from domain.terms import Reach, Role, Term

ROWS_LIMIT = 1_000
LOGIN_LEAST, LOGIN_LIMIT, NAME_LIMIT, SHOWN_LIMIT = 2, 64, 64, 40
# What each column may be called; the last two may be left out.
COLUMNS = {
    "login": {"登录名", "login"},
    "name": {"姓名", "name"},
    "unit": {"机构代码", "unit"},
    "role": {"角色", "role"},
    "reach": {"范围", "reach"},
    "until": {"截止日期", "until"},
}
OPTIONAL = {"reach", "until"}
SEPARATORS = ",;\t"
LOGIN = re.compile(rf"[a-z0-9][a-z0-9._@-]{{{LOGIN_LEAST - 1},{LOGIN_LIMIT - 1}}}")
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")

T = TypeVar("T", bound=Term)


@dataclass(frozen=True)
class Wanted:
    """A person to be invited, with the role over the unit of that code and the last day it is valid."""

    login: str
    name: str
    unit_code: str
    role: Role
    reach: Reach
    until: date | None


@dataclass(frozen=True)
class Row:
    """A row of the file as a spreadsheet numbers it, and what it wants, or else what is wrong with it."""

    number: int
    login: str
    wanted: Wanted | None
    problems: tuple[Refusal, ...] = ()


def parse_people(text: str, *, today: date) -> list[Row]:
    """The rows of a file in CSV, its first line naming the columns in Chinese or English."""
    records = _records(text.removeprefix("\ufeff"))
    if not records:
        raise Invalid(Reason.TEXT_EMPTY, path="file")
    columns = _columns(records[0])
    # Spreadsheets save empty rows too; they keep their number and mean nothing.
    filled = [(number, cells) for number, cells in enumerate(records[1:], 2) if any(cell.strip() for cell in cells)]
    if not filled:
        raise Invalid(Reason.TEXT_EMPTY, path="file")
    if len(filled) > ROWS_LIMIT:
        raise Invalid(Reason.TOO_MANY, path="file", limit=ROWS_LIMIT)
    first: dict[str, int] = {}
    return [_row(number, cells, columns, first, today=today) for number, cells in filled]


def _records(text: str) -> list[list[str]]:
    head = text.splitlines()[0] if text else ""
    known = set().union(*COLUMNS.values())

    def recognised(separator: str) -> int:
        return sum(cell.strip().strip('"').casefold() in known for cell in head.split(separator))

    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(SEPARATORS, key=recognised), strict=True)
    records: list[list[str]] = []
    try:
        records.extend(reader)
    except csv.Error as error:
        raise Invalid(Reason.FILE_UNREADABLE, path="file", row=len(records) + 1) from error
    return records


def _columns(header: Sequence[str]) -> list[str]:
    """The column each place of the header stands for; empty for places without a name at its end."""
    names = [cell.strip() for cell in header]
    while names and not names[-1]:
        names.pop()
    columns = [next((key for key, words in COLUMNS.items() if name.casefold() in words), "") for name in names]
    missing = [key for key in COLUMNS if key not in columns and key not in OPTIONAL]
    wrong = [name for place, name in enumerate(names) if not columns[place] or columns[place] in columns[:place]]
    if missing or wrong:
        raise Invalid(Reason.FILE_HEADER, path="file", columns=", ".join([*missing, *wrong])[:SHOWN_LIMIT])
    return columns


def _row(number: int, cells: Sequence[str], columns: Sequence[str], first: dict[str, int], *, today: date) -> Row:
    """One row with everything that is wrong with it, so that the file is mended in one go."""
    given = dict.fromkeys(COLUMNS, "") | {c: cell.strip() for c, cell in zip(columns, cells, strict=False)}
    problems: list[Refusal] = []
    if any(cell.strip() for cell in cells[len(columns) :]):
        problems.append(Invalid(Reason.CELLS_TOO_MANY))
    login, name = login_name(given["login"]), given["name"]
    if not LOGIN.fullmatch(login):
        problems.append(Invalid(Reason.LOGIN_UNUSABLE, path="login", least=LOGIN_LEAST, limit=LOGIN_LIMIT))
    elif login in first:
        problems.append(Invalid(Reason.LOGIN_TWICE, path="login", row=first[login]))
    first.setdefault(login, number)
    if not usable_name(name):
        problems.append(Invalid(Reason.NAME_UNUSABLE, path="name", limit=NAME_LIMIT))
    if not given["unit"]:
        problems.append(Invalid(Reason.TEXT_EMPTY, path="unit"))
    role = _word(Role, given["role"], "role", problems)
    reach = _word(Reach, given["reach"] or Reach.ACT.value, "reach", problems)
    until = _last_day(given["until"], problems, today=today)
    if problems or role is None or reach is None:
        return Row(number, given["login"][:LOGIN_LIMIT], None, tuple(problems))
    return Row(number, login, Wanted(login, name, given["unit"], role, reach, until))


def usable_name(name: str) -> bool:
    """Whether it can be shown as a person's name."""
    return 1 <= len(name) <= NAME_LIMIT and name.isprintable()


def _word(kind: type[T], given: str, field: str, problems: list[Refusal]) -> T | None:
    """A word of the field by its identifier or its Chinese term."""
    found = next((word for word in kind if given.upper() == word.value or given == word.zh), None)
    if found is None:
        words = ", ".join(f"{word.value} {word.zh}" for word in kind)
        problems.append(Invalid(Reason.WORD_UNKNOWN, path=field, given=given[:SHOWN_LIMIT], words=words))
    return found


def _last_day(given: str, problems: list[Refusal], *, today: date) -> date | None:
    if not given:
        return None
    parts = DAY.fullmatch(given)
    try:
        day = date(*map(int, parts.groups())) if parts else None
    except ValueError:
        day = None
    if day is None or day == date.max:
        problems.append(Invalid(Reason.DAY_UNREADABLE, path="until"))
        return None
    if day < today:
        problems.append(Invalid(Reason.DAY_PASSED, path="until"))
    return day
