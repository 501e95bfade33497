"""The lunar calendar and the solar terms: the one place that asks the library."""

from datetime import date
from functools import cache

from lunar_python import Lunar, LunarMonth, Solar

from domain.terms import SolarTerm


@cache
def lunar_date(year: int, month: int, day: int) -> date | None:
    """A day of a lunar year, leap months left aside; -1 is the last of its month. None where there is no such day."""
    days = LunarMonth.fromYm(year, month).getDayCount()
    return _date(Lunar.fromYmd(year, month, days if day == -1 else day).getSolar()) if day <= days else None


@cache
def solar_term_date(year: int, term: SolarTerm) -> date:
    """The day in China on which the sun reaches a solar term."""
    # The table of a lunar year reaches from the winter before it to the spring after it; all of a year are in it.
    return _date(_terms(year)[term.zh])


@cache
def _terms(year: int) -> dict[str, Solar]:
    table: dict[str, Solar] = Solar.fromYmd(year, 7, 1).getLunar().getJieQiTable()
    # The winter solstice of the year before has the name in Chinese, that of the year itself is spelled.
    return table | {"冬至": table["DONG_ZHI"]}


def _date(solar: Solar) -> date:
    return date(solar.getYear(), solar.getMonth(), solar.getDay())
