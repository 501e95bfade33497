"""What of a report tells how posts were received: over time, by level and platform, at the top, and by clicks."""

from collections.abc import Sequence
from datetime import timedelta

from domain.engagement.rules import Figures, Total, periods
from domain.reports.document import Bar, Cells, Chart, Column, Line, Section, Table
from domain.reports.figures import CampaignFigures
from domain.reports.rules import step_of
from domain.reports.words import Words, clock, count
from domain.term import Term
from domain.terms import Metric


def reception(figures: CampaignFigures, words: Words) -> tuple[Section, ...]:
    """All of it."""
    return (
        _total(figures, words),
        _series(figures, words),
        _levels(figures, words),
        _hosts(figures, words),
        _top(figures, words),
        _clicks(figures, words),
        _lessons(figures, words),
        _comments(figures, words),
    )


def of(figures: Figures, metric: Metric) -> Total:
    """The total of a metric."""
    total: Total = getattr(figures, metric.value.lower())
    return total


def _total(figures: CampaignFigures, words: Words) -> Section:
    columns = (
        Column(words("项目", "Metric"), Cells.WORDS),
        Column(words("数值", "Value"), share=1.2),
        Column(words("已读取 / 已发布(条)", "Posts read / published"), share=1.4),
        Column(words("最近读取(北京时间)", "Newest reading (Beijing time)"), Cells.WORDS, 2.2),
    )
    rows = tuple(
        (
            words.term(metric),
            words.total(total),
            f"{total.known:,} / {total.expected:,}",
            clock(total.as_of) if total.as_of and total.known else words("无", "none"),
        )
        for metric in Metric
        if (total := of(figures.total, metric))
    )
    caption = words("传播数据合计及其完整程度", "Engagement in all, and how much of it is known")
    return Section(words("传播数据", "Engagement"), tables=(Table(caption, columns, rows),))


def _series(figures: CampaignFigures, words: Words) -> Section:
    heading = words("时间分布", "Over time")
    if not figures.total.published:
        return _empty(heading, words)
    times = tuple(f"{each.since:%m-%d}" for each in figures.series)
    posts = Line(words("发布条数", "Posts published"), tuple(each.figures.published for each in figures.series))
    known = [metric for metric in Metric if any(of(each.figures, metric).value is not None for each in figures.series)]
    lines = tuple(
        Line(words.term(metric), tuple(of(each.figures, metric).value for each in figures.series)) for metric in known
    )
    how = words.term(figures.step)
    charts = [_lined(words(f"发布条数({how})", f"Posts published by {how.lower()}"), (posts,), times, words)]
    if lines:
        title = words(f"传播数据({how},归入发布日)", f"Engagement by the {how.lower()} on which posts went out")
        charts.append(_lined(title, lines, times, words))
    columns = (
        Column(words("起始日", "From"), Cells.WORDS, 1.6),
        Column(words("发布", "Posts")),
        *(Column(words.term(metric)) for metric in Metric),
    )
    rows = tuple(
        (each.since.isoformat(), count(each.figures.published), *_values(each.figures, words))
        for each in figures.series
    )
    caption = words("按发布日期的传播数据", "Engagement by when posts went out")
    return Section(heading, charts=tuple(charts), tables=(Table(caption, columns, rows),))


def _lined(title: str, lines: tuple[Line, ...], times: tuple[str, ...], words: Words) -> Chart:
    said = "; ".join(
        f"{line.name} {max(known):,}"
        for line in lines
        if (known := [value for value in line.values if value is not None])
    )
    description = words(
        f"{times[0]} 至 {times[-1]},共 {len(times)} 个时段;最高值:{said}。全部数据见下表。",
        f"{times[0]} to {times[-1]}, {len(times)} periods; highest: {said}. The table has all of them.",
    )
    return Chart(title, description, lines=lines, times=times)


def _levels(figures: CampaignFigures, words: Words) -> Section:
    heading = words("分级情况", "By level")
    if not figures.levels:
        return _empty(heading, words)
    told = [
        (level, metric, value)
        for level, own in figures.levels
        for metric in Metric
        if (value := of(own, metric).value) is not None
    ]
    most = max((value for _, _, value in told), default=0)
    bars = tuple(
        Bar(f"{words.term(level)} · {words.term(metric)}", value, most, count(value), tone=list(Metric).index(metric))
        for level, metric, value in told
    )
    title = words("各层级的传播数据", "Engagement by the level of the unit that posted")
    said = words(f"{len(bars)} 个条形,全部数据见下表。", f"{len(bars)} bars; the table has all of them.")
    charts = (Chart(title, said, bars=bars),) if bars else ()
    caption = words("各层级的发布与传播", "Posts and engagement by level")
    table = _by(words("层级", "Level"), caption, figures.levels, words)
    return Section(heading, charts=charts, tables=(table,))


def _hosts(figures: CampaignFigures, words: Words) -> Section:
    heading = words("分平台情况", "By platform")
    if not figures.hosts:
        return _empty(heading, words)
    caption = words("各平台的发布与传播", "Posts and engagement by platform")
    note = words("不同平台合计时,只合计各平台都提供的数据。", "Only what all platforms report is added up across them.")
    return Section(
        heading,
        (note,) if len(figures.hosts) > 1 else (),
        tables=(_by(words("平台", "Platform"), caption, figures.hosts, words),),
    )


def _by(name: str, caption: str, rows: Sequence[tuple[Term, Figures]], words: Words) -> Table:
    columns = (
        Column(name, Cells.WORDS, 1.4),
        Column(words("发布", "Posts")),
        *(Column(words.term(metric), share=1.1) for metric in Metric),
        Column(words("已读取 / 已发布", "Read / published"), share=1.5),
    )
    told = []
    for term, own in rows:
        known = max(of(own, metric).known for metric in Metric)
        told.append((words.term(term), count(own.published), *_values(own, words), f"{known:,} / {own.published:,}"))
    return Table(caption, columns, tuple(told))


def _values(own: Figures, words: Words) -> tuple[str, ...]:
    return tuple(words.total(of(own, metric)) if own.published else count(None) for metric in Metric)


def _top(figures: CampaignFigures, words: Words) -> Section:
    heading = words("热门微博", "Posts with most engagement")
    if not figures.top or figures.top_by is None:
        return _empty(heading, words, words("尚无已读取的传播数据。", "No counts were read yet."))
    by = words.term(figures.top_by)
    metrics = [metric for metric in Metric if any(post.counts[metric] is not None for post in figures.top)]
    columns = (
        Column(words("课程与账号", "Lesson and account"), Cells.NAMES, 3.2),
        Column(words("发布日", "Published"), Cells.WORDS, 1.5),
        *(Column(words.term(metric), share=0.9) for metric in metrics),
        Column(words("点击", "Clicks"), share=0.9),
        Column(words("短链", "Short link"), Cells.LINK, 3.1),
    )
    rows = tuple(
        (
            f"《{post.lesson}》 {post.unit} @{post.account}",
            post.day.isoformat(),
            *(count(post.counts[metric]) for metric in metrics),
            count(post.clicks),
            post.short_link,
        )
        for post in figures.top
    )
    caption = words(
        f"按{by}数最多的 {len(rows)} 条微博;列出的是微博,不是对机构的排名",
        f"The {len(rows)} posts with most of: {by.lower()}. These are posts; no unit is ranked",
    )
    return Section(heading, tables=(Table(caption, columns, rows),))


def _clicks(figures: CampaignFigures, words: Words) -> Section:
    heading = words("短链点击", "Clicks on short links")
    total = sum(day.count for day in figures.clicks)
    if not total:
        return Section(heading, (words("尚无点击。", "No short link was followed yet."),))
    first, until = figures.clicks[0].day, figures.clicks[-1].day + timedelta(days=1)
    step = step_of(first, until)
    spans = [
        (since, sum(each.count for each in figures.clicks if since <= each.day < end))
        for since, end in periods(first, until, step)
    ]
    line = Line(words("点击", "Clicks"), tuple(clicks for _, clicks in spans))
    title = words(f"点击({words.term(step)})", f"Clicks by {words.term(step).lower()}")
    chart = _lined(title, (line,), tuple(f"{since:%m-%d}" for since, _ in spans), words)
    columns = Column(words("起始日", "From"), Cells.WORDS, 3), Column(words("点击", "Clicks"))
    rows = tuple((since.isoformat(), count(clicks)) for since, clicks in spans)
    table = Table(words("点击次数", "How often short links were followed"), columns, rows)
    return Section(heading, (words(f"共 {total:,} 次。", f"{total:,} in all."),), (chart,), (table,))


def _lessons(figures: CampaignFigures, words: Words) -> Section:
    heading = words("推介的课程", "Lessons promoted")
    if not figures.lessons:
        return _empty(heading, words)
    columns = (
        Column(words("课程", "Lesson"), Cells.NAMES, 3),
        Column(words("来源单位", "From"), Cells.NAMES, 2.4),
        Column(words("已发布(条)", "Posts published")),
    )
    rows = tuple((each.title, each.unit, count(each.published)) for each in figures.lessons)
    return Section(heading, tables=(Table(words("已推介的课程", "Lessons that were promoted"), columns, rows),))


def _comments(figures: CampaignFigures, words: Words) -> Section:
    counted = words.total(figures.total.comments) if figures.total.published else count(0)
    return Section(
        words("评论", "Comments"),
        (
            words(
                f"平台计数的评论:{counted};已采集评论:{figures.comments:,} 条。报告不含评论内容。",
                f"Comments as platforms count them: {counted}; collected here: {figures.comments:,}. None is quoted.",
            ),
        ),
    )


def _empty(heading: str, words: Words, text: str = "") -> Section:
    return Section(heading, (text or words("尚无已发布的微博。", "Nothing has been published yet."),))
