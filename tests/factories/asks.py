"""What an act asks of whoever does it, and the code with which everybody else is refused."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.access.permissions import Permission, permissions_of
from domain.terms import Reach, Role
from tests.factories.acts import HERE
from tests.factories.world import SHAPE

PARENTS = {name: parent for name, parent, _ in SHAPE}
# A role, how far it goes, and where.
Held = tuple[Role, Reach, str]


@dataclass(frozen=True)
class Ask:
    """A permission that an act takes, and where; `shown_by` is the view that shows the row, which lies at `row`.

    What everybody sees who is logged in is shown by none.
    """

    takes: Permission
    shown_by: Permission | None
    row: str = HERE
    # Where it is decided, if not where the row lies.
    decided: str = ""
    # Whether the levels below the row see it as well.
    is_seen_below: bool = False
    # With which code whoever sees the row is refused.
    code: str = "NOT_PERMITTED"


@dataclass(frozen=True)
class Line:
    """What an act asks, in its order, and from which places that suffices and the act is refused with `code` still.

    An act that asks nothing is about whoever does it. `proof` is a fact of the payload that says it was done.
    """

    asks: tuple[Ask, ...] = ()
    not_from: frozenset[str] = frozenset()
    code: str = ""
    proof: tuple[str, Any] | None = None
    # The one person whose row it is about: nobody else may, or only whoever it asks.
    of: Held | None = None


def line(*asks: Ask, not_from: Iterable[str] = (), **more: Any) -> Line:
    return Line(asks, frozenset(not_from), **more)


def refusal(case: Line, *grants: Held) -> str | None:
    """The code with which somebody with these grants is refused; None for whoever may."""
    if case.of is not None and (grants == (case.of,) or not case.asks):
        return None if grants == (case.of,) else "NOT_FOUND"
    for ask in case.asks:
        if not holding(ask.takes, ask.decided or ask.row, grants):
            is_shown = (
                ask.shown_by is None
                or bool(holding(ask.shown_by, ask.row, grants))
                or (ask.is_seen_below and _from_below(ask, grants))
            )
            return ask.code if is_shown else "NOT_FOUND"
    if not case.not_from:
        return None
    first = case.asks[0]
    return case.code if holding(first.takes, first.decided or first.row, grants) <= case.not_from else None


def _from_below(ask: Ask, grants: Sequence[Held]) -> bool:
    """Whether the row is shown to somebody at or below its place."""
    return any(ask.shown_by in permissions_of(role, reach) and ask.row in line_of(at) for role, reach, at in grants)


def holding(permission: Permission, unit: str, grants: Sequence[Held]) -> set[str]:
    """The places at a unit or above it from which the permission is held there."""
    return {at for role, reach, at in grants if permission in permissions_of(role, reach) and at in line_of(unit)}


def line_of(unit: str | None) -> list[str]:
    """A unit and those above it, by name."""
    return [] if unit is None else [unit, *line_of(PARENTS[unit])]
