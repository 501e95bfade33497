"""Pure decisions about files that are asked for: how many, for how long, and where each is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.terms import HandoutState

# From when it is asked for.
KEPT = timedelta(days=7)
# Of one kind, by one person.
A_DAY_EACH = 50
# So often one may come to no end, or bring down whoever makes it.
TRIES = 3
UNDER_WAY = (HandoutState.QUEUED, HandoutState.MAKING)


@dataclass(frozen=True)
class Document:
    """A file as it is handed out: what it is called, its key in the store, and until when it is there."""

    name: str
    key: str
    sha256: str
    size: int
    expires_at: datetime


def folder_of(folder: str, row_id: UUID) -> str:
    """Where the files of a row are in the store."""
    return f"{folder}/{row_id}"


def key_of(folder: str, row_id: UUID, name: str, digest: str) -> str:
    """The key of a file: named by its hash too, so that its bytes never change."""
    stem, _, ending = name.rpartition(".")
    return f"{folder_of(folder, row_id)}/{stem}-{digest}.{ending}"


def name_of(key: str) -> str:
    """What a file of that key is called where it is saved."""
    stem, _, ending = key.rpartition("/")[2].rpartition(".")
    return f"{stem.rpartition('-')[0]}.{ending}"


def documents_in(
    folder: str, row_id: UUID, kept: Mapping[str, Mapping[str, Any]], *, expires_at: datetime
) -> list[Document]:
    """The files of a row, as the row keeps them."""
    return [
        Document(name, key_of(folder, row_id, name, each["sha256"]), each["sha256"], each["size"], expires_at)
        for name, each in kept.items()
    ]


def opens(now: datetime) -> dict[str, Any]:
    """With what a row begins that is asked for now."""
    return {"state": HandoutState.QUEUED, "try_at": now, "asked_at": now, "expires_at": now + KEPT}
