"""What a file says of itself: what it holds, of which unit, narrowed by what, and by which clock."""

from collections.abc import Sequence
from datetime import datetime

from domain.base.dates import CHINA
from domain.exports.rules import Filters
from domain.term import Term
from domain.terms import ExportKind, Language


def about(
    kind: ExportKind, filters: Filters, language: Language, *, unit: str, campaign: str | None, at: datetime
) -> Sequence[tuple[str, str]]:
    """Names and words, in their order."""
    zh = language is Language.ZH_CN

    def word(term: Term) -> str:
        return term.zh if zh else term.value

    made = at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
    levels = ("、" if zh else ", ").join(map(word, filters.levels))
    told = [
        ("内容", "Holds", word(kind)),
        ("机构(含下级)", "Of the unit and all below it", unit),
        ("层级", "Levels", levels),
        ("发布日期自", "Published since", filters.since and filters.since.isoformat()),
        ("发布日期至(不含)", "Published before", filters.until and filters.until.isoformat()),
        ("推介批次", "Campaign", campaign),
        ("生成时间", "Made", made),
        ("时区", "Time zone", "北京时间(UTC+08:00)" if zh else "Beijing time (UTC+08:00)"),
        ("空白单元格", "Empty cells", "未知或没有,不是 0" if zh else "unknown, or none; never 0"),
    ]
    return [(name_zh if zh else name_en, words) for name_zh, name_en, words in told if words]
