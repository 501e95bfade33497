"""Pure decisions on accounts: who stands above whom, and how two versions differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.access.abilities import Ability
from domain.access.permissions import Permission
from domain.access.rules import Undoing
from domain.refusals import Reason
from domain.terms import AccountState

# Texts are long; two versions are told apart by their beginnings.
SHOWN_LENGTH = 60


@dataclass(frozen=True)
class Differences:
    """Where the version that stands now differs from the one that was given, for people of two languages."""

    fields: tuple[tuple[str, Any, Any], ...]

    @classmethod
    def between(cls, now: Mapping[str, Any], given: Mapping[str, Any]) -> "Differences":
        """What differs, field by field in the order of what was given."""
        return cls(tuple((name, now[name], value) for name, value in given.items() if now[name] != value))

    @property
    def zh(self) -> str:
        parts = [f"{name} 现为 {_told(now, 'zh')},您填的是 {_told(given, 'zh')}" for name, now, given in self.fields]
        return ";".join(parts) or "无"

    def __str__(self) -> str:
        parts = [f"{name} is {_told(now, 'en')}, you gave {_told(given, 'en')}" for name, now, given in self.fields]
        return "; ".join(parts) or "none"


def is_above(upper_path: str, lower_path: str) -> bool:
    """Whether the unit of one path lies strictly above that of the other."""
    return lower_path.startswith(upper_path) and lower_path != upper_path


def suspended(account: Any) -> Reason | None:
    """It is out of use already."""
    return Reason.ACCOUNT_SUSPENDED if account.state is AccountState.SUSPENDED else None


def not_suspended(account: Any) -> Reason | None:
    """Only what a person took out of use is taken into use again by one."""
    return None if account.state is AccountState.SUSPENDED else Reason.ACCOUNT_NOT_SUSPENDED


ACCOUNT_ABILITIES = (
    Ability("edit_account", Permission.ACCOUNT_EDIT),
    Ability("appoint_keeper", Permission.ACCOUNT_EDIT),
    Ability("delegate_account", Permission.ACCOUNT_EDIT),
    Ability("end_delegation", Permission.ACCOUNT_EDIT),
    Ability("suspend_account", Permission.ACCOUNT_EDIT, hindrance=suspended, needs=frozenset({"state"})),
    Undoing(
        "resume_account",
        Permission.ACCOUNT_EDIT,
        hindrance=not_suspended,
        height="suspended_height",
        needs=frozenset({"state", "suspended_height"}),
    ),
)
GUIDANCE_ABILITIES = (
    Ability("edit_guidance", Permission.GUIDANCE_EDIT),
    Ability("class_accounts", Permission.GUIDANCE_EDIT),
)


def _told(value: Any, language: str) -> str:
    if value is None:
        return "空" if language == "zh" else "empty"
    if isinstance(value, bool):
        return ("是" if value else "否") if language == "zh" else ("yes" if value else "no")
    text = str(getattr(value, "zh", value) if language == "zh" else value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}..."
