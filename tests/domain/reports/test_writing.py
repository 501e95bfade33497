"""A report says the same in both languages, tells what is not known, and puts no unit in an order of its own."""

import string
from dataclasses import replace
from itertools import chain

import pytest

from domain.reports.document import Cells, Document, Section, Table
from domain.reports.duties import UNITS_DRAWN
from domain.reports.figures import UNITS_LISTED, CampaignFigures
from domain.reports.writing import written
from domain.terms import FigureGap, HostKind, Language, QuotaScope
from tests.factories.reports import empty, full

ZH, EN = Language.ZH_CN, Language.EN


def section(figures: CampaignFigures, heading: str, language: Language = ZH) -> Section:
    (found,) = [each for each in written(figures, language).sections if each.heading == heading]
    return found


def tables(document: Document) -> list[Table]:
    return [table for each in document.sections for table in each.tables]


def numbers(document: Document) -> list[tuple[str, ...]]:
    """All numbers and addresses, row by row; why there is none is a matter of language."""
    told = (Cells.COUNT, Cells.LINK)
    return [
        tuple(
            cell
            for cell, column in zip(row, table.columns, strict=True)
            if column.cells in told and cell[0] in string.digits + "h"
        )
        for table in tables(document)
        for row in table.rows
    ]


def test_both_languages_tell_the_same_figures():
    zh, en = written(full(), ZH), written(full(), EN)
    assert numbers(zh) == numbers(en)
    for one, other in zip(zh.sections, en.sections, strict=True):
        assert [(chart.bars and [bar.value for bar in chart.bars]) for chart in one.charts] == [
            (chart.bars and [bar.value for bar in chart.bars]) for chart in other.charts
        ]
        assert [[line.values for line in chart.lines] for chart in one.charts] == [
            [line.values for line in chart.lines] for chart in other.charts
        ]
    assert max("".join(each.heading for each in en.sections)) < "\u4e00"


def test_units_stand_in_the_order_in_which_they_came_and_beside_their_own_quota():
    told = section(full(), "指标完成情况")
    _, units = told.tables
    assert [(row[0], *row[3:]) for row in units.rows] == [
        ("陕西省", "10", "12", "是"),
        ("西安市鄠邑区㵲阳街道志愿服务队", "1", "0", "否"),
        ("甘肃省", "10", "4", "否"),
    ]
    _, drawn = told.charts
    assert [(bar.label, bar.value, bar.said) for bar in drawn.bars] == [
        ("陕西省", 100, "12/10"),
        ("西安市鄠邑区㵲阳街道志愿服务队", 0, "0/1"),
        ("甘肃省", 40, "4/10"),
    ]


def test_units_of_which_two_things_are_asked_are_counted_once():
    quota = full().quotas[1]
    asked = [*full().quotas, replace(quota, scope=QuotaScope.WITH_BELOW, units=2840)]
    facts = {fact.name: fact.value for fact in written(full(quotas=asked), EN).facts}
    assert facts["Units asked"] == "2,874"
    assert "; 1 post of each unit" in facts["Asked"]
    assert facts["Asked"].startswith("10 posts of each unit")


def test_many_units_are_listed_and_drawn_no_more():
    one = full().progress[0]
    many = full(progress=[one] * (UNITS_DRAWN + 1))
    assert len(section(many, "指标完成情况").charts) == 1
    assert len(section(many, "指标完成情况").tables[1].rows) == UNITS_DRAWN + 1
    assert len(written(many, ZH).notes) + 1 == len(written(full(progress=[one] * UNITS_LISTED), ZH).notes)


def test_what_went_wrong_is_told_also_where_nothing_did():
    (table,) = section(full(), "发布情况").tables
    assert {row[0]: row[1] for row in table.rows} == {
        "待发布": "2",
        "已发布": "1,234",
        "发布失败": "3",
        "已错过": "0",
        "已取消": "0",
        "其中:逾期发布": "7",
        "其中:平台已不可见": "1",
    }


def test_what_is_not_known_is_said_in_words_and_leaves_a_gap_in_the_line():
    told = section(full(), "时间分布")
    assert told.tables[0].rows[3][1:] == ("0", "-", "-", "-", "-")
    posts, engagement = told.charts
    assert posts.lines[0].values == (100, 101, 102, 0, 104, 105, 106)
    assert [line.name for line in engagement.lines] == ["转发", "评论", "点赞"]
    assert engagement.lines[0].values == (0, 120, 340, None, 90, 60, 20)
    (total,) = section(full(), "传播数据").tables
    assert total.rows[0][:3] == ("转发", "5,630", "1,200 / 1,234")
    assert total.rows[-1][1] == "平台不提供"


def test_platforms_that_differ_are_told_apart_and_added_up_only_as_far_as_all_tell():
    mixed = full().total
    lacking = replace(mixed.likes, value=None, gap=FigureGap.NOT_BY_ALL)
    told = full(total=replace(mixed, likes=lacking), hosts=[(HostKind.WEIBO, mixed), (HostKind.WEIBO, mixed)])
    assert section(told, "分平台情况").paragraphs == ("不同平台合计时,只合计各平台都提供的数据。",)
    assert section(told, "传播数据").tables[0].rows[2][1] == "部分平台不提供"


def test_a_sandbox_is_named_and_its_figures_called_made_up():
    (warning,) = written(full(), ZH).warnings
    assert "sandbox" in warning
    assert "合成数据" in warning
    real = full(platforms=[replace(full().platforms[0], is_synthetic=False)])
    assert written(real, ZH).warnings == ()
    assert "Synthetic data" in written(full(), EN).warnings[0]


def test_clicks_are_told_day_by_day_and_days_without_any_too():
    (table,) = section(full(), "短链点击").tables
    assert [row[1] for row in table.rows] == ["40", "0", "0", "16"]


@pytest.mark.parametrize("language", list(Language))
def test_an_empty_campaign_has_a_report_that_says_so_everywhere(language: Language):
    document = written(empty(), language)
    assert len(document.warnings) == 1
    assert all(each.paragraphs or any(table.rows for table in each.tables) for each in document.sections)
    assert list(chain.from_iterable(each.charts for each in document.sections)) == []
