"""What can be wrong with the log, in plain words."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

# More than this tell nobody anything; the rest is counted.
KEPT = 200


class FindingKind(StrEnum):
    """What is wrong with the audit log (审计问题)."""

    ALTERED = "ALTERED"
    MISSING = "MISSING"
    CUT = "CUT"
    UNSIGNED = "UNSIGNED"
    FORGED = "FORGED"
    UNSEALED = "UNSEALED"
    UNREADABLE = "UNREADABLE"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, where, and what showed it (审计发现)."""

    kind: FindingKind
    # The first and the last position it concerns; of CUT, the last entry there is and the last there was.
    first: int
    last: int
    entry_id: UUID | None = None
    # The file and line of a head kept elsewhere, or empty where the database itself shows it.
    source: str = ""
    count: int = 0

    def words(self, language: str) -> str:
        """For people, in `zh` or `en`."""
        text = TEXTS[self.kind, bool(self.source)][language == "en"]
        entry = f" ({self.entry_id})" if self.entry_id else ""
        at = f"{self.first}{entry}" if self.first == self.last else f"{self.first}-{self.last}"
        return text.format(at=at, first=self.first, last=self.last, source=self.source, count=self.count)


# By kind, and by whether a head that was kept elsewhere shows it: Chinese, English.
TEXTS = {
    (FindingKind.ALTERED, False): (
        "第 {at} 条与封存时不符:内容、次序或哈希被改动过",
        "entry {at} is not what was sealed: its content, its place or its hash was altered",
    ),
    (FindingKind.ALTERED, True): (
        "第 {at} 条之内有改动:{source} 保存的链头记着另一个哈希,其后整条链被重算过",
        "within entries {at} something was altered: the head kept in {source} has another hash, "
        "so the chain was made anew",
    ),
    (FindingKind.MISSING, False): ("第 {at} 条缺失:已被删除", "entry {at} is missing: it was deleted"),
    (FindingKind.CUT, False): (
        "第 {first} 条之后被截断:封签记着曾到第 {last} 条",
        "the log is cut after entry {first}: a seal says it reached {last}",
    ),
    (FindingKind.CUT, True): (
        "第 {first} 条之后被截断:{source} 保存的链头记着曾到第 {last} 条",
        "the log is cut after entry {first}: the head kept in {source} says it reached {last}",
    ),
    (FindingKind.UNSIGNED, False): (
        "第 {at} 条没有签名的封签:是绕过封存写入的,或其封签被删除",
        "entry {at} is under no signed seal: it was put in past the sealing, or its seal was removed",
    ),
    (FindingKind.FORGED, False): (
        "第 {at} 条处的封签是伪造的:签名不符,或密钥未知",
        "the seal at {at} is forged: its signature is wrong, or made with an unknown key",
    ),
    (FindingKind.FORGED, True): (
        "{source} 中第 {at} 条的链头是伪造的:签名不符,或密钥未知",
        "the head of {at} in {source} is forged: its signature is wrong, or made with an unknown key",
    ),
    (FindingKind.UNSEALED, False): (
        "有 {count} 条记录超过一分钟仍未封存:请确认工作进程(qicai work)在运行",
        "{count} entries are older than a minute and not sealed: see that a worker (qicai work) runs",
    ),
    (FindingKind.UNREADABLE, True): ("{source} 不是签名的链头", "{source} is no signed head"),
}


@dataclass
class Findings:
    """What was found so far; neighbours are told as one, and what is too much is only counted."""

    kept: list[Finding] = field(default_factory=list)
    total: int = 0

    def add(self, finding: Finding) -> None:
        before = self.kept[-1] if self.kept else None
        if before and (before.kind, before.source) == (finding.kind, "") and before.last + 1 == finding.first:
            self.kept[-1] = Finding(finding.kind, before.first, finding.last)
            return
        self.total += 1
        if len(self.kept) < KEPT:
            self.kept.append(finding)

    def touches(self, first: int, last: int) -> bool:
        """Whether something at these positions was found already."""
        return any(found.first <= last and found.last >= first for found in reversed(self.kept))
