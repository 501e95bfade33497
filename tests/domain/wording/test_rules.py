"""What is found in a text: labels, names with what tells who a child is, and nothing in what people usually write."""

import re
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refusals import Conflict
from domain.terms import WordingKind, WordingSeverity
from domain.wording import addresses, labels, names, numbers, pinyin, rules, schools
from domain.wording.findings import Finding, in_chinese, masked
from domain.wording.labels import Label
from domain.wording.rules import check_approval, findings_in, findings_of
from tests.factories.wording import SHIPPED

BLOCKS, WARNS = WordingSeverity.BLOCKS, WordingSeverity.WARNS
LABEL, SCHOOL, AGE = WordingKind.LABEL, WordingKind.SCHOOL_AND_NAME, WordingKind.NAME_AND_AGE
HOT = "13800留守儿童小学王明同岁8@.a栋室\u200b( xX-的是,。😀\u0301ﷺ"
# What teams write, without anybody's name.
ORDINARY = [
    "志愿者走进阳光社区,为孩子们上了一堂防溺水安全教育课。",
    "幸福小学的全班同学和老师一起包粽子,许多小朋友高兴地举起手。",
    "希望小学三年级同学参观武汉科技馆,任何同学都可以报名。",
    "江西、江苏的小朋友来到黄河边,感受传统文化。",
    "6月1日9:00-11:30、14:00-16:30,共120名同学参加。",
    "大城市、小主人——万名孩子感受城市(第二季)",
    "五星级“卓越少年”成长体系,生活中的24字,自制简易VR眼镜。",
    "城关中学的学生成长营开班,周边学校同学踊跃参加。",
    "请关注@广东志愿者,转发本微博。",
    "雷锋小学为高年级同学开设古诗词课,童年回忆满满。",
    "10岁以下儿童须家长陪同,8岁的孩子免费。",
    "天河小学学生温暖爱心行动,石头希望小学的孩子安静想象,古诗爱国主义课。",
    "9岁的孩子喜欢画画,男孩、女孩都爱阅读,高兴:8岁起可报名。",
    "康乐中心、安全、女、6岁以上;全程:8岁免费。",
]


def found(text: str, words: list[Label] = SHIPPED) -> list[tuple[WordingKind, WordingSeverity, str]]:
    return [(each.kind, each.severity, each.piece) for each in findings_of(text, words)]


@pytest.mark.parametrize("text", ORDINARY)
def test_nothing_is_found_in_what_teams_usually_write(text: str):
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    ["关爱留守儿童志愿服务行动", "留守儿童安全教育,", "留守儿童、小学生", "留 守\u200b儿 童", "10多名留守儿童高兴地"],
)
def test_a_term_of_the_programme_is_to_be_looked_at(text: str):
    [(kind, severity, _)] = found(text)
    assert (kind, severity) == (LABEL, WARNS)


@pytest.mark.parametrize(
    "text",
    [
        "留守儿童王小明说",
        "留守儿童小花,",
        "留守儿童(李某某)",
        "王小明同学是一名留守儿童",
        "欧阳小明,留守儿童",
        "小明是留守儿童",
        "贫困生:张华",
    ],
)
def test_a_label_next_to_a_child_is_not_published(text: str):
    assert [severity for kind, severity, _ in found(text) if kind is LABEL] == [BLOCKS]


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("關愛留守兒童,", "留守兒童"),
        ("農民工子女的暑假", "農民工子女"),
        ("關愛留-守-儿-童!", "留-守-儿-童"),
        ("留·守·儿·童", "留·守·儿·童"),
        ("留/守/儿童", "留/守/儿童"),
        ("留、守、儿、童", "留、守、儿、童"),
        ("留\u200b守 😀儿 童", "留\u200b守 😀儿 童"),
        ("留守娃的夏天", "留守娃"),
        ("关爱留守少年", "留守少年"),
        ("帮助学困生", "学困生"),
    ],
)
def test_a_label_is_found_in_whatever_signs_and_with_whatever_marks_in_it(text: str, piece: str):
    assert found(text) == [(LABEL, WARNS, piece)]


@pytest.mark.parametrize("text", ["他留守。儿童节快乐", "留守——儿童节活动", "有的留守、儿童", "农村孩子,城市/农村"])
def test_marks_between_two_words_make_no_label_of_them(text: str):
    assert found(text) == []


def test_a_label_with_marks_in_it_next_to_a_child_is_not_published():
    assert found("留·守·兒·童王小明說") == [(LABEL, BLOCKS, "留·守·兒·童")]


def test_the_longest_word_is_told_once_with_its_own_advice():
    words = [Label("留守", WARNS, "短", "short"), Label("留守儿童", BLOCKS, "长", "long")]
    (finding,) = findings_of("关爱留守儿童", words)
    assert (finding.piece, finding.severity, finding.advice_zh, finding.start, finding.end) == (
        "留守儿童",
        BLOCKS,
        "长",
        2,
        6,
    )


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("幸福小学三年级王小明同学获奖", "幸福小学三年级王小明"),
        ("王小明同学在幸福小学读书", "王小明同学在幸福小学"),
        ("城关中学 学生李华,获一等奖", "城关中学 学生李华"),
        ("幸福幼儿园的欧阳明小朋友", "幸福幼儿园的欧阳明"),
    ],
)
def test_a_school_with_a_full_name_tells_who_a_child_is(text: str, piece: str):
    assert found(text) == [(SCHOOL, BLOCKS, piece)]


@pytest.mark.parametrize(
    "text", ["我们学校王小明同学", "王小明同学获奖。幸福小学开学", "幸福小学小明同学", "小学生王小明同学"]
)
def test_a_name_without_a_named_school_tells_less(text: str):
    assert found(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "王小明(8岁)",
        "王小明同学今年八岁",
        "12岁的李华说",
        "10岁男孩张伟在家",
        "9岁的王小明想回家",
        "9岁的王小明希望有一本书",
        "9岁的李小红喜欢画画",
        "9岁的李小红爱画画",
        "9岁的李小红盼着过年",
        "李小红,女,9岁,想妈妈",
        "李小红、男、9岁",
        "李小红 女 9岁",
        "李小红/女/9岁",
        "李小红:9岁",
    ],
)
def test_a_name_with_an_age_is_to_be_looked_at(text: str):
    assert [(kind, severity) for kind, severity, _ in found(text)] == [(AGE, WARNS)]


@pytest.mark.parametrize(
    "text",
    ["微信公众号:tianhexiaoxue", "QQ群里同学们很高兴", "微信群", "用wechat沟通", "3号楼120户", "#七彩课堂#示范课程"],
)
def test_channels_of_everybody_are_nobodys_address(text: str):
    assert found(text) == []


@pytest.mark.parametrize("text", ["王建国(68岁)", "王建国今年二十五岁", "成长的8岁"])
def test_the_age_of_the_grown_up_tells_nothing_of_a_child(text: str):
    assert found(text) == []


@pytest.mark.parametrize("text", ["王小明,男,2012年5月3日出生", "2012年5月3日出生的王小明", "王小明(生于2013年)"])
def test_a_name_with_a_birthday_is_to_be_looked_at(text: str):
    assert [(kind, severity) for kind, severity, _ in found(text)] == [(AGE, WARNS)]


@pytest.mark.parametrize("text", ["2012年5月成立的社团", "王建国,1958年5月出生", "2012年5月生产的王牌产品"])
def test_other_dates_tell_nothing_of_a_child(text: str):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("写信到 a.b@example.com", "EMAIL"),
        ("wang[at]qq.com", "EMAIL"),
        ("wang (at) qq (dot) com", "EMAIL"),
        ("wang艾特qq点com", "EMAIL"),
        ("住3栋2单元501室", "DWELLING"),
        ("住12号楼305房", "DWELLING"),
        ("微信号:wang_xm2010", "CHAT_ACCOUNT"),
        ("加微信 wang2010", "CHAT_ACCOUNT"),
        ("ＱＱ：123456789", "CHAT_ACCOUNT"),
        ("扣扣 123456789", "CHAT_ACCOUNT"),
    ],
)
def test_addresses_are_to_be_looked_at(text: str, kind: str):
    assert [(found_kind.value, severity) for found_kind, severity, _ in found(text)] == [(kind, WARNS)]


def test_places_count_characters_of_the_text_as_given():
    text = "😀\u200b①③⑧ 0013 8000!"
    (finding,) = findings_of(text, [])
    assert (finding.start, finding.end, finding.piece) == (2, 15, text[2:15])


@given(st.text(alphabet=HOT, max_size=60) | st.text(max_size=60))
def test_no_place_lies_outside_the_text(text: str):
    for each in findings_of(text, SHIPPED):
        assert 0 <= each.start < each.end <= len(text)
        assert each.piece == text[each.start : each.end]
        assert each.advice_zh
        assert each.advice_en


def test_each_text_of_a_thing_is_named():
    assert [each.field for each in findings_in({"title": "孤儿", "text": "13800138000"}, SHIPPED)] == ["title", "text"]


def test_a_field_is_named_in_the_language_of_the_message():
    assert [in_chinese(field) for field in ("plan.steps.1.text", "campaign.title", "attachments.0.credit")] == [
        "教学环节第 2 项正文",
        "推介批次标题",
        "附件第 1 项署名",
    ]


def test_what_blocks_is_refused_and_what_warns_has_to_be_seen():
    grave, light = (Finding(LABEL, severity, 0, 2, "孤儿", "改", "change") for severity in (BLOCKS, WARNS))
    check_approval([], wording_seen=False, path="postId")
    check_approval([light], wording_seen=True, path="postId")
    for findings, seen, code, path in (
        ([light], False, "WORDING_NOT_SEEN", ("wordingSeen",)),
        ([light, grave], True, "WORDING_BLOCKS", ("postId",)),
    ):
        with pytest.raises(Conflict) as refused:
            check_approval(findings, wording_seen=seen, path=path[0])
        assert (refused.value.code, refused.value.path) == (code, path)
        assert "标签化用语(正文 第 1—2 字)" in refused.value.words("zh")
        assert "LABEL (text 1-2)" in refused.value.words("en")


HOSTILE = [
    "1",
    "13",
    "1-",
    "1a",
    "一",
    "19491231",
    "a@",
    "@a.a",
    "留守儿童",
    "王小同学小学",
    "8岁王小明",
    "1栋1",
    "\u200b",
    "小明是",
    "天河小学:王小明、",
    "王小明(天河小学三年级)",
    "买买提·",
    "Wang Li Primary School ",
    "留、",
    "110***",
    "微信",
    "wang[at]a.",
    "三年级(2)班",
]
SIZE = 100_000


def work(text: str) -> int:
    """How often anything is called while a text is checked."""
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        findings_of(text, SHIPPED)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("piece", HOSTILE)
def test_twice_the_text_is_no_more_than_twice_the_work(piece: str):
    half, whole = (piece * (size // len(piece)) for size in (SIZE // 20, SIZE // 10))
    assert work(whole) <= 2.2 * work(half) + 1000
    # And what is larger still comes to its end.
    findings_of(piece * (SIZE // len(piece)), SHIPPED)


@pytest.mark.parametrize("module", [addresses, labels, names, numbers, pinyin, rules, schools])
def test_no_pattern_repeats_without_bound(module: ModuleType):
    patterns = [value.pattern for value in vars(module).values() if isinstance(value, re.Pattern)]
    assert [pattern for pattern in patterns if re.search(r"(?<!\\)[*+](?![^\[]*\])|,\}", pattern)] == []


def test_a_mask_hides_what_tells_who_somebody_is_and_nothing_else():
    said = "某类孩子张小明同学在阳光小学,电话13800138000。"
    words = [Label("某类孩子", WARNS, "", "")]
    hidden = masked(said, findings_of(said, words))
    assert len(hidden) == len(said)
    assert hidden.startswith("某类孩子")
    assert "阳光小学" not in hidden
    assert "张小明" not in hidden
    assert hidden.endswith(",电话***********。")
