"""What a kit says: everything a newspaper asks, nothing of who wrote it, and no empty line."""

from dataclasses import replace
from datetime import date

import pytest

from domain.lessons.content import Content, Plan, lines
from domain.press.sheets import Fact, Section, Sheet, of_campaign, of_lesson
from domain.terms import Licence, ServiceKind
from tests.factories.press import CONTACT, CONTENT, desk


def lesson_sheet(content: Content = CONTENT, **given: tuple[str, str] | None) -> Sheet:
    made_of = given.get("made_of")
    return of_lesson(desk(), content, origin="起源单位", since=date(2026, 5, 20), made_of=made_of)


def facts(sheet: Sheet) -> dict[str, str]:
    return {fact.name: fact.value for fact in (*sheet.facts, *sheet.closing)}


def test_the_kit_of_a_lesson_says_why_what_and_how():
    sheet = lesson_sheet(made_of=("珍爱生命", "原单位"))
    assert sheet.headline == CONTENT.title
    assert sheet.date_line == "鄠邑区志愿服务队 2026年6月1日供稿"
    assert sheet.lead == (
        "由起源单位开发的《夏天的河边,我们记住六个不》是“七彩课堂”示范课程，面向 8 至 12 岁儿童，一课约 40 分钟，"
        "属“自护教育”服务。"
    )
    assert sheet.body == (
        Section("为什么上这一课", ("河塘就在家门口。", "孩子自己找出身边的水域。")),
        Section("孩子们学到什么", items=("会说“六个不”", "不私自下水")),
        Section("这一课怎么上", items=("看短片（10 分钟）：说一说 看到了什么。", "画地图")),
        Section("安全与看护", ("看护要求：成人在场。", "不到水边。", "内容提示：涉水。")),
    )
    told = facts(sheet)
    assert told["来源单位"] == "起源单位"
    assert told["改编自"] == "《珍爱生命》（原单位）"
    assert told["示范课程评定"] == "2026年5月20日"
    assert told["使用许可"] == Licence.CC_BY.zh
    assert (told["供稿单位"], told["联系方式"]) == ("鄠邑区志愿服务队", CONTACT)
    assert told["网址"] == "https://qicai.example"
    assert Licence.CC_BY.zh in sheet.notes[0]
    assert sheet.notes[1].startswith("请勿")


def test_whatever_of_a_lesson_is_public_stands_in_its_kit_and_its_authors_do_not():
    said = repr(lesson_sheet())
    for name, text in lines(CONTENT).items():
        for line in text.split():
            parts = [part for part in line.replace("-", " ").replace("(", " ").split() if name != "steps"]
            assert all(part in said for part in parts) is (name != "authors"), (name, line)


def test_what_a_lesson_does_not_say_leaves_no_empty_line():
    sheet = lesson_sheet(replace(CONTENT, theme="", plan=Plan()))
    assert [section.heading for section in sheet.body] == ["为什么上这一课", "安全与看护"]
    assert set(facts(sheet)) == {
        "课程", "服务", "来源单位", "示范课程评定", "使用许可", "供稿单位", "联系方式", "网址",
    }  # fmt: skip
    assert "面向儿童，属" in sheet.lead


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [(8, 12, "8 至 12 岁"), (8, 8, "8 岁"), (8, None, "8 岁以上"), (None, 12, "12 岁以下")],
)
def test_ages_read_as_people_say_them(least: int | None, most: int | None, said: str):
    plan = replace(CONTENT.plan, age_least=least, age_most=most)
    assert facts(lesson_sheet(replace(CONTENT, plan=plan)))["适用年龄"] == said


def test_the_kit_of_a_campaign_tells_of_its_lessons_with_their_units_and_licences():
    other = replace(CONTENT, title="走近端午", service=ServiceKind.CITY_DISCOVERY, plan=Plan(goals=("会包粽子",)))
    sheet = of_campaign(
        desk(),
        title="六一推介",
        owner="省级单位",
        occasion=("国际儿童节", date(2026, 6, 1)),
        window=(date(2026, 5, 25), date(2026, 6, 7)),
        lessons=[(CONTENT, "甲单位"), (other, "乙单位")],
    )
    assert sheet.lead == (
        "省级单位在国际儿童节前后开展“六一推介”活动，向社会介绍 2 门“七彩课堂”示范课程，"
        "时间为2026年5月25日至2026年6月7日。"
    )
    assert [section.heading for section in sheet.body] == [f"《{CONTENT.title}》（甲单位）", "《走近端午》（乙单位）"]
    told = facts(sheet)
    assert told["重要日子"] == "国际儿童节（2026年6月1日）"
    assert (told["服务"], told["来源单位"]) == ("自护教育、感受城市", "甲单位、乙单位")
    assert f"《走近端午》{Licence.PROGRAMME.zh}" in sheet.notes[0]


def test_a_campaign_without_occasion_and_window_says_none():
    sheet = of_campaign(
        desk(), title="推介", owner="单位", occasion=(None, None), window=(None, None), lessons=[(CONTENT, "甲")]
    )
    assert sheet.lead == "单位开展“推介”活动，向社会介绍 1 门“七彩课堂”示范课程。"
    assert Fact("示范课程", "1 门") in sheet.facts
    assert not {"重要日子", "推介时间"} & set(facts(sheet))
