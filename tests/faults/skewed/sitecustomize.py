"""A process whose clock is wrong: Python loads this before anything else, where its folder is on the path.

Only what tells the time of day is shifted, as on a machine whose clock nobody set.
"""

import datetime as module
import os
import time

AHEAD = float(os.environ["CLOCK_AHEAD_SECONDS"])
_time, _time_ns, _true = time.time, time.time_ns, module.datetime


class _Kind(type):
    """Instants that others made, as compiled code does, are instants too."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _true)

    def __subclasscheck__(cls, kind: type) -> bool:
        return issubclass(kind, _true)


class Skewed(module.datetime, metaclass=_Kind):
    """The calendar of this process; what it answers is a plain instant."""

    @classmethod
    def now(cls, tz: module.tzinfo | None = None) -> module.datetime:  # type: ignore[override]
        return _true.fromtimestamp(time.time(), tz)


time.time = lambda: _time() + AHEAD
time.time_ns = lambda: _time_ns() + int(AHEAD * 1e9)
module.datetime = Skewed  # type: ignore[misc]
