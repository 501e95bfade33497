"""A school with a full name is found however it is said; ordinary sentences, and grown-ups, stop nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import WordingKind, WordingSeverity
from domain.wording.rules import findings_of

BLOCKS, WARNS = WordingSeverity.BLOCKS, WordingSeverity.WARNS
SCHOOL = WordingKind.SCHOOL_AND_NAME
# Made up, with surnames that are no other word, and some that are.
NAMES = ["王小明", "李华", "欧阳小明", "张家豪", "周雨桐", "高子涵", "林小红", "刘洋", "古丽娜", "扎西", "格桑卓玛"]
SCHOOLS = ["天河小学", "喀什市第一小学", "城关中学", "阳光幼儿园", "师大附小", "天河一小", "城关三中", "天河小學"]
SURE = [
    "{school}{name}同学获奖",
    "{school}五年级学生{name}说",
    "{name}同学在{school}读书",
    "{name}就读于{school}",
    "姓名:{name} 学校:{school}",
    "{school}的{name}小朋友",
]
LIKELY = [
    "{school}五年级的{name}说:“今天真高兴。”",
    "{school}五年级的{name}说",
    "来自{school}的{name}告诉记者",
    "{school}{name}说",
    "{name}({school}三年级)",
    "{name}来自{school}",
    "{school}:{name}、某某",
    "{school}三年级(2)班{name}",
    "{school}三(2)班的{name}获一等奖",
    "小记者{name}来自{school}",
    "{name}毕业于{school}",
    "{school}小记者{name}",
]
GROWN_UP = [
    "{school}{title}{name}说",
    "{school}{name}{title}和同学们一起",
    "{title}{name}在{school}和学生交流",
    "{title}{name}同学们好,{school}",
    "{title}{name}看望{school}同学",
    "{school}五年级语文{title}{name}执教",
    "{name}({school}{title})",
    "姓名:{name} 职务:{title} 学校:{school}",
    "{name}{title}向{school}同学赠书",
]
TITLES = ["老师", "教师", "校长", "副校长", "班主任", "局长", "市长", "党支部书记", "辅导员"]
INNOCENT = [
    "天河小学的校长在讲话",
    "王府井小学开展活动",
    "天河小学高年级",
    "李宁公司捐给天河小学",
    "天河小学方阵",
    "天河小学方阵、花束方阵",
    "天河小学于周五在操场举行活动",
    "天河小学陈老师说",
    "天河小学李某说",
    "天河小学安全教育课",
    "天河小学:古筝、围棋、武术",
    "天河小学(高新区)",
    "天河小学“关爱行动·七彩课堂”开课",
    "马克·吐温的书,天河小学图书馆",
    "十一小时后,同学们高兴地回家",
    "党的二十届三中全会精神进校园,同学们认真听讲",
    "市长看望天河小学同学",
    "天河小学、黄埔小学、白云小学、石头小学",
    "在天河小学和城关中学举行",
    "天河小学的王牌社团",
    "天河小学师生向国旗敬礼",
    "天河小学常态化开展金色童年活动",
    "天河小学马上开学",
    "万名同学走进天河小学",
    "天河小学任何同学都可以报名",
    "天河小学温暖的午后",
    "天河小学全班同学",
    "天河小学的每一位同学",
    "天河小学与高校志愿者",
    "扎西德勒!天河小学",
    "The Primary School of Tianhe County has 20 classes. Li Ning Primary School opened.",
    "The High School in Beijing; Long Live the Red Army Primary School",
]


@given(st.sampled_from(SURE), st.sampled_from(SCHOOLS), st.sampled_from(NAMES))
def test_a_school_with_a_child_by_name_blocks(frame: str, school: str, name: str):
    said = frame.format(school=school, name=name)
    assert BLOCKS in {each.severity for each in findings_of(said, []) if each.kind is SCHOOL}, said


@given(st.sampled_from(LIKELY), st.sampled_from(SCHOOLS), st.sampled_from(NAMES))
def test_a_school_with_a_name_where_names_of_pupils_stand_is_to_be_looked_at(frame: str, school: str, name: str):
    said = frame.format(school=school, name=name)
    (finding, *_) = [each for each in findings_of(said, []) if each.kind is SCHOOL]
    assert name in finding.piece


@given(st.sampled_from(GROWN_UP), st.sampled_from(SCHOOLS), st.sampled_from(NAMES[:8]), st.sampled_from(TITLES))
def test_whoever_is_called_by_a_title_blocks_nothing(frame: str, school: str, name: str, title: str):
    said = frame.format(school=school, name=name, title=title)
    assert BLOCKS not in {each.severity for each in findings_of(said, [])}, said


@pytest.mark.parametrize("text", INNOCENT)
def test_a_school_without_anybody_is_innocent(text: str):
    assert [each.piece for each in findings_of(text, []) if each.kind is SCHOOL] == []


@pytest.mark.parametrize(
    ("text", "severity", "piece"),
    [
        ("王小明,天河小学,三年级", WARNS, "王小明,天河小学"),
        ("王小明（天河小学三年级）", WARNS, "王小明（天河小学"),
        ("王小明是天河小学三年级学生", BLOCKS, "王小明是天河小学"),
        ("买买提·艾力,喀什市第一小学", WARNS, "买买提·艾力,喀什市第一小学"),
        ("买买提·艾力…喀什市第一小学", WARNS, "买买提·艾力…喀什市第一小学"),
        ("喀什市第一小学买买提·艾力同学", BLOCKS, "第一小学买买提·艾力"),
        ("扎西同学在拉萨小学读书", BLOCKS, "扎西同学在拉萨小学"),
        ("天河小学的Wang同学", WARNS, "天河小学的Wang"),
        ("WANG Xiaoming, Tianhe Primary School", WARNS, "WANG Xiaoming, Tianhe Primary School"),
        ("Xiaoming Wang goes to Tianhe Middle School", WARNS, "Xiaoming Wang goes to Tianhe Middle School"),
        ("ＷＡＮＧ Xiaoming, Tianhe Primary School", WARNS, "ＷＡＮＧ Xiaoming, Tianhe Primary School"),
        ("大学生李华说,他在天河小学支教", WARNS, "李华说,他在天河小学"),
        ("天河小學的王小明同學", BLOCKS, "天河小學的王小明"),
        ("來自天河小學的張小華說", WARNS, "天河小學的張小華"),
        ("天河小学的王\u200b小 明同学", BLOCKS, "天河小学的王\u200b小 明"),
    ],
)
def test_names_of_all_peoples_and_in_all_signs_are_found(text: str, severity: WordingSeverity, piece: str):
    assert [(each.severity, each.piece) for each in findings_of(text, []) if each.kind is SCHOOL] == [(severity, piece)]


def test_each_name_of_a_list_is_found_with_its_school():
    pieces = [each.piece for each in findings_of("获奖名单:天河小学:王小明、李小红、张三", [])]
    assert pieces == ["天河小学:王小明", "天河小学:王小明、李小红", "天河小学:王小明、李小红、张三"]
