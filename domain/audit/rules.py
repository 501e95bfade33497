"""How the chain is made: what of an entry is sealed, and how each hash follows from the one before."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Protocol
from uuid import UUID

import orjson

# Where every chain begins, so that nothing can be put before its first entry.
GENESIS = sha256(b"qicai audit chain 1").digest()


class Sealable(Protocol):
    """What a row has to hold so that it can be sealed or checked."""

    @property
    def id(self) -> UUID: ...
    @property
    def at(self) -> datetime: ...
    @property
    def actor_id(self) -> UUID | None: ...
    @property
    def act(self) -> str: ...
    @property
    def about(self) -> str: ...
    @property
    def row_id(self) -> UUID | None: ...
    @property
    def unit_id(self) -> UUID | None: ...
    @property
    def details(self) -> str: ...


def canonical(entry: Sealable) -> bytes:
    """The sealed fields as JSON with sorted keys and no spaces.

    `details` is the text of the column, as PostgreSQL gives it: read as numbers it could lose digits, and two
    different rows would look the same. The unit's path is left out, since it moves with the unit.
    """
    return orjson.dumps(
        {
            "about": entry.about,
            "act": entry.act,
            "actorId": _text(entry.actor_id),
            "at": instant(entry.at),
            "details": entry.details,
            "id": _text(entry.id),
            "rowId": _text(entry.row_id),
            "unitId": _text(entry.unit_id),
        }
    )


def chained(previous: bytes, entry: Sealable) -> bytes:
    """The hash of an entry, which stands for it and for all before it."""
    return sha256(previous + canonical(entry)).digest()


def instant(at: datetime) -> str:
    """An instant as it is sealed: UTC, always with its microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _text(row: UUID | None) -> str | None:
    return None if row is None else str(row)
