"""On which days an occasion falls: pure rules. A day is a day in China."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any

from domain.access.abilities import Ability
from domain.access.permissions import Permission
from domain.calendar.lunar import lunar_date, solar_term_date
from domain.refusals import Invalid, Reason
from domain.terms import OccasionKind, SolarTerm, TermEdge

# The lunar calendar is known as far as that; what lies farther off is nobody's plan.
FIRST_YEAR, LAST_YEAR = 2000, 2099
DAYS_LIMIT = 366
LAST = -1
LEAP_YEAR = 2000
NEEDS = {
    OccasionKind.FIXED: ("month", "day"),
    OccasionKind.LUNAR: ("month", "day"),
    OccasionKind.SOLAR_TERM: ("solar_term",),
    OccasionKind.NTH_WEEKDAY: ("month", "nth", "weekday"),
    OccasionKind.TERM_RELATIVE: ("edge",),
}
# The least and the greatest of each number; -1 besides stands for the last.
RANGES = {"month": (1, 12), "day": (1, 31), "nth": (1, 5), "weekday": (1, 7)}
MAY_BE_LAST = {"day", "nth"}


@dataclass(frozen=True)
class Rule:
    """By what an occasion finds its date; which of the others are set is for the kind to say."""

    kind: OccasionKind
    month: int | None = None
    # -1 is the last day of the month: that of the twelfth lunar month is 除夕.
    day: int | None = None
    # -1 is the last of the month.
    nth: int | None = None
    # 1 is Monday, 7 is Sunday.
    weekday: int | None = None
    solar_term: SolarTerm | None = None
    edge: TermEdge | None = None
    # The date lies so many days after what the kind says; before it, where negative.
    offset_days: int = 0

    @classmethod
    def of(cls, row: Any) -> "Rule":
        """The rule that the columns of an occasion say."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})


@dataclass(frozen=True)
class Term:
    """The first and the last day of a school term."""

    starts_on: date
    ends_on: date


COLUMNS = tuple(field.name for field in fields(Rule))


def dates(rule: Rule, since: date, until: date, *, terms: Iterable[Term] = ()) -> list[date]:
    """The days from one day on and before another, in order; a year may have none, and a lunar day two."""
    offset = timedelta(days=rule.offset_days)
    if rule.kind is OccasionKind.TERM_RELATIVE:
        found = [term.starts_on if rule.edge is TermEdge.START else term.ends_on for term in terms]
    else:
        # Both an offset and the lunar year lead over the end of the year.
        years = range(since.year - 2, until.year + 3)
        found = [day for year in years if (day := DAY_IN[rule.kind](rule, year)) is not None]
    return sorted({day + offset for day in found if since <= day + offset < until})


def _fixed(rule: Rule, year: int) -> date | None:
    last = monthrange(year, rule.month or 1)[1]
    day = last if rule.day == LAST else rule.day or 1
    return date(year, rule.month or 1, day) if day <= last else None


def _lunar(rule: Rule, year: int) -> date | None:
    return lunar_date(year, rule.month or 1, rule.day or 1)


def _solar_term(rule: Rule, year: int) -> date | None:
    return None if rule.solar_term is None else solar_term_date(year, rule.solar_term)


def _nth_weekday(rule: Rule, year: int) -> date | None:
    first, last = monthrange(year, rule.month or 1)
    days = range(1 + ((rule.weekday or 1) - 1 - first) % 7, last + 1, 7)
    nth = rule.nth or 1
    if nth > len(days):
        return None
    return date(year, rule.month or 1, days[-1] if nth == LAST else days[nth - 1])


DAY_IN: Mapping[OccasionKind, Callable[[Rule, int], date | None]] = {
    OccasionKind.FIXED: _fixed,
    OccasionKind.LUNAR: _lunar,
    OccasionKind.SOLAR_TERM: _solar_term,
    OccasionKind.NTH_WEEKDAY: _nth_weekday,
}


def checked_rule(given: Mapping[str, Any]) -> Rule:
    """The rule as given, if its kind has what it needs, and nothing besides."""
    rule = Rule(**given)
    needed = NEEDS[rule.kind]
    for name in ("month", "day", "nth", "weekday", "solar_term", "edge"):
        value, path = getattr(rule, name), f"rule.{_camel(name)}"
        if (value is None) is (name in needed):
            raise Invalid(Reason.RULE_UNFIT, path=path, columns=", ".join(_camel(each) for each in needed))
        if name in RANGES and value is not None and not (value == LAST and name in MAY_BE_LAST):
            least, limit = RANGES[name]
            check_number(value, least, _longest(rule) if name == "day" else limit, path=path)
    check_number(rule.offset_days, -DAYS_LIMIT, DAYS_LIMIT, path="rule.offsetDays")
    return rule


def _longest(rule: Rule) -> int:
    """How many days the month of a rule may have."""
    return 30 if rule.kind is OccasionKind.LUNAR else monthrange(LEAP_YEAR, rule.month or 1)[1]


def check_number(value: int, least: int, limit: int, *, path: str) -> int:
    """A number within its bounds."""
    if not least <= value <= limit:
        raise Invalid(Reason.NUMBER_UNFIT, path=path, least=least, limit=limit)
    return value


def check_days(first: date, last: date, *, path: str) -> None:
    """A period of days in years that are known, which does not end before it begins."""
    for day in (first, last):
        check_year(day, path=path)
    if not timedelta(0) <= last - first <= timedelta(days=DAYS_LIMIT):
        raise Invalid(Reason.PERIOD_INVALID, path=path, days=DAYS_LIMIT)


def check_year(day: date | None, *, path: str) -> None:
    """A day, if there is one, in years that are known: the first and the last of all have none before and after."""
    if day is not None:
        check_number(day.year, FIRST_YEAR, LAST_YEAR, path=path)


def check_span(since: date | None, until: date | None, *, longest: timedelta) -> None:
    """A period from a day on and before another, of which either may be open; it ends after it begins."""
    check_year(since, path="since")
    check_year(until, path="until")
    if since and until and not timedelta(0) < until - since <= longest:
        raise Invalid(Reason.PERIOD_INVALID, path="until", days=longest.days)


def is_active(row: Any, day: date) -> bool:
    """Whether an occasion is kept in the year of a day."""
    return (row.active_from or day.year) <= day.year <= (row.active_to or day.year)


def nearest(rows: Sequence[Any], path: str) -> list[Any]:
    """Of rows with a place those of the nearest unit at or above a path."""
    above = [row for row in rows if path.startswith(row.unit_path)]
    nearest_path = max((row.unit_path for row in above), key=len, default="")
    return [row for row in above if row.unit_path == nearest_path]


def hinders_change(occasion: Any) -> Reason | None:
    """What is retired stays as it was."""
    return Reason.OCCASION_RETIRED if occasion.retired_at is not None else None


ABILITIES = tuple(
    Ability(act, Permission.OCCASION_EDIT, hindrance=hinders_change, needs=frozenset({"retired_at"}))
    for act in ("edit_occasion", "retire_occasion")
)
TERM_ABILITIES = (Ability("edit_school_term", Permission.OCCASION_EDIT),)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
