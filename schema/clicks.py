"""The window on clicks: how often short links were followed."""

from datetime import date
from typing import Any

import strawberry

from schema._base import Count, measured


@strawberry.type(description="Clicks of one day in China (每日点击).")
class DayClicks:
    day: date
    count: Count


@strawberry.type(
    description="How often short links were followed (短链点击), as far as you see their deliveries. Known robots and "
    "previews are left out; nothing is kept of who followed, so one person may count twice. Never a ranking."
)
class Clicks:
    total: Count
    days: list[DayClicks]


def clicked(measure: Any) -> Any:
    """The field of clicks over some deliveries."""
    return measured(measure, "How often its short links were followed.")
