"""The rule of levels: who may give which role to whom, and who looks after whose login."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access.abilities import Ability
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.refusals import Conflict, Hindered, NotPermitted, Reason, Refusal
from domain.terms import Reach, Role

# Who runs a unit, and who looks over its shoulder, is not chosen by the unit itself.
FROM_ABOVE = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
# Who has one of these and goes as far as acting can be asked to decide.
ACTING = frozenset({Role.ADMINISTRATOR, Role.MEDIA_MANAGER})


@dataclass(frozen=True)
class Held:
    """What a person holds, or is to hold: a role over the subtree below a path."""

    role: Role
    path: str
    reach: Reach = Reach.ACT


def refusal_to_grant(actor: Actor, *, user_id: UUID | None, held: Held, field: str = "") -> Refusal | None:
    """Why the actor may not give this, or take it away; None where nothing stands against it.

    A role is given by an administrator of the unit or of one above. Administrators and auditors are appointed from
    strictly above, save at the nation, which has nobody above. Nobody gives anything to themselves. `user_id` is
    empty for a person who is not known yet, `field` names the input field.
    """
    above = _appointing(actor, held.path)
    if above is None:
        return NotPermitted(Permission.GRANT_EDIT.value, path=field)
    if user_id is not None and user_id == actor.person_id:
        return Conflict(Reason.GRANT_TO_SELF, path=field)
    if held.role in FROM_ABOVE and above == held.path and not _is_nation(held.path):
        return Conflict(Reason.GRANT_FROM_ABOVE, path=field, role=held.role)
    return None


def refusal_to_manage(
    actor: Actor, *, user_id: UUID, home: str, held: Iterable[Held], field: str = ""
) -> Refusal | None:
    """Why the actor may not change, disable or reset this login; None where nothing stands against it.

    Whoever has somebody's login can do what that person may. So only those look after it who might have given
    everything the person holds, or will hold, and who look after the unit the person belongs to.
    """
    if not actor.holds(Permission.USER_EDIT, at=home):
        return NotPermitted(Permission.USER_EDIT.value, path=field)
    if user_id == actor.person_id:
        return Conflict(Reason.USER_IS_SELF, path=field)
    if any(refusal_to_grant(actor, user_id=user_id, held=one) is not None for one in held):
        return Conflict(Reason.USER_HOLDS_MORE, path=field)
    return None


def is_grant_over(grant: Any, now: datetime) -> bool:
    """Whether there is nothing left of it to end; one that has not begun is taken back."""
    return grant.valid_to is not None and grant.valid_to <= max(now, grant.valid_from)


class EndingGrant(Ability):
    """Whoever may give a role may end it."""

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        refusal = refusal_to_grant(actor, user_id=row.user_id, held=Held(row.role, row.unit_path, row.reach))
        return refusal or (Hindered.by(Reason.GRANT_ENDED) if is_grant_over(row, now) else None)


GRANT_ABILITIES = (
    EndingGrant(
        "end_grant",
        Permission.GRANT_EDIT,
        needs=frozenset({"user_id", "role", "reach", "valid_from", "valid_to"}),
    ),
)


def refusal_to_lift(
    actor: Actor, permission: Permission, *, at: str, height: int | None, field: str = ""
) -> Refusal | None:
    """Why the actor may not lift what was decided from that far up; nothing of it is known for what is older."""
    if height is None or actor.height(permission, at=at) <= height:
        return None
    return Conflict(Reason.DECIDED_ABOVE, path=field)


@dataclass(frozen=True)
class Undoing(Ability):
    """What a level further up decided is not undone below it; `height` is the column that says from how far up."""

    height: str = "height"

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        return super().why_not(actor, row, now=now) or refusal_to_lift(
            actor, self.permission, at=getattr(row, self.place), height=getattr(row, self.height)
        )


def _appointing(actor: Actor, path: str) -> str | None:
    """The topmost place from which the actor may give roles over a unit; the operator's is above the nation."""
    return next((above for above in actor.reach(Permission.GRANT_EDIT) if path.startswith(above)), None)


def _is_nation(path: str) -> bool:
    return path.count(".") == 1
