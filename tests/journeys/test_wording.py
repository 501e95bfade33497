"""A text on its way to the public: checked while it is written, previewed, refused, mended, approved."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.lessons.models import LessonRevision
from domain.terms import LessonState, Role, WordingSeverity
from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_lesson
from tests.factories.units import add_user
from tests.factories.wording import list_words

FOUND = "wording { kind severity field start end piece adviceZh adviceEn }"
CHECK = "query($text: String!) { checkWording(text: $text) { kind severity start end piece } }"
WORDS = """query($all: Boolean!) { labelWords(withRetired: $all) { nodes {
  id word severity adviceZh version retiredAt viewerCan { act allowed whyNot { code } } } } }"""


@pytest.fixture
async def words(session: AsyncSession) -> Any:
    return await list_words(session, 留守儿童=WordingSeverity.WARNS)


async def wish(session: AsyncSession, country: Country, text: str) -> dict[str, Any]:
    lesson = await add_lesson(session, country.tree)
    now = datetime.now(UTC).isoformat()
    nation = id_of(country.tree["nation"])
    return {"lessonId": id_of(lesson), "unitId": nation, "levels": ["COUNTY"], "text": text, "publishAt": now}


async def test_a_text_is_checked_while_it_is_written(api: Front, country: Country, words: Any):
    text = "关爱留守儿童,电话138-0013-8000"
    found = (await api.as_(country.viewer).ask(CHECK, text=text))["checkWording"]
    assert found == [
        {"kind": "LABEL", "severity": "WARNS", "start": 2, "end": 6, "piece": "留守儿童"},
        {"kind": "PHONE", "severity": "BLOCKS", "start": 9, "end": 22, "piece": "138-0013-8000"},
    ]
    refused = await api.as_(country.viewer).answer(CHECK, text="长" * 20_001)
    assert refused["errors"][0]["extensions"]["code"] == "WORDS_TOO_LONG"
    anonymous = await api.answer(CHECK, text=text)
    assert anonymous["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_post_shows_what_is_found_from_its_preview_to_its_approval(
    api: Front, country: Country, session: AsyncSession, words: Any
):
    media = api.as_(country.media)
    given = await wish(session, country, "留守儿童王小明说")
    previewed = await media.act("scheduleLesson", f"post {{ {FOUND} }}", **given, preview=True)
    (finding,) = previewed["post"]["wording"]
    assert (finding["kind"], finding["severity"], finding["piece"]) == ("LABEL", "BLOCKS", "留守儿童")
    assert finding["field"] == "text"
    assert finding["adviceZh"] != finding["adviceEn"]

    post = (await media.act("scheduleLesson", "post { id }", **given))["post"]["id"]
    second = await add_user(session, country.tree["nation"], Role.ADMINISTRATOR, login="second")
    admin = api.as_(second)
    refused = await admin.act("approvePost", postId=post, expectedVersion=1, wordingSeen=True)
    assert (refused["code"], refused["path"]) == ("WORDING_BLOCKS", ["postId"])
    assert "标签化用语(正文 第 1—4 字)" in refused["messageZh"]
    # Neither a name nor a number is repeated where messages are kept.
    assert "王小明" not in refused["messageZh"] + refused["messageEn"]

    mended = {"postId": post, "expectedVersion": 1, "text": "关爱留守儿童"}
    previewed = await media.act("editPost", f"post {{ {FOUND} }}", **mended, preview=True)
    assert [each["severity"] for each in previewed["post"]["wording"]] == ["WARNS"]
    await media.act("editPost", "post { id }", **mended)
    assert (await admin.act("approvePost", postId=post, expectedVersion=2))["code"] == "WORDING_NOT_SEEN"
    done = await admin.act("approvePost", "post { isApproved }", postId=post, expectedVersion=2, wordingSeen=True)
    assert done["post"] == {"isApproved": True}


async def test_a_draft_shows_what_keeps_it_from_the_public(
    api: Front, country: Country, session: AsyncSession, words: Any
):
    draft = await add_lesson(session, country.tree, state=LessonState.DRAFT)
    draft.theme = "留守儿童"
    await session.commit()
    nation = api.as_(country.nation)
    shown = (await nation.ask(f"{{ lessons {{ nodes {{ {FOUND} }} }} }}"))["lessons"]["nodes"]
    assert [(each["field"], each["piece"]) for each in shown[0]["wording"]] == [("theme", "留守儿童")]
    assert (await nation.act("showcaseLesson", lessonId=id_of(draft), reason="试点"))["code"] == "WORDING_NOT_SEEN"
    done = await nation.act(
        "showcaseLesson", "lesson { state }", lessonId=id_of(draft), reason="试点", wordingSeen=True
    )
    assert done["lesson"] == {"state": "SHOWCASE"}


async def test_the_list_is_kept_by_the_nation_and_seen_by_everybody(api: Front, country: Country, words: Any):
    nation, viewer = api.as_(country.nation), api.as_(country.viewer)
    said = {"severity": "BLOCKS", "adviceZh": "请删去。", "adviceEn": "Take it out."}
    added = await nation.act("addLabelWord", "word { id version }", word="某类孩子", **said)
    given = {"wordId": added["word"]["id"], "expectedVersion": 1}
    assert (await viewer.act("retireLabelWord", **given))["code"] == "NOT_PERMITTED"
    retired = await nation.act("retireLabelWord", "word { version retiredAt }", **given)
    assert retired["word"]["retiredAt"]
    seen = (await viewer.ask(WORDS, all=False))["labelWords"]["nodes"]
    assert [(row["word"], row["severity"], row["version"]) for row in seen] == [("留守儿童", "WARNS", 1)]
    assert {can["whyNot"]["code"] for can in seen[0]["viewerCan"]} == {"NOT_PERMITTED"}
    found = {row["word"]: row for row in (await nation.ask(WORDS, all=True))["labelWords"]["nodes"]}
    assert [can["allowed"] for can in found["留守儿童"]["viewerCan"]] == [True, True]
    assert {can["whyNot"]["code"] for can in found["某类孩子"]["viewerCan"]} == {"LABEL_WORD_RETIRED"}


async def test_what_no_second_person_reads_is_looked_through_when_it_is_written(
    api: Front, country: Country, session: AsyncSession
):
    nation = api.as_(country.nation)
    unit, named = id_of(country.tree["nation"]), "天河小学王小明同学"
    draft = await nation.act(
        "createLesson", "lesson { id }", unitId=unit, title="初稿", service="STUDY_HELP", theme="安全", text="课"
    )
    lesson = {"lessonId": draft["lesson"]["id"]}
    revisions = await session.scalars(select(LessonRevision))
    call = await nation.act(
        "openCall", "call { id }", unitId=unit, title="征集", text="征集", closesAt="2099-01-01T00:00:00Z"
    )
    post = (await nation.act("scheduleLesson", "post { id }", **await wish(session, country, "课程")))["post"]["id"]
    goal = {"measure": "PUBLISHED", "target": 1, "since": "2026-01-01", "until": "2026-12-31"}
    aim = (await nation.act("setGoal", "goal { id }", unitId=unit, **goal))["goal"]["id"]
    told = {"title": "分类", "text": "指导"}
    guidance = (await nation.act("writeGuidance", "guidance { id }", unitId=unit, **told))["guidance"]["id"]
    day = {"year": 2031, "source": "通知", "holidays": [{"day": "2031-01-01", "name": "元旦"}]}
    misnamed = [{"day": "2031-01-01", "name": named}]
    acts: list[tuple[str, dict[str, Any], list[str]]] = [
        ("setGoal", {"unitId": unit, **goal, "note": named}, ["note"]),
        ("editGoal", {"goalId": aim, "expectedVersion": 1, **goal, "note": named}, ["note"]),
        ("writeGuidance", {"unitId": unit, **told, "title": named}, ["title"]),
        ("editGuidance", {"guidanceId": guidance, "expectedVersion": 1, **told, "text": named}, ["text"]),
        ("addHolidays", day | {"source": named}, ["source"]),
        ("addHolidays", day | {"holidays": misnamed}, ["holidays", "0", "name"]),
        ("addHolidays", day | {"workdays": [misnamed[0] | {"day": "2031-01-02"}]}, ["workdays", "0", "name"]),
        ("eraseRevision", {"revisionId": id_of(revisions.one()), "reason": named}, ["reason"]),
        ("discardLesson", lesson | {"reason": named}, ["reason"]),
        ("reopenReviews", {"callId": call["call"]["id"], "reason": named}, ["reason"]),
        ("holdPost", {"postId": post, "reason": named}, ["reason"]),
        ("withdrawApproval", {"postId": post, "reason": named}, ["reason"]),
        ("orderSilence", {"unitId": unit, "reason": named}, ["reason"]),
    ]
    for act, given, path in acts:
        refused = await nation.act(act, **given)
        assert (act, refused.get("code"), refused.get("path")) == (act, "WORDING_BLOCKS", path)


async def test_the_audit_log_keeps_why_a_draft_was_discarded_and_not_the_note_of_a_goal(api: Front, country: Country):
    nation = api.as_(country.nation)
    unit = id_of(country.tree["nation"])
    goal = {"unitId": unit, "measure": "PUBLISHED", "target": 1, "since": "2026-01-01", "until": "2026-12-31"}
    await nation.act("setGoal", "goal { id }", **goal, note="说明")
    draft = await nation.act(
        "createLesson", "lesson { id }", unitId=unit, title="初稿", service="STUDY_HELP", theme="安全", text="课"
    )
    await nation.act("discardLesson", "revisions", lessonId=draft["lesson"]["id"], reason="写错了")
    entries = (await nation.ask("{ auditEntries(last: 9) { nodes { act details { name } } } }"))["auditEntries"][
        "nodes"
    ]
    kept = {entry["act"]: {each["name"] for each in entry["details"]} for entry in entries}
    assert "target" in kept["setGoal"]
    assert "note" not in kept["setGoal"]
    assert kept["discardLesson"] == {"lessonId", "reason"}
