"""Who acts, and how far that person reaches."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from domain.access.permissions import Permission, permissions_of
from domain.refusals import NotFound, NotPermitted
from domain.terms import Reach, Role

Column = ColumnElement[str] | InstrumentedAttribute[str]
# Stands where a user would, for those who are none.
NOBODY_KNOWN = UUID(int=0)
PUBLIC = UUID(int=1)


@dataclass(frozen=True)
class Scope:
    """A role over the subtree below a path; the path ends with its separator, so a prefix is an ancestor."""

    role: Role
    unit_id: UUID
    path: str
    reach: Reach = Reach.ACT


@dataclass(frozen=True)
class Actor:
    """The person who acts, with the grants valid now."""

    user_id: UUID
    name: str
    scopes: tuple[Scope, ...]

    @classmethod
    def operator(cls) -> "Actor":
        """Whoever runs a command on the machine itself: above the nation, since setting up comes before any unit."""
        return cls(NOBODY_KNOWN, "operator", (Scope(Role.ADMINISTRATOR, NOBODY_KNOWN, ""),))

    @property
    def person_id(self) -> UUID | None:
        """Who it is, for columns that point to a user; empty for the operator and the public, who are none."""
        return None if self.user_id in (NOBODY_KNOWN, PUBLIC) else self.user_id

    @classmethod
    def public(cls) -> "Actor":
        """Nobody in particular (公众): reaches nothing but what is open to all and marked public on its window."""
        return cls(PUBLIC, "", ())

    @property
    def is_public(self) -> bool:
        return self.user_id == PUBLIC

    def holds(self, permission: Permission, *, at: str) -> bool:
        """Whether a grant at `at` or above it holds the permission."""
        return any(at.startswith(prefix) for prefix in self.reach(permission))

    def height(self, permission: Permission, *, at: str) -> int:
        """From how far up the permission is held there: steps from the nation; 0 stands above it."""
        return min(prefix.count(".") for prefix in self.reach(permission) if at.startswith(prefix))

    def holds_itself(self, permission: Permission, *, at: str) -> bool:
        """Whether a grant at that very unit holds the permission; one further up is not asked."""
        return any(s.path == at and permission in permissions_of(s.role, s.reach) for s in self.scopes)

    def stands_below(self, permission: Permission, *, at: str) -> bool:
        """Whether the permission is held at a unit at `at` or anywhere below it."""
        return any(prefix.startswith(at) for prefix in self.reach(permission))

    def require(
        self, permission: Permission, *, at: str, path: str = "", what: str = "", seen_below: bool = False
    ) -> None:
        """Refuse unless the permission is held there; `path` names the input field.

        `what` names the noun that was looked up: who may not even view one there learns only that there is none.
        One that is `seen_below` is viewed by the levels below as well.
        """
        if self.holds(permission, at=at):
            return
        if what:
            view = Permission(f"{what}:view")
            if not self.holds(view, at=at) and not (seen_below and self.stands_below(view, at=at)):
                raise NotFound(what, path=path)
        raise NotPermitted(permission.value, path=path)

    def reach(self, permission: Permission) -> tuple[str, ...]:
        """The topmost paths below which the permission holds; empty reaches nothing."""
        held = sorted({s.path for s in self.scopes if permission in permissions_of(s.role, s.reach)})
        return tuple(p for p in held if not any(p != q and p.startswith(q) for q in held))


def below(column: Column, prefix: str) -> ColumnElement[bool]:
    """Rows at or below a path, as a range of the byte-ordered index; '/' is the byte after the separator '.'.

    Below the nation lies everything: a range that narrows nothing would only mislead the planner.
    """
    if prefix.count(".") <= 1:
        return true()
    return and_(column >= prefix, column < prefix[:-1] + "/")


def line_of(path: str) -> list[str]:
    """The paths of a unit and of all above it, from the nation down."""
    steps = path.rstrip(".").split(".")
    return [".".join(steps[:depth]) + "." for depth in range(1, len(steps) + 1)]


def within_line(actor: Actor, permission: Permission, column: Column) -> ColumnElement[bool]:
    """Rows of the units above those that the actor reaches: what upper levels say to all below them."""
    return column.in_(sorted({path for prefix in actor.reach(permission) for path in line_of(prefix) if prefix}))


def within_reach(actor: Actor, permission: Permission, column: Column) -> ColumnElement[bool]:
    """Narrow rows to what the actor reaches; the one place where lists are narrowed."""
    return or_(false(), *(below(column, prefix) for prefix in actor.reach(permission)))
