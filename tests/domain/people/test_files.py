"""Files of people: what spreadsheets save is read, and every fault is told with its row and its column."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.people.files import ROWS_LIMIT, Wanted, parse_people
from domain.refusals import Invalid
from domain.terms import Reach, Role

TODAY = date(2026, 6, 1)
HEAD = "login,name,unit,role,reach,until"
GOOD = "li,李,440106,VIEWER,VIEW,2027-06-30"
LI = Wanted("li", "李", "440106", Role.VIEWER, Reach.VIEW, date(2027, 6, 30))


def faults(text: str) -> list[tuple[int, tuple[str, ...], str]]:
    """Row, column and code of each fault."""
    return [(row.number, p.path, p.code) for row in parse_people(text, today=TODAY) for p in row.problems]


def refused(text: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse_people(text, today=TODAY)
    assert caught.value.path == ("file",)
    # Both languages can be told with the facts given.
    assert caught.value.words("zh")
    assert caught.value.words("en")
    return caught.value


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize(
    ("head", "line"),
    [
        (HEAD, GOOD),
        ("登录名,姓名,机构代码,角色,范围,截止日期", "li,李,440106,查看者,查看,2027/6/30"),
        ("角色,机构代码,截止日期,登录名,姓名,范围", "查看者,440106,2027年6月30日, Li ,李,view"),
        ("LOGIN, Name ,unit,role,reach,until,,", "LI,李,440106,viewer,VIEW,2027.06.30,,"),
    ],
)
def test_what_spreadsheets_save_is_read(mark: str, end: str, separator: str, head: str, line: str):
    text = mark + end.join([head, line, ""]).replace(",", separator)
    (row,) = parse_people(text, today=TODAY)
    assert (row.number, row.login, row.wanted, row.problems) == (2, "li", LI, ())


def test_reach_and_last_day_may_be_left_out_or_empty():
    for text in ("login,name,unit,role\nli,李,44,管理员", f"{HEAD}\nli,李,44,管理员,,", f"{HEAD}\nli,李,44,管理员"):
        (row,) = parse_people(text, today=TODAY)
        assert row.wanted == Wanted("li", "李", "44", Role.ADMINISTRATOR, Reach.ACT, None)


def test_a_quoted_cell_may_hold_separators_and_marks():
    (row,) = parse_people('"login","name","unit","role"\n"li","李, ""小""",44,VIEWER', today=TODAY)
    assert row.wanted is not None
    assert row.wanted.name == '李, "小"'


def test_empty_rows_keep_their_number_and_mean_nothing():
    rows = parse_people(f"{HEAD}\n\n,,,,,\n{GOOD}\n  \n", today=TODAY)
    assert [row.number for row in rows] == [4]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        (",李,44,VIEWER", "login", "LOGIN_UNUSABLE"),
        ("l,李,44,VIEWER", "login", "LOGIN_UNUSABLE"),
        ("李四,李,44,VIEWER", "login", "LOGIN_UNUSABLE"),
        ("li si,李,44,VIEWER", "login", "LOGIN_UNUSABLE"),
        (".li,李,44,VIEWER", "login", "LOGIN_UNUSABLE"),
        ("l" * 65 + ",李,44,VIEWER", "login", "LOGIN_UNUSABLE"),
        ("li,,44,VIEWER", "name", "NAME_UNUSABLE"),
        ("li," + "李" * 65 + ",44,VIEWER", "name", "NAME_UNUSABLE"),
        ("li,李\u202e四,44,VIEWER", "name", "NAME_UNUSABLE"),
        ("li,李,,VIEWER", "unit", "TEXT_EMPTY"),
        ("li,李,44,", "role", "WORD_UNKNOWN"),
        ("li,李,44,KING", "role", "WORD_UNKNOWN"),
        ("li,李,44,皇帝", "role", "WORD_UNKNOWN"),
        ("li,李,44,VIEWER,EVERYTHING", "reach", "WORD_UNKNOWN"),
        ("li,李,44,VIEWER,ACT,soon", "until", "DAY_UNREADABLE"),
        ("li,李,44,VIEWER,ACT,2027-02-30", "until", "DAY_UNREADABLE"),
        ("li,李,44,VIEWER,ACT,9999-12-31", "until", "DAY_UNREADABLE"),
        ("li,李,44,VIEWER,ACT,2026-05-31", "until", "DAY_PASSED"),
    ],
)
def test_a_fault_is_told_with_row_and_column(line: str, column: str, code: str):
    assert faults(f"{HEAD}\nwang,王,44,VIEWER\n{line}\n") == [(3, (column,), code)]


def test_more_cells_than_columns_are_a_fault_of_the_row():
    assert faults(f"{HEAD}\n{GOOD},more\n") == [(2, (), "CELLS_TOO_MANY")]
    assert faults(f"{HEAD}\n{GOOD},,\n") == []


def test_a_login_that_comes_twice_is_told_with_the_row_it_came_in_first():
    text = f"{HEAD}\nli,李,44,VIEWER\nwang,王,44,VIEWER\nＬＩ,李,44,VIEWER\nli,李,45,VIEWER\n"
    assert faults(text) == [(4, ("login",), "LOGIN_TWICE"), (5, ("login",), "LOGIN_TWICE")]
    assert "第 2 行" in parse_people(text, today=TODAY)[2].problems[0].words("zh")


def test_all_faults_of_a_row_are_told_at_once():
    assert [code for _, _, code in faults(f"{HEAD}\n?,,,KING,FAR,never,more")] == [
        "CELLS_TOO_MANY",
        "LOGIN_UNUSABLE",
        "NAME_UNUSABLE",
        "TEXT_EMPTY",
        "WORD_UNKNOWN",
        "WORD_UNKNOWN",
        "DAY_UNREADABLE",
    ]


def test_today_may_be_the_last_day():
    (row,) = parse_people(f"{HEAD}\nli,李,44,VIEWER,,2026-06-01", today=TODAY)
    assert row.problems == ()


@pytest.mark.parametrize("text", ["", "\ufeff", HEAD, f"{HEAD}\n", f"{HEAD}\n,,,\n"])
def test_a_file_without_people_is_refused(text: str):
    assert refused(text).code in ("TEXT_EMPTY",)


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("login,name,unit", "role"),
        ("name,unit,role", "login"),
        ("login,name,unit,role,phone", "phone"),
        ("login,name,unit,role,登录名", "登录名"),
        ("login,,name,unit,role", ""),
        ("li,李,44,VIEWER", "login"),
        ("login|name|unit|role", "login"),
    ],
)
def test_a_header_that_is_not_understood_is_refused_with_its_columns(head: str, named: str):
    refusal = refused(f"{head}\nli,李,44,VIEWER,x\n")
    assert refusal.code == "FILE_HEADER"
    assert named in refusal.words("en")


@pytest.mark.parametrize("line", ['"li,李,44,VIEWER', '"li"x,李,44,VIEWER'])
def test_broken_quotation_marks_are_told_with_their_row(line: str):
    refusal = refused(f"{HEAD}\n{GOOD}\n{line}\n")
    assert (refusal.code, refusal.facts["row"]) == ("FILE_UNREADABLE", 3)


def test_a_file_holds_so_many_people_and_no_more():
    lines = [f"p{n},李,44,VIEWER" for n in range(ROWS_LIMIT + 1)]
    assert len(parse_people("\n".join([HEAD, *lines[:-1]]), today=TODAY)) == ROWS_LIMIT
    assert refused("\n".join([HEAD, *lines])).code == "TOO_MANY"


@given(st.text(max_size=200))
def test_no_text_is_too_strange_to_be_answered(text: str):
    for file in (text, f"{HEAD}\n{text}"):
        try:
            rows = parse_people(file, today=TODAY)
        except Invalid:
            continue
        assert all((row.wanted is None) is bool(row.problems) for row in rows)
        for problem in (p for row in rows for p in row.problems):
            assert problem.words("zh")
            assert problem.words("en")
