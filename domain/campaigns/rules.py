"""What may be done with a campaign, and what its window and quotas have to be."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from domain.access.abilities import Ability
from domain.access.permissions import Permission
from domain.calendar.rules import check_year
from domain.refusals import Invalid, Reason
from domain.terms import Level

# A post joins a campaign when it is scheduled.
ABILITIES = tuple(
    Ability(act, Permission.CAMPAIGN_EDIT) for act in ("edit_campaign", "plan_lessons", "schedule_lesson")
)
WINDOW_DAYS = 366
QUOTA_LIMIT = 10_000
QUOTAS_LIMIT = 10


def check_window(first: date | None, last: date | None) -> None:
    """Both days or neither, in order."""
    if first is None and last is None:
        return
    if first is None or last is None or not timedelta(0) <= last - first < timedelta(days=WINDOW_DAYS):
        raise Invalid(Reason.PERIOD_INVALID, path="windowTo", days=WINDOW_DAYS)
    check_year(first, path="windowFrom")
    check_year(last, path="windowTo")


def check_quotas(quotas: Sequence[Mapping[str, Any]], level: Level) -> None:
    """One for each level and scope, for units of the campaign's level or below."""
    if len(quotas) > QUOTAS_LIMIT:
        raise Invalid(Reason.TOO_MANY, path="quotas", limit=QUOTAS_LIMIT)
    seen: set[tuple[Any, Any]] = set()
    for place, quota in enumerate(quotas):
        if not 1 <= quota["minimum"] <= QUOTA_LIMIT:
            raise Invalid(Reason.NUMBER_UNFIT, path=f"quotas.{place}.minimum", least=1, limit=QUOTA_LIMIT)
        if quota["level"].depth < level.depth:
            raise Invalid(Reason.QUOTA_ABOVE, path=f"quotas.{place}.level")
        if (quota["level"], quota["scope"]) in seen:
            raise Invalid(Reason.QUOTA_TWICE, path=f"quotas.{place}")
        seen.add((quota["level"], quota["scope"]))
