"""What of a report tells of the work: what went out, and how far each unit came with what was asked of it."""

from domain.reports.document import Bar, Cells, Chart, Column, Section, Table
from domain.reports.figures import CampaignFigures
from domain.reports.words import Words, count
from domain.terms import DeliveryState

# More bars than that are no picture any more; the table has all.
UNITS_DRAWN = 24
ALWAYS = (DeliveryState.PUBLISHED, DeliveryState.FAILED, DeliveryState.MISSED, DeliveryState.CANCELLED)


def sent(figures: CampaignFigures, words: Words) -> Section:
    """How many posts stand in which state."""
    counts = {row.state: row.count for row in figures.states}
    # What went wrong is told also where nothing did.
    states = [state for state in DeliveryState if state in counts or state in ALWAYS]
    rows = [(words.term(state), count(counts.get(state, 0))) for state in states]
    rows.append((words("其中:逾期发布", "Of the published: late"), count(figures.late)))
    if figures.total.gone:
        rows.append((words("其中:平台已不可见", "Of the published: shown no more"), count(figures.total.gone)))
    columns = Column(words("状态", "State"), Cells.WORDS, 3), Column(words("条数", "Posts"))
    caption = words("各状态的微博数(每个账号一条)", "Posts by state, one for each account")
    return Section(words("发布情况", "What went out"), tables=(Table(caption, columns, tuple(rows)),))


def quotas(figures: CampaignFigures, words: Words) -> Section:
    """Against its own quota each, in the order of the tree."""
    heading = words("指标完成情况", "Progress against quotas")
    if not figures.quotas:
        return Section(heading, (words("该批次未设指标。", "No quota was set for this campaign."),))
    charts = [_standings(figures, words)]
    if 0 < len(figures.progress) <= UNITS_DRAWN:
        charts.append(_units(figures, words))
    columns = (
        Column(words("层级", "Level"), Cells.WORDS, 1.2),
        Column(words("统计范围", "Counted"), Cells.WORDS, 2),
        Column(words("每个机构应发", "Asked of each")),
        Column(words("机构数", "Units")),
        Column(words("已完成机构数", "Units that met it")),
    )
    rows = tuple(
        (words.term(each.level), words.term(each.scope), count(each.minimum), count(each.units), count(each.met))
        for each in figures.quotas
    )
    summary = Table(words("各项指标的完成情况", "How many units met each quota"), columns, rows)
    return Section(heading, charts=tuple(charts), tables=(summary, _list(figures, words)))


def _standings(figures: CampaignFigures, words: Words) -> Chart:
    bars = tuple(
        _share(f"{words.term(each.level)} · {words.term(each.scope)}", each.met, each.units) for each in figures.quotas
    )
    title = words("完成指标的机构数 / 应完成的机构数", "Units that met their quota / units asked")
    return Chart(title, _said(bars, words), bars=bars)


def _units(figures: CampaignFigures, words: Words) -> Chart:
    bars = tuple(_share(each.name, each.published, each.minimum, tone=2) for each in figures.progress)
    title = words("各机构已发布 / 应发布(按机构树顺序)", "Published / asked of each unit, in the order of the tree")
    return Chart(title, _said(bars, words), bars=bars)


def _share(label: str, come: int, asked: int, *, tone: int = 0) -> Bar:
    """Each beside what is asked of it alone, so that all of them are as long."""
    return Bar(label, min(100, 100 * come // asked) if asked else None, 100, f"{come:,}/{asked:,}", tone)


def _list(figures: CampaignFigures, words: Words) -> Table:
    columns = (
        Column(words("机构", "Unit"), Cells.NAMES, 3),
        Column(words("层级", "Level"), Cells.WORDS, 1.2),
        Column(words("统计范围", "Counted"), Cells.WORDS, 2),
        Column(words("应发布", "Asked")),
        Column(words("已发布", "Published"), share=1.1),
        Column(words("完成", "Met"), Cells.WORDS, 0.8),
    )
    met, unmet = words("是", "yes"), words("否", "no")
    rows = tuple(
        (
            each.name,
            words.term(each.level),
            words.term(each.scope),
            count(each.minimum),
            count(each.published),
            met if each.published >= each.minimum else unmet,
        )
        for each in figures.progress
    )
    return Table(words("各机构完成情况(按机构树顺序)", "Each unit, in the order of the tree"), columns, rows)


def _said(bars: tuple[Bar, ...], words: Words) -> str:
    """A chart for those who do not see it; the table has the rest."""
    first = "; ".join(f"{bar.label} {bar.said}" for bar in bars[:6])
    return words(
        f"{len(bars)} 个条形:{first}。全部数据见下表。", f"{len(bars)} bars: {first}. The table has all of them."
    )
