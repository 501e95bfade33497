"""Pure decisions about exports: how many, how large, what narrows them, and what a file is called."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.calendar.rules import check_span
from domain.handouts.rules import UNDER_WAY
from domain.refusals import Invalid, Reason
from domain.terms import ExportFormat, ExportKind, Level

# Of one person, at a time.
UNDER_WAY_EACH = 3
# Far more than the programme publishes in years, and no more than a disk holds.
ROWS_LIMIT = 3_000_000
LONGEST = timedelta(days=3660)


@dataclass(frozen=True)
class Filters:
    """What narrows an export beside its unit; the names are those of the input."""

    levels: tuple[Level, ...] = ()
    since: date | None = None
    # The first day that is no longer asked for.
    until: date | None = None
    campaign_id: UUID | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Filters":
        """As they were kept in the row."""
        days = {name: date.fromisoformat(kept[name]) for name in ("since", "until") if name in kept}
        campaign_id = UUID(kept["campaign_id"]) if "campaign_id" in kept else None
        return cls(levels=tuple(Level[word] for word in kept.get("levels", ())), campaign_id=campaign_id, **days)

    def kept(self) -> dict[str, Any]:
        """As the row keeps them: only those that are set."""
        levels = {"levels": sorted(level.value for level in self.levels)} if self.levels else {}
        set_ = {name: getattr(self, name) for name in ("since", "until", "campaign_id")}
        return levels | {name: str(value) for name, value in set_.items() if value is not None}


def check_filters(filters: Filters, taken: frozenset[str]) -> None:
    """Refuse what would be left aside: whoever narrows to a month must not be given years."""
    for name, path in (("levels", "levels"), ("since", "since"), ("until", "until"), ("campaign_id", "campaignId")):
        if getattr(filters, name) and name not in taken:
            raise Invalid(Reason.EXPORT_FILTER_UNFIT, path=path)
    check_span(filters.since, filters.until, longest=LONGEST)


def saved_as(kind: ExportKind, format: ExportFormat) -> str:
    """What a file is called where it is saved."""
    return f"{kind.value.lower()}.{format.ending}"


def hinders_cancelling(export: Any) -> Reason | None:
    """What has ended stays as it is."""
    return None if export.state in UNDER_WAY else Reason.EXPORT_ENDED
