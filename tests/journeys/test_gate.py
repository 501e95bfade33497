"""A post on its way through the gate: written by one, approved by another, edited, held, silenced, settled."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.posts.models import Delivery
from domain.terms import DeliveryState, Role
from tests.factories.api import Country, Front, id_of
from tests.factories.gate import keep_gate_once
from tests.factories.posts import add_lesson
from tests.factories.units import add_user

TEXT, NEW = "示范课程推介", "更正后的推介"
SETTLED = "settled remaining refused { count problem { code } }"
AWAITING = "{ posts(awaitingApproval: true) { totalCount nodes { id text version } } }"
POST = """query($id: ID!) { node(id: $id) { ... on Post {
  text version revision isApproved heldAt heldReason lateness lateAfterSeconds
  gate { reason count } states { state count } approvals { nodes { revision withdrawnAt withdrawnReason by { name } } }
  deliveries { nodes { id text state holds { nodes { reason liftedAt } } viewerCan { act allowed whyNot { code } } } }
  viewerCan { act allowed whyNot { code } } } } }"""
SILENCES = "{ silences { nodes { reason liftedAt unit { name } viewerCan { act allowed whyNot { code } } } } }"


@pytest.fixture
async def second(session: AsyncSession, country: Country) -> Any:
    return await add_user(session, country.tree["nation"], Role.ADMINISTRATOR, login="second")


async def schedule(front: Front, session: AsyncSession, country: Country, **given: Any) -> str:
    """A post of the nation to its counties, over the API; its id."""
    lesson = await add_lesson(session, country.tree)
    wish = {"lessonId": id_of(lesson), "unitId": id_of(country.tree["nation"]), "levels": ["COUNTY"], "text": TEXT}
    wish |= {"publishAt": datetime.now(UTC).isoformat()}
    done = await front.act("scheduleLesson", "post { id version isApproved }", **(wish | given))
    assert (done["post"]["version"], done["post"]["isApproved"]) == (1, False)
    return str(done["post"]["id"])


async def seen(front: Front, post: str) -> dict[str, Any]:
    found: dict[str, Any] = (await front.ask(POST, id=post))["node"]
    return found


def told(found: dict[str, Any], act: str) -> str:
    """What somebody is told of an act before trying it: OK, or the code of the refusal."""
    (ability,) = [each for each in found["viewerCan"] if each["act"] == act]
    return "OK" if ability["allowed"] else str(ability["whyNot"]["code"])


async def done_or_code(front: Front, act: str, **given: Any) -> str:
    answer = await front.act(act, **given)
    return str(answer.get("code", "OK"))


async def test_a_post_is_approved_by_a_second_person_and_anew_after_an_edit(
    api: Front, country: Country, session: AsyncSession, second: Any
):
    media, admin = api.as_(country.media), api.as_(second)
    post = await schedule(media, session, country)
    assert (await admin.ask(AWAITING))["posts"]["nodes"] == [{"id": post, "text": TEXT, "version": 1}]
    assert (await seen(admin, post))["gate"] == [{"reason": "NOT_APPROVED", "count": 3}]
    await keep_gate_once(session)
    assert (await seen(media, post))["states"] == [{"state": "HELD", "count": 3}]

    refused = await media.act("approvePost", postId=post, expectedVersion=1)
    assert (refused["code"], refused["path"]) == ("NOT_PERMITTED", ["postId"])
    shown = "post { isApproved approvals { nodes { by { name } } } }"
    approved = await admin.act("approvePost", shown, postId=post, expectedVersion=1)
    assert approved["post"] == {"isApproved": True, "approvals": {"nodes": [{"by": {"name": "Second"}}]}}
    assert (await admin.ask(AWAITING))["posts"]["totalCount"] == 0
    await keep_gate_once(session)
    found = await seen(media, post)
    assert (found["states"], found["gate"]) == ([{"state": "SCHEDULED", "count": 3}], [])
    assert {hold["reason"] for row in found["deliveries"]["nodes"] for hold in row["holds"]["nodes"]} == {
        "NOT_APPROVED"
    }
    assert all(hold["liftedAt"] for row in found["deliveries"]["nodes"] for hold in row["holds"]["nodes"])

    stale = await media.act("editPost", postId=post, expectedVersion=7, text=NEW)
    assert (stale["code"], stale["path"]) == ("EDITED_MEANWHILE", ["expectedVersion"])
    preview = await media.act("editPost", "changed tooLate", postId=post, expectedVersion=1, text=NEW, preview=True)
    assert (preview["changed"], preview["tooLate"]) == (3, 0)
    assert (await seen(media, post))["text"] == TEXT
    shown = "changed tooLate post { text version revision isApproved }"
    edited = await media.act("editPost", shown, postId=post, expectedVersion=1, text=NEW)
    assert (edited["changed"], edited["tooLate"]) == (3, 0)
    assert edited["post"] == {"text": NEW, "version": 2, "revision": 2, "isApproved": False}
    assert (await admin.ask(AWAITING))["posts"]["totalCount"] == 1
    assert {row["text"][: len(NEW)] for row in (await seen(media, post))["deliveries"]["nodes"]} == {NEW}
    assert (await admin.act("approvePost", postId=post, expectedVersion=1))["code"] == "EDITED_MEANWHILE"
    assert await done_or_code(admin, "approvePost", postId=post, expectedVersion=2) == "OK"
    assert await done_or_code(admin, "withdrawApproval", postId=post, reason="用词不妥") == "OK"
    approvals = (await seen(media, post))["approvals"]["nodes"]
    assert sorted((row["revision"], row["withdrawnReason"]) for row in approvals if row["withdrawnAt"]) == [
        (2, "用词不妥")
    ]
    assert {row["revision"] for row in approvals} == {1, 2}


async def test_an_administrator_does_not_approve_what_they_wrote_and_is_told_so_before(
    api: Front, country: Country, session: AsyncSession, second: Any
):
    author, other = api.as_(country.nation), api.as_(second)
    post = await schedule(author, session, country)
    for front, code in ((author, "APPROVER_IS_AUTHOR"), (other, "OK"), (api.as_(country.media), "NOT_PERMITTED")):
        assert told(await seen(front, post), "approvePost") == code
        assert await done_or_code(front, "approvePost", postId=post, expectedVersion=1) == code
    # Whoever gave it its text is its author too.
    assert await done_or_code(other, "editPost", postId=post, expectedVersion=1, text=NEW) == "OK"
    assert told(await seen(other, post), "approvePost") == "APPROVER_IS_AUTHOR"
    assert await done_or_code(other, "approvePost", postId=post, expectedVersion=2) == "APPROVER_IS_AUTHOR"


async def test_what_is_done_already_or_too_late_is_said_before(
    api: Front, country: Country, session: AsyncSession, second: Any
):
    media, other = api.as_(country.media), api.as_(second)
    post = await schedule(media, session, country)

    async def both(front: Front, act: str, code: str, **given: Any) -> None:
        """What is told of an act and what it answers is the same."""
        assert told(await seen(front, post), act) == code
        assert await done_or_code(front, act, postId=post, **given) == code

    await both(other, "withdrawApproval", "POST_NOT_APPROVED", reason="用词不妥")
    await both(other, "approvePost", "OK", expectedVersion=1)
    await both(other, "approvePost", "POST_APPROVED", expectedVersion=1)
    await both(media, "editPost", "OK", expectedVersion=1, lateness="HOLD")
    gone = update(Delivery).values(state=DeliveryState.PUBLISHED)
    await session.execute(gone.execution_options(synchronize_session=False))
    await session.commit()
    await both(media, "editPost", "NOTHING_LEFT_TO_EDIT", expectedVersion=2, lateness="SEND")
    await both(other, "withdrawApproval", "OK", reason="用词不妥")


async def test_a_post_is_held_back_and_let_go_and_what_may_be_done_is_said_before(
    api: Front, country: Country, session: AsyncSession
):
    media, county = api.as_(country.media), api.as_(country.viewer)
    post = await schedule(media, session, country)

    async def both(front: Front, act: str, **given: Any) -> str:
        """What is told of an act and what it answers, which is the same."""
        before = told(await seen(front, post), act)
        assert await done_or_code(front, act, postId=post, **given) == before, act
        return before

    assert await both(media, "releasePost") == "POST_NOT_HELD"
    assert await both(media, "holdPost", reason="核对") == "OK"
    found = await seen(media, post)
    assert (found["heldReason"], found["heldAt"] is None) == ("核对", False)
    assert {"reason": "HELD_BY_PERSON", "count": 3} in found["gate"]
    assert await both(media, "holdPost", reason="再核对") == "POST_HELD"
    assert await both(media, "releasePost") == "OK"
    assert await both(media, "editPost", expectedVersion=1, lateness="MISS", lateAfterSeconds=600) == "OK"
    assert [(await seen(media, post))[name] for name in ("lateness", "lateAfterSeconds")] == ["MISS", 600]
    assert await both(media, "cancelPost") == "OK"
    assert await both(media, "holdPost", reason="核对") == "POST_CANCELLED"
    assert await both(media, "editPost", expectedVersion=2, text=NEW) == "POST_CANCELLED"
    assert await both(api.as_(country.nation), "approvePost", expectedVersion=2) == "POST_CANCELLED"
    assert await both(api.as_(country.nation), "withdrawApproval", reason="用词不妥") == "POST_CANCELLED"
    # Whoever sees one of its deliveries only does not see the post by itself.
    assert await seen(county, post) is None
    assert await done_or_code(county, "holdPost", postId=post, reason="核对") == "NOT_FOUND"


async def test_one_order_silences_a_province_until_it_is_lifted(
    api: Front, country: Country, session: AsyncSession, second: Any
):
    media, admin = api.as_(country.media), api.as_(second)
    post = await schedule(media, session, country)
    assert await done_or_code(admin, "approvePost", postId=post, expectedVersion=1) == "OK"
    unit = {"unitId": id_of(country.tree["east"])}
    assert await done_or_code(media, "orderSilence", **unit, reason="哀悼日") == "NOT_PERMITTED"
    ordered = await admin.act("orderSilence", "silence { id unit { name } liftedAt }", **unit, reason="哀悼日")
    silence = ordered["silence"]
    assert (silence["unit"], silence["liftedAt"]) == ({"name": "east"}, None)
    assert await done_or_code(admin, "orderSilence", **unit, reason="哀悼日") == "SILENCE_THERE"
    await keep_gate_once(session)
    found = await seen(admin, post)
    assert found["gate"] == [{"reason": "SILENCED", "count": 2}]
    assert found["states"] == [{"state": "SCHEDULED", "count": 1}, {"state": "HELD", "count": 2}]
    # A county of the province sees the order over its own units alone.
    assert [row["unit"]["name"] for row in (await admin.ask(SILENCES))["silences"]["nodes"]] == ["east"]
    assert (await api.as_(country.county).ask(SILENCES))["silences"]["nodes"] == []

    for front, code in ((media, "NOT_PERMITTED"), (admin, "OK")):
        (listed,) = (await front.ask(SILENCES))["silences"]["nodes"]
        assert told(listed, "liftSilence") == code
        lifted = await front.act("liftSilence", "released silence { liftedAt }", silenceId=silence["id"])
        assert lifted.get("code", "OK") == code
    assert lifted["released"] == 2
    (listed,) = (await admin.ask(SILENCES))["silences"]["nodes"]
    assert told(listed, "liftSilence") == "SILENCE_LIFTED"
    assert await done_or_code(admin, "liftSilence", silenceId=silence["id"]) == "SILENCE_LIFTED"
    assert (await seen(admin, post))["states"] == [{"state": "SCHEDULED", "count": 3}]


async def test_a_person_settles_what_nobody_could_prove_and_tries_again_what_failed(
    api: Front, country: Country, session: AsyncSession
):
    media, viewer = api.as_(country.media), api.as_(country.viewer)
    post = await schedule(media, session, country)
    rows = list((await session.execute(select(Delivery).order_by(Delivery.due_at, Delivery.id))).scalars())
    for row, state in zip(rows, (DeliveryState.NEEDS_PERSON, DeliveryState.FAILED, DeliveryState.FAILED), strict=True):
        changed = update(Delivery).where(Delivery.id == row.id).values(state=state, problem="INVALID")
        await session.execute(changed.execution_options(synchronize_session=False))
    await session.commit()
    unclear = {row["id"]: row for row in (await seen(media, post))["deliveries"]["nodes"]}[id_of(rows[0])]
    assert (unclear["state"], told(unclear, "settleDelivery")) == ("NEEDS_PERSON", "OK")
    given = {"deliveryId": unclear["id"], "settlement": "PUBLISHED"}
    assert (await media.act("settleDelivery", **given))["code"] == "LINK_NEEDED"
    assert await done_or_code(viewer, "settleDelivery", **given) in {"NOT_PERMITTED", "NOT_FOUND"}
    link = "https://weibo.com/1/5012345678901234"
    able = "viewerCan { act allowed whyNot { code } }"
    shown = f"delivery {{ state hostUrl publishedAt attempts {{ nodes {{ kind event }} }} {able} }}"
    settled = (await media.act("settleDelivery", shown, **given, link=link))["delivery"]
    assert (settled["state"], settled["hostUrl"]) == ("PUBLISHED", link)
    assert settled["attempts"]["nodes"] == [{"kind": "PERSON", "event": "PERSON_FOUND"}]
    assert told(settled, "settleDelivery") == "NOT_FOR_A_PERSON"
    assert await done_or_code(media, "settleDelivery", **given, link=link) == "NOT_FOR_A_PERSON"
    group = {"postId": post, "state": "FAILED", "problem": "INVALID", "settlement": "SEND_AGAIN"}
    answer = await media.act("settleDeliveries", SETTLED, **group)
    assert (answer["settled"], answer["remaining"], answer["refused"]) == (2, 0, [])
    states = {row["state"]: row["count"] for row in (await seen(media, post))["states"]}
    assert states == {"SCHEDULED": 2, "PUBLISHED": 1}
