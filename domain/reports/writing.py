"""A report in words, charts and tables, made of the figures of a campaign."""

from domain.engagement.rules import Total
from domain.reports.document import Cells, Document, Fact
from domain.reports.duties import quotas, sent
from domain.reports.figures import UNITS_LISTED, CampaignFigures
from domain.reports.reception import reception
from domain.reports.words import NONE, Words, count
from domain.terms import Language


def written(figures: CampaignFigures, language: Language) -> Document:
    """The whole report."""
    words = Words(language)
    return Document(
        language=language,
        kicker=words("关爱行动·七彩课堂 | 推介报告", "Seven-Colour Classroom | Campaign report"),
        title=figures.title,
        warnings=_warnings(figures, words),
        facts=_facts(figures, words),
        sections=(sent(figures, words), quotas(figures, words), *reception(figures, words)),
        notes_heading=words("统计口径", "How this is counted"),
        notes=_notes(figures, words),
        publisher=figures.unit,
    )


def _warnings(figures: CampaignFigures, words: Words) -> tuple[str, ...]:
    found = []
    if made_up := [platform.name for platform in figures.platforms if platform.is_synthetic]:
        names = words("、", ", ").join(made_up)
        found.append(
            words(
                f"平台“{names}”为模拟平台(沙箱):其微博未对公众发布,转发、评论、点赞等数据均为合成数据。",
                f"Synthetic data: what went to {names} reached no public, and its engagement is made up (sandbox).",
            )
        )
    if not figures.total.published:
        found.append(words("该批次尚无已发布的微博。", "Nothing has been published for this campaign yet."))
    return tuple(found)


def _facts(figures: CampaignFigures, words: Words) -> tuple[Fact, ...]:
    asked = words("、", "; ").join(
        words(
            f"{words.term(each.level)}每个机构({words.term(each.scope)}){each.minimum} 条",
            f"{each.minimum} post{'s'[: each.minimum - 1]} of each unit: "
            f"{words.term(each.level)} ({words.term(each.scope)})",
        )
        for each in figures.quotas
    )
    # A level of which two things are asked has its units but once.
    by_level = {each.level: each.units for each in sorted(figures.quotas, key=lambda each: each.units)}
    units = sum(by_level.values())
    day = words.day(figures.occasion_date) if figures.occasion_date else ""
    window = words(" 至 ", " to ").join(map(words.day, figures.window)) if figures.window else ""
    known = max((t.known for t in _totals(figures)), default=0)
    newest = max((t.as_of for t in _totals(figures) if t.as_of), default=None)
    facts = (
        Fact(words("推介单位", "Unit"), figures.unit, Cells.NAMES),
        Fact(words("推介时机", "Occasion"), f"{figures.occasion or ''} {day}".strip(), Cells.NAMES),
        Fact(words("推介时段", "Window"), window),
        Fact(words("推介指标", "Asked"), asked or words("未设指标", "No quota was set")),
        Fact(words("涉及机构", "Units asked"), count(units)),
        Fact(
            words("平台", "Platforms"),
            words("、", ", ").join(f"{each.name}({words.term(each.kind)})" for each in figures.platforms),
        ),
        Fact(words("数据截至", "As of"), words.instant(figures.as_of)),
        Fact(
            words("数据读取", "Readings"),
            words(
                f"已发布 {figures.total.published:,} 条,已读取传播数据 {known:,} 条",
                f"{known:,} of {figures.total.published:,} published posts were read at least once",
            )
            + (words(",最近读取于", ", the newest at ") + words.instant(newest) if newest else ""),
        ),
    )
    return tuple(fact for fact in facts if fact.value)


def _totals(figures: CampaignFigures) -> tuple[Total, ...]:
    total = figures.total
    return (total.reposts, total.comments, total.likes, total.reads)


def _notes(figures: CampaignFigures, words: Words) -> tuple[str, ...]:
    notes = [
        words(
            "本报告只供了解情况,不作为对机构或个人的考核依据;各机构按机构树顺序排列,不作排名。",
            "This report informs and assesses nobody: units stand in the order of the tree, which is no ranking.",
        ),
        words(
            "指标完成数:推介时段内(未设时段的不限)已发布的微博,按发布当日的机构树计入;已关闭的机构和统计用区划不设指标。",
            "Progress counts posts published within the window, if there is one, by the tree of the day of each post; "
            "closed and statistical units are asked nothing.",
        ),
        words(
            "传播数据为每条微博最近一次读取值之和,按今日的归属计入推介单位,层级为发布机构的层级;"
            "读取之后的变化不计,平台已不可见的微博仍按最后读取值计入。",
            "Engagement is the sum of the last reading of each post, by the supervision of today; the level is that of "
            "the unit that posted. Posts that their platform shows no more stay in it with their last counts.",
        ),
        words(
            "时间序列按微博发布日(北京时间)归入,数值为目前的读取值,不是当日的增量。",
            "A series puts posts by the day in China on which they went out, with the counts they have now, not with "
            "what was added that day.",
        ),
        words(
            f"“{NONE}”或文字说明表示数值未知,不是 0。部分平台不提供的数据不作合计。",
            f"A “{NONE}”, or words in its place, means that a figure is not known; it is not 0. Where one of several "
            "platforms does not report a metric, it is not added up.",
        ),
        words(
            "逾期发布:比应发时间晚于微博所允许的时长(未设定的为一天)。点击:短链被打开的次数,已剔除已知的程序访问,"
            "同一人可能计入多次,不记录访问者。",
            "Late is what went out later than its post allowed: a day, unless it says otherwise. Clicks say how often "
            "short links were followed, without known robots; one person may count twice, and nothing is kept of them.",
        ),
    ]
    if len(figures.progress) >= UNITS_LISTED:
        notes.append(
            words(
                f"机构较多,明细表只列机构树中的前 {UNITS_LISTED} 个,完成情况汇总包括全部机构。",
                f"There are many units: the list has the first {UNITS_LISTED} of the tree, the sums have all.",
            )
        )
    return tuple(notes)
