"""What a sandbox remembers: users, tokens, statuses, and the journal of accepted shares."""

from dataclasses import dataclass, field

from integrations.sandbox.engagement import Counts


@dataclass(frozen=True, slots=True)
class Picture:
    """The trace of a picture; its bytes are not kept. `kind` is jpg, gif or png; `size` is in bytes."""

    sha256: str
    size: int
    kind: str


@dataclass(slots=True, eq=False)
class Status:
    """A post. Moments are epoch seconds; `audience` is that of its author at the time of posting."""

    number: int
    uid: str
    text: str
    created_at: float
    audience: float
    picture: Picture | None
    repost_of: int | None
    deleted: bool = False
    reposted: int = 0
    final: Counts | None = None

    @property
    def idstr(self) -> str:
        """The only exact id in an answer."""
        return str(self.number)


@dataclass(slots=True, eq=False)
class Token:
    """An access token; moments are epoch seconds."""

    value: str
    uid: str
    created_at: float
    expires_at: float
    revoked: bool = False


@dataclass(slots=True, eq=False)
class User:
    """A user, with the statuses that are not deleted, oldest first."""

    uid: str
    screen_name: str
    audience: float
    created_at: float
    statuses: list[Status] = field(default_factory=list)
    texts: dict[str, float] = field(default_factory=dict)
    """SHA-256 of an accepted text -> when it was accepted last."""
    token: Token | None = None
    """The newest token."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One accepted share; it stays when the status is deleted. Moments are epoch seconds."""

    seq: int
    received_at: float
    """When the last byte of the request had arrived."""
    accepted_at: float
    """When the post became visible; never falls along the journal."""
    uid: str
    idstr: str
    code: str | None
    text_sha256: str
    picture_sha256: str | None
