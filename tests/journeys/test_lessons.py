"""A lesson on its way: written, nominated, reviewed blind, polished, showcased, adapted and taught."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.audit.models import AuditEntry
from domain.lessons.commands import add_themes
from domain.lessons.models import LessonCall
from domain.terms import FiveGood, Role
from tests.factories.api import Country, Front, id_of
from tests.factories.units import add_user

PLAN = {
    "ageLeast": 8,
    "ageMost": 12,
    "minutes": 40,
    "goals": ["会说六个不"],
    "steps": [{"title": "看短片", "minutes": 10, "materials": ["短片"]}, {"title": "画地图", "minutes": 20}],
    "contentGuidance": ["WATER"],
    "supervision": "CLOSE",
    "licence": "CC_BY",
    "sources": [{"title": "防溺水六不", "origin": "公开宣传资料"}],
}
GIVEN = {
    "title": "防溺水",
    "service": "SELF_PROTECTION",
    "text": "看短片,记六个不。",
    "authors": "北县支教队",
    "plan": PLAN,
}
SHOWN = "lesson { id state revision chosenRevision version title text }"
AUDIT = "query($act: String) { auditEntries(act: $act, last: 5) { nodes { unitId details { name } } } }"


async def written(front: Front, country: Country, unit: str, **fields: Any) -> dict[str, Any]:
    done = await front.act("createLesson", SHOWN, unitId=id_of(country.tree[unit]), **(GIVEN | fields))
    lesson: dict[str, Any] = done["lesson"]
    return lesson


async def showcased(api: Front, country: Country) -> dict[str, Any]:
    lesson = await written(api.as_(country.media), country, "nation")
    done = await api.as_(country.nation).act("showcaseLesson", SHOWN, lessonId=lesson["id"], reason="试点")
    shown: dict[str, Any] = done["lesson"]
    return shown


async def test_what_a_plan_says_is_shown_to_everybody_and_its_authors_are_not(api: Front, country: Country):
    lesson = await showcased(api, country)
    plan = """plan { ageLeast ageMost minutes goals keyPoints steps { title minutes text materials } materials
      safetyNote supervision contentGuidance licence sources { title origin } }"""
    found = await api.ask(
        f"query($id: ID!) {{ node(id: $id) {{ ... on Lesson {{ title {plan} }} }} }}", id=lesson["id"]
    )
    shown = found["node"]["plan"]
    assert (shown["ageLeast"], shown["minutes"], shown["goals"], shown["keyPoints"]) == (8, 40, ["会说六个不"], [])
    assert shown["steps"] == [
        {"title": "看短片", "minutes": 10, "text": "", "materials": ["短片"]},
        {"title": "画地图", "minutes": 20, "text": "", "materials": []},
    ]
    assert (shown["supervision"], shown["contentGuidance"], shown["licence"]) == ("CLOSE", ["WATER"], "CC_BY")
    for field in ("authors", "revisions { totalCount }", "practices { totalCount }", "practiced { children }"):
        document = f"query($id: ID!) {{ node(id: $id) {{ ... on Lesson {{ {field} }} }} }}"
        assert (await api.error(document, id=lesson["id"]))["extensions"]["code"] == "UNAUTHENTICATED"


async def test_the_public_reads_what_was_showcased_until_the_next_revision_is(api: Front, country: Country):
    lesson = await showcased(api, country)
    media, nation, county = (api.as_(person) for person in (country.media, country.nation, country.county))
    edited = await media.act("editLesson", SHOWN, lessonId=lesson["id"], expectedVersion=1, text="看短片,记八个不。")
    assert (edited["lesson"]["state"], edited["lesson"]["revision"], edited["lesson"]["version"]) == ("SHOWCASE", 1, 2)
    read = "query($id: ID!) { node(id: $id) { ... on Lesson { text } } }"
    assert (await api.ask(read, id=lesson["id"]))["node"] == {"text": "看短片,记六个不。"}
    kept = "query($id: ID!) { node(id: $id) { ... on Lesson { revisions { nodes { number content { text } } } } } }"
    assert [row["number"] for row in (await nation.ask(kept, id=lesson["id"]))["node"]["revisions"]["nodes"]] == [1, 2]
    # Everybody sees the showcase lesson, and not what it may say next.
    assert (await county.ask(kept, id=lesson["id"]))["node"] == {"revisions": {"nodes": []}}
    diff = "query($id: ID!) { lessonDiff(lessonId: $id, from: 1, to: 2) { field runs { kind text } } }"
    (change,) = (await nation.ask(diff, id=lesson["id"]))["lessonDiff"]
    assert [run["text"] for run in change["runs"] if run["kind"] != "KEPT"] == ["六", "八"]
    assert (await county.error(diff, id=lesson["id"]))["extensions"]["code"] == "NOT_FOUND"
    refused = await media.act("showcaseLesson", SHOWN, lessonId=lesson["id"], reason="试点")
    assert refused["code"] == "NOT_PERMITTED"
    await nation.act("showcaseLesson", SHOWN, lessonId=lesson["id"], reason="试点", expectedVersion=2)
    assert (await api.ask(read, id=lesson["id"]))["node"] == {"text": "看短片,记八个不。"}
    taken = await nation.act("withdrawLesson", SHOWN, lessonId=lesson["id"], reason="内容有误")
    assert taken["lesson"]["state"] == "WITHDRAWN"
    assert (await api.ask(read, id=lesson["id"]))["node"] is None


async def test_what_waits_to_be_showcased_and_who_made_it_is_for_those_who_view_the_lessons_of_the_unit(
    api: Front, country: Country
):
    lesson = await showcased(api, country)
    media, county = api.as_(country.media), api.as_(country.county)
    await media.act("editLesson", SHOWN, lessonId=lesson["id"], expectedVersion=1, text="致电 13812345678。")
    read = "query($id: ID!) { node(id: $id) { ... on Lesson { text authors wording { piece } } } }"
    assert (await media.ask(read, id=lesson["id"]))["node"] == {
        "text": "看短片,记六个不。",
        "authors": "北县支教队",
        "wording": [{"piece": "13812345678"}],
    }
    assert (await county.ask(read, id=lesson["id"]))["node"] == {
        "text": "看短片,记六个不。",
        "authors": None,
        "wording": [],
    }


async def test_an_adaptation_names_what_it_was_made_of_also_to_the_public(
    api: Front, country: Country, session: AsyncSession
):
    lesson = await showcased(api, country)
    county = api.as_(country.county)
    copy = await county.act("adaptLesson", SHOWN, lessonId=lesson["id"], unitId=id_of(country.tree["north county"]))
    assert (copy["lesson"]["state"], copy["lesson"]["title"]) == ("DRAFT", "防溺水")
    chief = await add_user(session, country.tree["north county"], login="chief")
    await api.as_(chief).act("showcaseLesson", SHOWN, lessonId=copy["lesson"]["id"], reason="试点")
    read = "query($id: ID!) { node(id: $id) { ... on Lesson { adaptedFrom { lessonId revision title unit } } } }"
    origin = (await api.ask(read, id=copy["lesson"]["id"]))["node"]["adaptedFrom"]
    assert origin == {"lessonId": lesson["id"], "revision": 1, "title": "防溺水", "unit": "nation"}
    assert (await api.ask(read, id=lesson["id"]))["node"] == {"adaptedFrom": None}
    made = "query($id: ID!) { node(id: $id) { ... on Lesson { adaptations { totalCount nodes { id } } } } }"
    listed = (await api.as_(country.nation).ask(made, id=lesson["id"]))["node"]["adaptations"]
    assert listed == {"totalCount": 1, "nodes": [{"id": copy["lesson"]["id"]}]}


async def test_a_draft_that_says_too_much_leaves_nothing_but_that_it_was_discarded(
    api: Front, country: Country, session: AsyncSession
):
    media = api.as_(country.media)
    draft = await written(media, country, "nation", text="王小明的事。")
    edited = await media.act("editLesson", SHOWN, lessonId=draft["id"], expectedVersion=1, text="一位同学的事。")
    assert edited["lesson"]["version"] == 2
    assert (await media.act("discardLesson", "revisions", lessonId=draft["id"], reason="误建"))["revisions"] == 2
    read = "query($id: ID!) { node(id: $id) { id } }"
    assert (await media.ask(read, id=draft["id"]))["node"] is None
    nation = id_of(country.tree["nation"])
    rows = await session.execute(select(AuditEntry.act, AuditEntry.details).order_by(AuditEntry.id))
    assert [(row.act, row.details) for row in rows] == [
        ("createLesson", {"unitId": nation, "service": "SELF_PROTECTION", "theme": "", "attachments": []}),
        ("editLesson", {"lessonId": draft["id"], "expectedVersion": 1}),
        ("discardLesson", {"lessonId": draft["id"], "reason": "误建"}),
    ]


async def test_what_an_earlier_revision_said_is_erased_and_the_diff_says_so(api: Front, country: Country):
    media, nation = api.as_(country.media), api.as_(country.nation)
    draft = await written(media, country, "nation", text="王小明的事。")
    await media.act("editLesson", SHOWN, lessonId=draft["id"], expectedVersion=1, text="一位同学的事。")
    kept = "query($id: ID!) { node(id: $id) { ... on Lesson { revisions { nodes { id content { text } } } } } }"
    first, _ = (await nation.ask(kept, id=draft["id"]))["node"]["revisions"]["nodes"]
    given = {"revisionId": first["id"], "reason": "写有儿童姓名"}
    assert (await media.act("eraseRevision", **given))["code"] == "NOT_PERMITTED"
    done = await nation.act("eraseRevision", "revision { number erasedAt content { text } }", **given)
    assert (done["revision"]["number"], done["revision"]["content"]) == (1, None)
    diff = "query($id: ID!) { lessonDiff(lessonId: $id, from: 1, to: 2) { field } }"
    assert (await nation.error(diff, id=draft["id"]))["extensions"]["code"] == "REVISION_ERASED"


async def nominated(
    api: Front, country: Country, session: AsyncSession, lesson: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A call of the nation that is over, and a lesson of the county nominated into it."""
    nation, county = api.as_(country.nation), api.as_(country.county)
    closes = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    called = await nation.act(
        "openCall",
        "call { id state }",
        unitId=id_of(country.tree["nation"]),
        title="征集",
        text="欢迎推荐。",
        closesAt=closes,
    )
    call = called["call"]
    assert call["state"] == "OPEN"
    given = {"lessonId": lesson["id"], "callId": call["id"], "unitId": id_of(country.tree["north county"])}
    done = await county.act("nominateLesson", "nomination { id lesson { state } call { title } }", **given)
    assert done["nomination"]["lesson"] == {"state": "NOMINATED"}
    await session.execute(update(LessonCall).values(closes_at=datetime.now(UTC) - timedelta(seconds=1)))
    await session.commit()
    return call, done["nomination"]


async def test_a_county_lesson_is_nominated_reviewed_blind_polished_and_showcased(
    api: Front, country: Country, session: AsyncSession
):
    nation, county = api.as_(country.nation), api.as_(country.county)
    lesson = await written(county, country, "north county")
    call, given = await nominated(api, country, session, lesson)
    reviewer = await add_user(session, country.tree["far county"], Role.VIEWER, login="reviewer")
    nomination = {"nominationId": given["id"]}
    await nation.act(
        "assignReviewers", "nomination { progress { assigned } }", **nomination, reviewerIds=[id_of(reviewer)]
    )
    mine = """{ reviews(toScore: true) { nodes { id scores { good } lesson { title text plan { goals } }
      call { callId title scoreBy } viewerCan { act allowed } } } nominations { totalCount } }"""
    own = await api.as_(reviewer).ask(mine)
    (review,) = own["reviews"]["nodes"]
    assert (review["lesson"]["title"], review["scores"]) == ("防溺水", [])
    assert review["call"] == {"callId": call["id"], "title": "征集", "scoreBy": None}
    assert review["viewerCan"] == [{"act": "scoreReview", "allowed": True}]
    assert own["nominations"] == {"totalCount": 0}
    assert (await nation.ask("{ reviews { totalCount } }"))["reviews"] == {"totalCount": 0}
    scores = [{"good": good.value, "score": 5, "remark": "好"} for good in FiveGood]
    scored = await api.as_(reviewer).act(
        "scoreReview", "review { scores { good score } }", reviewId=review["id"], scores=scores
    )
    assert scored["review"]["scores"] == [{"good": good.value, "score": 5} for good in FiveGood]
    assert (await api.as_(reviewer).ask(mine))["reviews"]["nodes"] == []

    told = "progress { assigned scored } results { good mean count }"
    result = f"query($id: ID!) {{ node(id: $id) {{ ... on Nomination {{ {told} }} }} }}"
    before = (await county.ask(result, id=nomination["nominationId"]))["node"]
    assert before == {"progress": {"assigned": 1, "scored": 1}, "results": []}
    await nation.act("closeReviews", "call { reviewsClosedAt }", callId=call["id"])
    after = (await county.ask(result, id=nomination["nominationId"]))["node"]
    assert after["results"] == [{"good": good.value, "mean": 5.0, "count": 1} for good in FiveGood]
    able = "query($id: ID!) { node(id: $id) { ... on Nomination { viewerCan { act allowed whyNot { code } } } } }"
    acts = {one["act"]: one for one in (await nation.ask(able, id=nomination["nominationId"]))["node"]["viewerCan"]}
    assert acts["decideNomination"] == {"act": "decideNomination", "allowed": True, "whyNot": None}
    assert acts["withdrawNomination"]["allowed"]
    ordered = "query($id: ID!) { callResults(callId: $id) { nominationId title mean count } }"
    (best,) = (await nation.ask(ordered, id=call["id"]))["callResults"]
    assert best == {"nominationId": nomination["nominationId"], "title": "防溺水", "mean": 5.0, "count": 1}
    assert (await county.error(ordered, id=call["id"]))["extensions"]["code"] == "NOT_FOUND"
    await nation.act("decideNomination", "nomination { outcome }", **nomination, isChosen=True)
    polished = await county.act("editLesson", SHOWN, lessonId=lesson["id"], expectedVersion=1, text="打磨后的教案。")
    assert polished["lesson"]["state"] == "POLISHING"
    unsaid = await nation.act("showcaseLesson", SHOWN, lessonId=lesson["id"])
    assert (unsaid["code"], unsaid["path"]) == ("SHOWCASE_CHANGED", ["reason"])
    shown = await nation.act("showcaseLesson", SHOWN, lessonId=lesson["id"], reason="按评审意见重写")
    assert (shown["lesson"]["state"], shown["lesson"]["text"]) == ("SHOWCASE", "打磨后的教案。")
    assert (shown["lesson"]["chosenRevision"], shown["lesson"]["revision"]) == (1, 2)


async def test_the_log_says_that_a_lesson_was_reviewed_and_neither_by_whom_nor_how(
    api: Front, country: Country, session: AsyncSession
):
    nation, county = api.as_(country.nation), api.as_(country.county)
    _, given = await nominated(api, country, session, await written(county, country, "north county"))
    reviewer = await add_user(session, country.tree["far county"], Role.VIEWER, login="reviewer")
    asked = {"nominationId": given["id"], "reviewerIds": [id_of(reviewer)]}
    await nation.act("assignReviewers", "changed", **asked)
    (review,) = (await api.as_(reviewer).ask("{ reviews { nodes { id } } }"))["reviews"]["nodes"]
    scores = [{"good": good.value, "score": 5, "remark": "好"} for good in FiveGood]
    await api.as_(reviewer).act("scoreReview", "review { id }", reviewId=review["id"], scores=scores)
    for act, unit, name in (
        ("assignReviewers", id_of(country.tree["nation"]), "nominationId"),
        ("scoreReview", None, "reviewId"),
    ):
        logged = (await nation.ask(AUDIT, act=act))["auditEntries"]["nodes"]
        assert logged == [{"unitId": unit, "details": [{"name": name}]}]
        # It is decided at the unit that calls: whoever nominated does not read it.
        assert (await county.ask(AUDIT, act=act))["auditEntries"]["nodes"] == []


async def test_a_call_is_edited_and_its_reviews_are_taken_back_and_opened_again(
    api: Front, country: Country, session: AsyncSession
):
    nation, county = api.as_(country.nation), api.as_(country.county)
    call, given = await nominated(api, country, session, await written(county, country, "north county"))
    reviewer = await add_user(session, country.tree["far county"], Role.VIEWER, login="reviewer")
    asked = {"nominationId": given["id"], "reviewerIds": [id_of(reviewer)]}
    read = "query($id: ID!) { node(id: $id) { ... on LessonCall { title text closesAt version } } }"
    seen = (await nation.ask(read, id=call["id"]))["node"]
    late = seen | {"scoreBy": (datetime.now(UTC) + timedelta(days=9)).isoformat(), "callId": call["id"]}
    late["expectedVersion"] = late.pop("version")
    edited = await nation.act("editCall", "call { version scoreBy }", **late)
    assert edited.get("call") == {"version": 2, "scoreBy": late["scoreBy"]}
    for act in ("assignReviewers", "unassignReviewers"):
        assert (await nation.act(act, "changed nomination { id }", **asked))["changed"] == 1
    assert (await api.as_(reviewer).ask("{ reviews { totalCount } }"))["reviews"] == {"totalCount": 0}
    await nation.act("closeReviews", "call { id }", callId=call["id"])
    opened = await nation.act("reopenReviews", "call { reviewsClosedAt }", callId=call["id"], reason="误操作")
    assert opened["call"] == {"reviewsClosedAt": None}
    taken = await county.act("withdrawNomination", "nomination { outcome }", nominationId=given["id"])
    assert taken["nomination"] == {"outcome": "WITHDRAWN"}


async def test_a_lesson_taught_is_counted_listed_and_hinted_at_when_it_is_recorded_again(api: Front, country: Country):
    lesson = await showcased(api, country)
    county, north = api.as_(country.county), id_of(country.tree["north county"])
    taught = {"lessonId": lesson["id"], "unitId": north, "taughtOn": "2026-05-20"}
    numbers = {"classes": 1, "children": 3, "classHours": 2}
    first = await county.act("recordPractice", "practice { id } hint { code }", **taught, **numbers)
    assert first["hint"] is None
    asked = "query($within: ID!) { practiceTotals(withinId: $within) { practices units children classHours } }"
    found = (await county.ask(asked, within=north))["practiceTotals"]
    assert found == {"practices": 1, "units": 1, "children": 3, "classHours": 2}
    read = "query($id: ID!) { node(id: $id) { ... on Lesson { practiced { practices children } } } }"
    assert (await api.as_(country.province).ask(read, id=lesson["id"]))["node"] == {
        "practiced": {"practices": 1, "children": 3}
    }
    again = await county.act("recordPractice", "hint { code messageZh }", **taught, **numbers)
    assert again["hint"] == {"code": "PRACTICE_TWICE", "messageZh": "本机构当日已有 1 条该课程的记录,请核对是否重复。"}
    rows = """query($within: ID!, $lesson: ID!) { practices(withinId: $within, lessonId: $lesson) {
      totalCount nodes { children lesson { title } } } }"""
    listed = (await county.ask(rows, within=north, lesson=lesson["id"]))["practices"]
    assert (listed["totalCount"], listed["nodes"][0]) == (2, {"children": 3, "lesson": {"title": "防溺水"}})
    own = await written(county, country, "north county")
    assert (await county.ask(rows, within=north, lesson=own["id"]))["practices"]["totalCount"] == 0


async def test_lessons_and_campaigns_are_listed_by_unit(api: Front, country: Country):
    shown = await showcased(api, country)
    county, nation = api.as_(country.county), api.as_(country.nation)
    own = await written(county, country, "north county")
    ask = """query($within: ID) { lessons(withinId: $within) { nodes { id } }
      campaigns(withinId: $within) { nodes { title } } }"""
    for front, unit, title in ((nation, "nation", "全国"), (county, "north county", "县里")):
        await front.act("createCampaign", "campaign { id }", unitId=id_of(country.tree[unit]), title=title)
    everything = await county.ask(ask)
    assert [row["id"] for row in everything["lessons"]["nodes"]] == [shown["id"], own["id"]]
    assert [row["title"] for row in everything["campaigns"]["nodes"]] == ["全国", "县里"]
    below = await county.ask(ask, within=id_of(country.tree["north county"]))
    assert below == {"lessons": {"nodes": [{"id": own["id"]}]}, "campaigns": {"nodes": [{"title": "县里"}]}}


async def test_lists_of_words_keep_what_is_said_twice(api: Front, country: Country):
    lesson = await written(api.as_(country.media), country, "nation", plan={**PLAN, "goals": ["跑", "跑"]})
    read = "query($id: ID!) { node(id: $id) { ... on Lesson { plan { goals } } } }"
    assert (await api.as_(country.nation).ask(read, id=lesson["id"]))["node"]["plan"] == {"goals": ["跑", "跑"]}


async def test_themes_are_listed_with_their_year(api: Front, country: Country, session: AsyncSession):
    for since, names in ((2023, ("思想引领", "文明生活")), (2019, ("学业辅导",))):
        await add_themes(session, Actor.operator(), list_name="试验分类", since=since, names=names)
    await session.commit()
    found = await api.as_(country.county).ask("{ themes(first: 100) { nodes { listName since place name } } }")
    assert [
        (row["since"], row["place"], row["name"]) for row in found["themes"]["nodes"] if row["listName"] == "试验分类"
    ] == [
        (2019, 1, "学业辅导"),
        (2023, 1, "思想引领"),
        (2023, 2, "文明生活"),
    ]
