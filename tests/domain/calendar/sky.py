"""The sun and the moon in small: a second way to the solar terms and the lunar months, for the tables under test.

Written from the short formulas of Meeus, "Astronomical Algorithms" (chapters 25 and 49), with the pulls of the planets
from his "Astronomical Formulae for Calculators": the sun is good to eight minutes in its terms, the moon to a quarter.
Nothing of it comes from the library under test. The rule of the calendar is that of
GB/T 33661-2017: days in UTC+8, the winter solstice in the eleventh month, and of thirteen months between two solstices
the first without a major term is leap.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import cos, floor, radians, sin

CHINA = timedelta(hours=8)
J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
TURN = 360.0


def delta_t(year: float) -> float:
    """Seconds by which dynamical time is ahead; what matters here is the half minute (Espenak and Meeus)."""
    t = year - 2000
    return 62.92 + 0.32217 * t + 0.005589 * t * t


def longitude(day: float) -> float:
    """The apparent longitude of the sun, in degrees, so many days of dynamical time after J2000."""
    t = day / 36525
    mean = 280.46646 + 36000.76983 * t + 0.0003032 * t * t
    anomaly = radians(357.52911 + 35999.05029 * t - 0.0001537 * t * t)
    centre = (1.914602 - 0.004817 * t - 0.000014 * t * t) * sin(anomaly)
    centre += (0.019993 - 0.000101 * t) * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly)
    # The pull of Venus, Jupiter and the moon: without it a term may be a quarter of an hour off. Counted from 1900.
    since = t + 1
    pull = 0.00134 * _cos(153.23 + 22518.7541 * since) + 0.00154 * _cos(216.57 + 45037.5082 * since)
    pull += 0.00200 * _cos(312.69 + 32964.3577 * since) + 0.00179 * _sin(350.74 + 445267.1142 * since)
    pull += 0.00178 * _sin(231.19 + 20.20 * since)
    return (mean + centre + pull - 0.00569 - 0.00478 * _sin(125.04 - 1934.136 * t)) % TURN


def _sin(degrees: float) -> float:
    return sin(radians(degrees))


def _cos(degrees: float) -> float:
    return cos(radians(degrees))


def _instant(day: float) -> datetime:
    at = J2000 + timedelta(days=day)
    return at - timedelta(seconds=delta_t(at.year))


def in_china(at: datetime) -> date:
    return (at + CHINA).date()


@cache
def term_instant(year: int, degrees: int) -> datetime:
    """When in a calendar year the sun reaches a longitude."""
    # On 1 January it stands at about 280 degrees.
    day = (datetime(year, 1, 1, tzinfo=UTC) - J2000).days + ((degrees - 280) % TURN) / TURN * 365.2422
    for _ in range(8):
        off = (degrees - longitude(day) + 180) % TURN - 180
        day += off / TURN * 365.2422
    return _instant(day)


@cache
def new_moon(number: int) -> datetime:
    """The so-many-th new moon after that of 2000-01-06."""
    t = number / 1236.85
    day = 2451550.09766 - 2451545.0 + 29.530588861 * number + 0.00015437 * t * t
    e = 1 - 0.002516 * t
    sun = radians(2.5534 + 29.10535670 * number)
    moon = radians(201.5643 + 385.81693528 * number + 0.0107582 * t * t)
    height = radians(160.7108 + 390.67050284 * number - 0.0016118 * t * t)
    node = radians(124.7746 - 1.56375588 * number)
    day += -0.40720 * sin(moon) + 0.17241 * e * sin(sun) + 0.01608 * sin(2 * moon) + 0.01039 * sin(2 * height)
    day += 0.00739 * e * sin(moon - sun) - 0.00514 * e * sin(moon + sun) + 0.00208 * e * e * sin(2 * sun)
    day += -0.00111 * sin(moon - 2 * height) - 0.00057 * sin(moon + 2 * height) + 0.00056 * e * sin(2 * moon + sun)
    day += -0.00042 * sin(3 * moon) + 0.00042 * e * sin(sun + 2 * height) + 0.00038 * e * sin(sun - 2 * height)
    day += -0.00024 * e * sin(2 * moon - sun) - 0.00017 * sin(node) - 0.00007 * sin(moon + 2 * sun)
    day += 0.000325 * sin(radians(299.77 + 0.107408 * number - 0.009173 * t * t))
    day += 0.000165 * sin(radians(251.88 + 0.016321 * number))
    return _instant(day)


def month_on(day: date) -> int:
    """The number of the new moon with which the lunar month of a day begins."""
    number = floor((day - date(2000, 1, 6)).days / 29.530588861) + 2
    while in_china(new_moon(number)) > day:
        number -= 1
    return number


@cache
def months(year: int) -> dict[tuple[int, bool], tuple[date, int]]:
    """Of the lunar year that begins in a calendar year: first day and length of each month, by number and leap."""
    found: dict[tuple[int, bool], tuple[date, int]] = {}
    for winter in (year - 1, year):
        for (label, number), is_in_year in _named(winter):
            if is_in_year == (winter == year - 1):
                first, after = in_china(new_moon(number)), in_china(new_moon(number + 1))
                found[label] = (first, (after - first).days)
    return found


def _named(winter: int) -> list[tuple[tuple[tuple[int, bool], int], bool]]:
    """The months from the eleventh of one winter to before that of the next; whether each is of the year after it."""
    first = month_on(in_china(term_instant(winter, 270)))
    last = month_on(in_china(term_instant(winter + 1, 270)))
    leap = next((n for n in range(first, last) if last - first == 13 and not _has_major_term(n)), None)
    named, month = [], 10
    for number in range(first, last):
        month += number != leap
        named.append((((((month - 1) % 12) + 1, number == leap), number), month > 12))
    return named


def _has_major_term(number: int) -> bool:
    first, after = in_china(new_moon(number)), in_china(new_moon(number + 1))
    return any(
        first <= in_china(term_instant(year, degrees)) < after
        for year in {first.year, after.year}
        for degrees in range(0, 360, 30)
    )
