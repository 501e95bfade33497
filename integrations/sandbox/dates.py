"""The two ways the platform writes a moment, and its days, all in Beijing time."""

import time

_BEIJING = 8 * 3600
# The names are English whatever the locale of the process is, so strftime is of no use.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def weibo_time(epoch: float) -> str:
    """`Wed Oct 24 23:49:17 +0800 2012`, as in `created_at`."""
    t = time.gmtime(epoch + _BEIJING)
    clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
    return f"{_DAYS[t.tm_wday]} {_MONTHS[t.tm_mon - 1]} {t.tm_mday:02} {clock} +0800 {t.tm_year}"


def beijing_time(epoch: float) -> str:
    """`2011-06-03 18:00:00`, without a zone, as in `reset_time`."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(epoch + _BEIJING))


def beijing_day(epoch: float) -> int:
    """The day, counted from 1970 on."""
    return int((epoch + _BEIJING) // 86_400)
