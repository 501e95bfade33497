"""What somebody may do with a row, and why not: pure rules over columns that are declared, so that reads know them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.refusals import Hindered, NotPermitted, Reason, Refusal

# A rule over one row: why the act cannot be done now, or None. Commands ask the same rule.
Hindrance = Callable[[Any], Reason | None]


def nothing(_row: Any) -> Reason | None:
    """No state of the row stands in the way."""
    return None


def above(path: str) -> str:
    """The path of the unit above; the nation is its own."""
    steps = path.rstrip(".").split(".")
    return ".".join(steps[:-1]) + "." if len(steps) > 1 else path


@dataclass(frozen=True)
class Ability:
    """An act on a row: its permission, the column that says where, and the rule over the columns it needs."""

    act: str
    permission: Permission
    place: str = "unit_path"
    # Some acts on a unit are decided by the unit above it; others may be done from wherever the actor is.
    is_decided_above: bool = False
    is_done_elsewhere: bool = False
    # A setting of the unit's own takes a grant at that very unit; the reason is what others are told.
    is_for_itself: Reason | None = None
    hindrance: Hindrance = nothing
    needs: frozenset[str] = frozenset()

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:  # noqa: ARG002 - some ask the time
        """Why this actor may not do it to this row now; None where it may be done."""
        path = getattr(row, self.place)
        if not self._is_permitted(actor, path):
            return NotPermitted(self.permission.value)
        if self.is_for_itself is not None and not actor.holds_itself(self.permission, at=path):
            return Hindered.by(self.is_for_itself)
        reason = self.hindrance(row)
        return None if reason is None else Hindered.by(reason)

    def _is_permitted(self, actor: Actor, path: str) -> bool:
        if self.is_done_elsewhere:
            return bool(actor.reach(self.permission))
        return actor.holds(self.permission, at=above(path) if self.is_decided_above else path)


def needed(abilities: Sequence[Ability]) -> tuple[str, ...]:
    """The columns that have to be read to know these abilities."""
    return tuple(sorted({name for ability in abilities for name in {ability.place} | ability.needs}))
