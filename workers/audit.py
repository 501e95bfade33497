"""Seal the audit log every second, and keep each signed head elsewhere than in the database."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
from prometheus_client import Counter

from domain.audit import seals
from domain.audit.heads import Head
from domain.base.keyring import KeySet
from integrations.database import Sessions, is_away

log = structlog.get_logger()

SEALED = Counter("qicai_audit_sealed_total", "Entries of the audit log sealed.")
EVERY_SECONDS = 1.0
HEADS_FILE = "audit-heads.jsonl"
# How many heads that others wrote are fetched at a time.
PAGE = 1_000
# Of the file's end: enough to see what another process has just written.
TAIL_BYTES = 65_536


@dataclass
class HeadsFile:
    """The heads that were kept; several processes may write to one file."""

    path: Path
    # The position up to which it is known to be complete; None before the first look.
    reaches: int | None = None

    def look(self) -> int:
        """The position of its last head, 0 where there is none."""
        if self.reaches is None:
            with contextlib.suppress(FileNotFoundError), self.path.open("rb") as file:
                last = _last(_tail(file.fileno()))
                self.reaches = last.position if last else 0
        return self.reaches or 0

    def keep(self, heads: Sequence[Head], *, own: Sequence[Head]) -> bool:
        """Add those that are missing; False where the file has been further than the database is.

        A head of our own is added even then: the log has been put back to an earlier state, and goes on from there.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            tail = _tail(file.fileno())
            if torn := tail.rpartition(b"\n")[2]:
                # Whoever wrote it was killed; the head it belongs to is among the missing.
                file.truncate(file.seek(0, os.SEEK_END) - len(torn))
                tail = tail.removesuffix(torn)
            last = _last(tail)
            strays = [head for head in own if last and head.position <= last.position and _is_later(head, last, tail)]
            missing = [head for head in heads if not last or head.position > last.position]
            file.write(b"".join(head.line().encode() + b"\n" for head in strays or missing))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            _fsync_folder(self.path.parent)
        reached = [last, *(strays or missing)][-1]
        self.reaches = reached.position if reached else 0
        return not strays


async def seal_log(sessions: Sessions, keys: KeySet, path: Path, stopping: asyncio.Event) -> None:
    """Every second until told to stop, and once more then; whatever happens to one round, the next one comes."""
    file = HeadsFile(path)
    while True:
        ends = stopping.is_set()
        went_well = await _round(sessions, keys, file)
        if ends or (stopping.is_set() and not went_well):
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
        if stopping.is_set() and not went_well:
            return


async def _round(sessions: Sessions, keys: KeySet, file: HeadsFile) -> bool:
    try:
        own = await _seal(sessions, keys)
    except Exception as error:
        if is_away(error):
            log.warning("database_away", lane="seal_log", error=type(error).__name__)
        else:
            log.error("sealing_failed", error=repr(error), exc_info=error)
        return False
    try:
        await _keep(sessions, file, own)
    except Exception as error:
        # Sealing goes on without the file; what is missing in it is added when it can be written again.
        log.error("audit_heads_not_kept", file=str(file.path), error=repr(error), exc_info=error)
        return False
    return True


async def _seal(sessions: Sessions, keys: KeySet) -> list[Head]:
    """Seal all there is, batch by batch; each is committed before the next one begins."""
    heads: list[Head] = []
    while True:
        async with sessions() as session:
            sealed = await seals.seal_next(session, keys, now=datetime.now(UTC))
            await session.commit()
        if sealed is None:
            return heads
        heads.append(sealed.head)
        SEALED.inc(sealed.count)
        if not sealed.is_whole:
            log.error("audit_log_tampered", position=sealed.head.position, remedy="qicai audit verify")
        if sealed.count < seals.BATCH:
            return heads


async def _keep(sessions: Sessions, file: HeadsFile, own: Sequence[Head]) -> None:
    while True:
        async with sessions() as session:
            reaches = await asyncio.to_thread(file.look)
            heads = await seals.heads_after(session, reaches, limit=PAGE)
        if heads or own:
            is_in_step = await asyncio.to_thread(file.keep, heads, own=own)
            if not is_in_step:
                log.error("audit_log_put_back", position=own[-1].position, remedy="qicai audit verify")
        if len(heads) < PAGE:
            return
        own = ()


def _tail(descriptor: int) -> bytes:
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, TAIL_BYTES, max(0, size - TAIL_BYTES))


def _last(tail: bytes) -> Head | None:
    """The head of the last whole line."""
    for line in reversed(tail.split(b"\n")[:-1]):
        with contextlib.suppress(ValueError):
            return Head.parsed(line)
    return None


def _is_later(head: Head, last: Head, tail: bytes) -> bool:
    """Whether a head that should stand before the last one was made after it, and not just added by another process."""
    return head.sealed_at > last.sealed_at and head.line().encode() not in tail


def _fsync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
