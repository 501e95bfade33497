"""What a sandbox is told before it starts."""

import math
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """The app that is registered at the sandbox, its limits, its clockwork and where its state is kept."""

    client_id: str
    """App key of the one registered app, as sent in the OAuth exchange."""

    client_secret: str
    """App secret of the one registered app."""

    redirect_uris: tuple[str, ...]
    """Addresses the authorize page may send a browser back to; compared character by character."""

    safe_domain: str
    """Host name (with port where it is not the default one) that every shared text must link to.

    Sub-domains count as well.
    """

    control_key: str
    """Value of the header `X-Sandbox-Key` that opens the control side below `/_sandbox/`."""

    state_file: Path | None = None
    """JSON-lines file of users, tokens, statuses and deletions; None keeps them in memory only."""

    seed: int = 20240901
    """Seed of the drawn engagement: same seed and same status id give the same final counts."""

    growth_seconds: float = 21_600.0
    """Time constant of the growth of counts, in seconds: after it, 63 % of the final count is reached."""

    default_audience: float = 0.001
    """Audience of a user that was created without one, relative to the national news account (1.0)."""

    token_seconds: int = 2_592_000
    """Life of an access token, in seconds."""

    code_seconds: int = 600
    """Life of an authorization code, in seconds."""

    refuse_duplicates: bool = True
    """Whether an identical text of the same user is refused with 20019."""

    duplicate_seconds: float = 3_600.0
    """How long, in seconds, an accepted text counts as a duplicate."""

    requests_per_user_per_day: int = 100
    """Charged requests of one user within 24 hours, before scaling."""

    posts_per_user_per_hour: int = 30
    """Accepted posts of one user within an hour, before scaling."""

    requests_per_ip_per_hour: int = 15_000
    """Charged requests from one address within an hour, before scaling."""

    limit_scale: float = 1.0
    """Factor on all three limits, so that a demonstration can do in minutes the work of days."""

    def __post_init__(self) -> None:
        for name in ("client_id", "client_secret", "redirect_uris", "safe_domain", "control_key"):
            if not getattr(self, name):
                raise ValueError(f"{name} must not be empty")
        for name in (
            "growth_seconds",
            "default_audience",
            "token_seconds",
            "code_seconds",
            "duplicate_seconds",
            "requests_per_user_per_day",
            "posts_per_user_per_hour",
            "requests_per_ip_per_hour",
            "limit_scale",
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a finite number above 0, not {value!r}")

    def scaled(self, limit: int) -> int:
        """A limit times the scale, at least 1."""
        return max(1, round(limit * self.limit_scale))
