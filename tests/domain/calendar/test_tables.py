"""Every day of the nation's occasions from 2012 to 2050, against the sun and the moon, and against printed tables."""

from datetime import date, timedelta

import pytest

from domain.calendar.holidays import announced, announced_years
from domain.calendar.lunar import lunar_date, solar_term_date
from domain.calendar.rules import Rule, dates
from domain.calendar.shipped import shipped_occasions
from domain.terms import DayKind, OccasionKind, SolarTerm
from tests.domain.calendar import sky

YEARS = range(2012, 2051)
RULES = {given["name"]: Rule(**given["rule"]) for given in shipped_occasions()}
# The Spring Festival as almanacs print it.
SPRING_FESTIVALS = """
2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28 2018-02-16 2019-02-05 2020-01-25 2021-02-12
2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17 2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23
2032-02-11 2033-01-31 2034-02-19 2035-02-08 2036-01-28 2037-02-15 2038-02-04 2039-01-24 2040-02-12 2041-02-01
2042-01-22 2043-02-10 2044-01-30 2045-02-17 2046-02-06 2047-01-26 2048-02-14 2049-02-02 2050-01-23
"""
# Days of the notices of the State Council: the festival itself, written out there.
FESTIVALS = {
    "清明节": "2012-04-04 2016-04-04 2020-04-04 2021-04-04 2023-04-05 2024-04-04 2025-04-04 2026-04-05",
    "端午节": "2012-06-23 2014-06-02 2017-05-30 2020-06-25 2023-06-22 2024-06-10 2025-05-31 2026-06-19",
    "中秋节": "2012-09-30 2014-09-08 2017-10-04 2020-10-01 2023-09-29 2024-09-17 2025-10-06 2026-09-25",
}
# Leap months that have to be left aside, 2033 being the one that many programs get wrong.
LEAP_MONTHS = {2012: 4, 2014: 9, 2017: 6, 2020: 4, 2023: 2, 2025: 6, 2028: 5, 2031: 3, 2033: 11, 2036: 6, 2039: 5}


def in_year(name: str, year: int) -> list[date]:
    return dates(RULES[name], date(year, 1, 1), date(year + 1, 1, 1))


def by_the_moon(year: int, month: int, day: int) -> date:
    return sky.months(year)[month, False][0] + timedelta(days=day - 1)


@pytest.mark.parametrize("year", YEARS)
def test_the_shipped_occasions_fall_where_sun_and_moon_say(year: int):
    spring = by_the_moon(year, 1, 1)
    expected = {
        "中国青年志愿者服务日": date(year, 3, 5),
        "五四青年节": date(year, 5, 4),
        "六一国际儿童节": date(year, 6, 1),
        "七彩假期": date(year, 7, 1),
        "国际志愿者日": date(year, 12, 5),
        "暖冬行动": spring - timedelta(days=15),
        "除夕": spring - timedelta(days=1),
        "春节": spring,
        "元宵节": by_the_moon(year, 1, 15),
        "清明节": sky.in_china(sky.term_instant(year, 15)),
        "端午节": by_the_moon(year, 5, 5),
        "中秋节": by_the_moon(year, 8, 15),
        "重阳节": by_the_moon(year, 9, 9),
        "冬至": sky.in_china(sky.term_instant(year, 270)),
    }
    assert {name: in_year(name, year) for name in RULES} == {name: [day] for name, day in expected.items()}


@pytest.mark.parametrize("year", YEARS)
def test_every_solar_term_is_that_of_the_sun(year: int):
    by_the_sun = {term: sky.in_china(sky.term_instant(year, (285 + 15 * n) % 360)) for n, term in enumerate(SolarTerm)}
    assert {term: solar_term_date(year, term) for term in SolarTerm} == by_the_sun
    assert sorted(by_the_sun.values()) == list(by_the_sun.values())


@pytest.mark.parametrize("year", YEARS)
def test_every_lunar_month_begins_and_ends_with_the_moon(year: int):
    for month in range(1, 13):
        first, length = sky.months(year)[month, False]
        assert lunar_date(year, month, 1) == first
        assert lunar_date(year, month, -1) == first + timedelta(days=length - 1)
        assert lunar_date(year, month, 30) == (first + timedelta(days=29) if length == 30 else None)


def test_the_spring_festival_is_as_almanacs_print_it():
    printed = [date.fromisoformat(day) for day in SPRING_FESTIVALS.split()]
    assert [day.year for day in printed] == list(YEARS)
    assert [day for year in YEARS for day in in_year("春节", year)] == printed


@pytest.mark.parametrize("name", FESTIVALS)
def test_festivals_fall_where_the_notices_name_them(name: str):
    for day in map(date.fromisoformat, FESTIVALS[name].split()):
        assert in_year(name, day.year) == [day]


def test_the_second_way_knows_the_leap_months():
    found = {year: month for year in range(2012, 2040) for month, is_leap in sky.months(year) if is_leap}
    assert found == LEAP_MONTHS


@pytest.mark.parametrize("year", sorted(announced_years()))
def test_festivals_are_days_off_in_every_year_with_an_arrangement(year: int):
    days = {day for name in ("春节", "清明节", "端午节", "中秋节") for day in in_year(name, year)}
    days |= {date(year, 1, 1), date(year, 5, 1), date(year, 10, 1)}
    assert {day: announced()[day].kind for day in days} == dict.fromkeys(days, DayKind.HOLIDAY)


def test_a_rule_that_is_off_by_a_day_would_be_noticed():
    wrong = Rule(OccasionKind.LUNAR, month=1, day=2)
    assert dates(wrong, date(2012, 1, 1), date(2013, 1, 1)) != [by_the_moon(2012, 1, 1)]
