"""Rules that make the sandbox fail on purpose, the same way in every run."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from integrations.sandbox.errors import ACCEPTED_ALTHOUGH_AN_ERROR, ERRORS

KINDS = (
    "error",
    "drop_after_accept",
    "drop_before_accept",
    "hang",
    "html",
    "truncate",
    "slow",
    "accept_late",
)
TIMED = ("hang", "slow", "accept_late")
# Whether the request is handled although the client does not get its plain answer; a rule may say otherwise
# for those in OPEN.
HANDLED = {"drop_after_accept": True, "drop_before_accept": False, "truncate": True, "slow": True}
OPEN = ("error", "hang", "html")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One rule; the first rule of the list that strikes a request decides about it."""

    endpoint: str
    """`share count timeline status destroy repost comments user followers uid limits`, or `*` for all of them."""
    kind: str
    """One of KINDS."""
    code: int = 10001
    """Error code, for `error`."""
    http: int | None = None
    """HTTP status for `error` and `html`; None is the usual one of the code, or 200 for `html`."""
    seconds: float = 0.0
    """Length of `hang`, `slow` and `accept_late`."""
    accept: bool = False
    """For `error`, `hang` and `html`: handle the request first."""
    probability: float = 1.0
    """From 0 to 1."""
    times: int | None = None
    """How often the rule may strike; None is without end."""
    uid: str | None = None
    """Only requests with a token of this user."""
    seed: int = 0
    """Seed of the choice."""

    @classmethod
    def from_json(cls, data: object, endpoints: frozenset[str]) -> "FaultRule":
        """A rule out of a JSON object; raises ValueError with what is wrong."""
        if not isinstance(data, Mapping):
            raise ValueError("a rule must be an object")
        unknown = set(data) - set(cls.__dataclass_fields__)
        if unknown:
            raise ValueError(f"unknown members: {', '.join(sorted(unknown))}")
        given: dict[str, Any] = dict(data)
        if given.get("code") == ACCEPTED_ALTHOUGH_AN_ERROR:
            given.setdefault("accept", True)
        try:
            rule = cls(**given)
        except TypeError as error:
            raise ValueError("endpoint and kind are required") from error
        rule._check(endpoints)
        return rule

    def handles(self) -> bool:
        """Whether the request is handled before the fault shows."""
        return HANDLED.get(self.kind, self.accept)

    def _check(self, endpoints: frozenset[str]) -> None:
        checks = {
            "endpoint": self.endpoint == "*" or self.endpoint in endpoints,
            "kind": self.kind in KINDS,
            "code": isinstance(self.code, int) and self.code in ERRORS,
            "http": self.http is None or (isinstance(self.http, int) and 200 <= self.http <= 599),
            "seconds": _is_number(self.seconds) and (self.seconds > 0) == (self.kind in TIMED),
            "accept": isinstance(self.accept, bool) and (not self.accept or self.kind in OPEN),
            "probability": _is_number(self.probability) and 0 <= self.probability <= 1,
            "times": self.times is None or (isinstance(self.times, int) and self.times > 0),
            "uid": self.uid is None or isinstance(self.uid, str),
            "seed": isinstance(self.seed, int),
        }
        wrong = [name for name, right in checks.items() if not right]
        if wrong:
            raise ValueError(f"unusable value of: {', '.join(wrong)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentFaults:
    """What is wrong with comments on purpose, as parts of all of them; the same ones in every run."""

    deleted: float = 0.0
    """Deleted by their authors: neither counted nor shown."""
    telling: float = 0.0
    """With an invented telephone number in them."""
    seed: int = 0
    """Seed of the choice."""

    @classmethod
    def from_json(cls, data: object) -> "CommentFaults":
        """Faults out of a JSON object; raises ValueError with what is wrong."""
        if not isinstance(data, Mapping) or set(data) - set(cls.__dataclass_fields__):
            raise ValueError("expected an object with deleted, telling and seed")
        found = cls(**data)
        parts = (found.deleted, found.telling)
        if not all(_is_number(part) and 0 <= part <= 1 for part in parts) or not isinstance(found.seed, int):
            raise ValueError("deleted and telling are parts from 0 to 1, seed is a whole number")
        return found

    def deletes(self, idstr: str, number: int) -> bool:
        """Whether the so-many-th comment below a status is deleted."""
        return _chance(f"{self.seed}:{idstr}:{number}:deleted") < self.deleted

    def tells(self, idstr: str, number: int) -> bool:
        """Whether it has a number in it."""
        return _chance(f"{self.seed}:{idstr}:{number}:telling") < self.telling


class Faults:
    """The rules in force, and how often each was tried and struck."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._struck: list[int] = []
        self._tried: list[Counter[str]] = []

    def set(self, rules: list[FaultRule]) -> None:
        """Replace all rules; the counts begin at 0 again."""
        self._rules = rules
        self._struck = [0] * len(rules)
        self._tried = [Counter() for _ in rules]

    def listing(self) -> list[dict[str, object]]:
        """Each rule with `requests` (that it looked at) and `hits` (that it struck)."""
        return [
            asdict(rule) | {"requests": tried.total(), "hits": struck}
            for rule, tried, struck in zip(self._rules, self._tried, self._struck, strict=True)
        ]

    def choose(self, endpoint: str, uid: str | None) -> FaultRule | None:
        """The rule that strikes this request, or None."""
        for index, rule in enumerate(self._rules):
            if rule.endpoint not in ("*", endpoint) or (rule.uid is not None and rule.uid != uid):
                continue
            if rule.times is not None and self._struck[index] >= rule.times:
                continue
            key = f"{rule.seed}:{endpoint}:{uid}"
            self._tried[index][key] += 1
            if _chance(f"{key}:{self._tried[index][key]}") < rule.probability:
                self._struck[index] += 1
                return rule
        return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _chance(key: str) -> float:
    # The n-th request of a user has always the same fate, in whatever order concurrent users arrive.
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2**53
