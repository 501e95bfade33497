"""Checking the log: every hash, every signature, and the heads that were kept elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit.findings import Finding, FindingKind, Findings
from domain.audit.heads import Head, Witness
from domain.audit.models import AuditEntry, AuditSeal
from domain.audit.rules import GENESIS, chained
from domain.audit.seals import SEALED, readable

STRIDE = 5_000
PATIENCE = timedelta(minutes=1)
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class KeptHead:
    """A line that was kept elsewhere, with the file and number it stands at (外存链头)."""

    source: str
    line: str


@dataclass(frozen=True)
class Report:
    """What a check of the whole log came to (核验报告)."""

    entries: int
    seals: int
    heads: int
    unsealed: int
    findings: Sequence[Finding]
    # Of a log in ruins only the first findings are kept.
    found: int

    @property
    def is_clean(self) -> bool:
        return not self.found


async def verify(
    session: AsyncSession,
    witness: Witness,
    *,
    now: datetime,
    heads: Iterable[KeptHead],
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Check the chain from its first entry to its last, in steps of constant size.

    The session has to see one state of the database throughout. Heads written after that state was taken would look
    like a cut, so `heads` must not grow any more.
    """
    walk = Walk(witness)
    first, highest = await _span(session)
    while first <= highest:
        last = min(first + STRIDE - 1, highest)
        entries, seals = await _entries(session, first, last), await _seals(session, first, last)
        walk.over(entries, seals)
        progress(last, highest)
        # A gap that was made to keep us busy is not counted through.
        first = last + 1 if entries or seals else await _next(session, last)
    walk.end()
    checked = await _check_heads(session, walk, heads)
    unsealed = await _unsealed(session, walk.findings, now=now)
    return Report(walk.entries, walk.seals, checked, unsealed, walk.findings.kept, walk.findings.total)


def verify_heads(witness: Witness, heads: Iterable[KeptHead]) -> Report:
    """Check only the signatures of heads, for whoever has no database at hand."""
    findings = Findings()
    count = sum(1 for _ in _signed(witness, findings, heads))
    return Report(0, 0, count, 0, findings.kept, findings.total)


@dataclass
class Walk:
    """Where a check stands in the chain."""

    witness: Witness
    findings: Findings = field(default_factory=Findings)
    entries: int = 0
    seals: int = 0
    # The last entry there is.
    tail: int = 0
    # What the next hash may follow from: after an altered row, its stored hash and the one it should have; after a
    # gap nothing is known.
    before: tuple[bytes, ...] = (GENESIS,)
    # The last place where a signed seal and the chain agree, and the last that any signed seal covers.
    vouched: tuple[int, bytes] = (0, GENESIS)
    covered: int = 0
    # Where a signed seal says something else, so does every later one: only the first of them is told.
    is_broken: bool = False

    def over(self, entries: Sequence[Row[Any]], seals: Sequence[Row[Any]]) -> None:
        """Go on through the entries and seals of the next positions."""
        waiting = iter(seals)
        seal = next(waiting, None)
        for entry in entries:
            while seal is not None and seal.position < entry.position:
                self._seal(seal, None)
                seal = next(waiting, None)
            self._entry(entry)
            if seal is not None and seal.position == entry.position:
                self._seal(seal, entry.hash)
                seal = next(waiting, None)
        while seal is not None:
            self._seal(seal, None)
            seal = next(waiting, None)

    def end(self) -> None:
        """What only shows at the end: a tail that is gone, and one that nobody signed."""
        if self.covered > self.tail:
            self.findings.add(Finding(FindingKind.CUT, self.tail, self.covered))
        elif self.tail > self.covered:
            self.findings.add(Finding(FindingKind.UNSIGNED, self.covered + 1, self.tail))

    def _entry(self, entry: Row[Any]) -> None:
        self.entries += 1
        if entry.position < 1:
            self.findings.add(Finding(FindingKind.UNSIGNED, entry.position, entry.position, entry.id))
            return
        if entry.position > self.tail + 1:
            self.findings.add(Finding(FindingKind.MISSING, self.tail + 1, entry.position - 1))
            place, digest = self.vouched
            self.before = (digest,) if place == entry.position - 1 else ()
        rightful = [chained(previous, entry) for previous in self.before]
        self.before = (entry.hash,) if entry.hash is not None else ()
        if rightful and entry.hash not in rightful:
            self._misfit(entry)
            self.before += (rightful[0],)
        self.tail = entry.position

    def _misfit(self, entry: Row[Any]) -> None:
        """Sealing goes on from the newest seal: what lies between was put in past it."""
        place, digest = self.vouched
        if place < entry.position - 1 and chained(digest, entry) == entry.hash:
            self.findings.add(Finding(FindingKind.UNSIGNED, place + 1, entry.position - 1))
        else:
            self.findings.add(Finding(FindingKind.ALTERED, entry.position, entry.position, entry.id))

    def _seal(self, row: Row[Any], stored: bytes | None) -> None:
        self.seals += 1
        head = Head(row.position, row.hash, row.sealed_at, row.key_id, row.signature)
        if not self.witness.vouches(head):
            self.findings.add(Finding(FindingKind.FORGED, head.position, head.position))
            return
        self.covered = max(self.covered, head.position)
        is_there = self.tail == head.position
        if is_there and stored != head.hash:
            first = self.vouched[0] + 1
            if not self.is_broken and not self.findings.touches(first, head.position):
                self.findings.add(Finding(FindingKind.ALTERED, first, head.position))
            self.is_broken = True
            return
        # Also where its entry is gone, a signed hash is what the entry after it has to follow from.
        self.is_broken = False
        self.vouched = (head.position, head.hash)


def _signed(witness: Witness, findings: Findings, heads: Iterable[KeptHead]) -> Iterator[tuple[Head, str]]:
    for kept in heads:
        try:
            head = Head.parsed(kept.line)
        except ValueError:
            findings.add(Finding(FindingKind.UNREADABLE, 0, 0, source=kept.source))
            continue
        if witness.vouches(head):
            yield head, kept.source
        else:
            findings.add(Finding(FindingKind.FORGED, head.position, head.position, source=kept.source))


async def _check_heads(session: AsyncSession, walk: Walk, heads: Iterable[KeptHead]) -> int:
    """Compare heads with the hashes that the walk has checked; answers how many there were."""
    count, agreed = 0, 0
    farthest: tuple[int, str] = (walk.tail, "")
    altered: Finding | None = None
    signed = _signed(walk.witness, walk.findings, heads)
    while batch := list(islice(signed, STRIDE)):
        count += len(batch)
        query = select(AuditEntry.position, AuditEntry.hash)
        found = await session.execute(query.where(AuditEntry.position.in_({head.position for head, _ in batch})))
        hashes = {row.position: row.hash for row in found}
        for head, source in batch:
            if head.position > farthest[0]:
                farthest = (head.position, source)
            elif head.position in hashes and hashes[head.position] == head.hash:
                agreed = max(agreed, head.position)
            elif head.position in hashes and (altered is None or head.position < altered.last):
                first = agreed + 1 if agreed < head.position else 1
                altered = Finding(FindingKind.ALTERED, first, head.position, source=source)
    if altered is not None:
        walk.findings.add(altered)
    if farthest[1]:
        walk.findings.add(Finding(FindingKind.CUT, walk.tail, farthest[0], source=farthest[1]))
    return count


async def _unsealed(session: AsyncSession, findings: Findings, *, now: datetime) -> int:
    waiting = select(func.count()).select_from(AuditEntry).where(AuditEntry.position.is_(None))
    late = await session.scalar(waiting.where(AuditEntry.at < now - PATIENCE)) or 0
    if late:
        findings.add(Finding(FindingKind.UNSEALED, 0, 0, count=late))
    return await session.scalar(waiting) or 0


async def _span(session: AsyncSession) -> tuple[int, int]:
    """The lowest and the highest position there is; what was put below the first place counts too."""
    ends = []
    for model in (AuditEntry, AuditSeal):
        query = select(func.min(model.position), func.max(model.position))
        ends += [end for end in (await session.execute(query)).one() if end is not None]
    return (min([1, *ends]), max(ends)) if ends else (1, 0)


async def _next(session: AsyncSession, after: int) -> int:
    queries = [select(func.min(model.position)).where(model.position > after) for model in (AuditEntry, AuditSeal)]
    found = [await session.scalar(query) for query in queries]
    return min(position for position in found if position is not None)


async def _entries(session: AsyncSession, first: int, last: int) -> Sequence[Row[Any]]:
    query = select(*SEALED, AuditEntry.position, AuditEntry.hash)
    query = query.where(AuditEntry.position.between(first, last))
    return (await session.execute(query.order_by(AuditEntry.position))).all()


async def _seals(session: AsyncSession, first: int, last: int) -> Sequence[Row[Any]]:
    sealed_at = readable(AuditSeal.sealed_at).label("sealed_at")
    query = select(AuditSeal.position, AuditSeal.hash, sealed_at, AuditSeal.key_id, AuditSeal.signature)
    query = query.where(AuditSeal.position.between(first, last))
    return (await session.execute(query.order_by(AuditSeal.position))).all()
