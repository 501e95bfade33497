"""A front end shows what is in trouble: each in plain words, grouped by cause, with what to do about it."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.posts.models import Hold, Post
from domain.terms import DeliveryState as State
from domain.terms import HoldReason
from schema._base import global_id
from tests.factories.api import Country, Front, id_of
from tests.factories.deliveries import add_post
from tests.factories.posts import add_lesson, schedule
from tests.factories.units import NOW

TROUBLE = "trouble { code messageZh messageEn remedyZh remedyEn isRetried retriedAt }"
SETTLED = "settled remaining refused { count problem { code messageZh messageEn } }"
TROUBLES = f"""query($within: ID, $post: ID, $campaign: ID, $since: DateTime) {{
  troubles(withinId: $within, postId: $post, campaignId: $campaign, since: $since) {{
    state count oldest newest {TROUBLE}
    sampleDeliveries {{ id state account {{ screenName unit {{ name }} }} }} }} }}"""


@pytest.fixture
async def post(session: AsyncSession, country: Country) -> Post:
    """A post to every account, with something the matter with each but the first."""
    scheduled = await schedule(session, country.tree, await add_lesson(session, country.tree))
    first, second, *others = scheduled.deliveries
    second.state, second.problem, second.problem_detail = State.FAILED, "CONTENT_REJECTED", "20021: no"
    for row in others:
        row.state = State.HELD
        session.add(Hold(id=new_id(), delivery_id=row.id, reason=HoldReason.SILENCED, since=NOW))
    first.problem = "RATE_LIMITED"
    await session.commit()
    return scheduled.post


async def test_a_delivery_tells_its_trouble_in_both_languages(api: Front, country: Country, post: Post):
    document = f"""query($id: ID!) {{ deliveries(postId: $id) {{ nodes {{ state {TROUBLE}
      holds {{ nodes {{ reason {TROUBLE} }} }} }} }} }}"""
    rows = (await api.as_(country.nation).ask(document, id=id_of(post)))["deliveries"]["nodes"]
    limited, failed, *held = rows
    assert (limited["trouble"]["code"], limited["trouble"]["isRetried"]) == ("RATE_LIMITED", True)
    assert limited["trouble"]["retriedAt"] is not None
    assert failed["trouble"] == {
        "code": "CONTENT_REJECTED",
        "messageZh": "平台审核未通过该内容,没有发出。",
        "messageEn": "The platform refuses the content; nothing was sent.",
        "remedyZh": "请改写内容后另行发布;平台已放宽限制的,可对此类失败统一重试。",
        "remedyEn": "Schedule the post again with other words; if the platform has changed its mind, "
        "retry all failures of this kind.",
        "isRetried": False,
        "retriedAt": None,
    }
    for row in held:
        assert row["trouble"] is None
        (hold,) = row["holds"]["nodes"]
        assert (hold["reason"], hold["trouble"]["code"]) == ("SILENCED", "SILENCED")
        assert hold["trouble"]["remedyZh"].startswith("无需操作")


async def test_troubles_are_grouped_by_cause_with_a_few_of_each(api: Front, country: Country, post: Post):
    held, rejected, limited = (await api.as_(country.nation).ask(TROUBLES, post=id_of(post)))["troubles"]
    assert (held["state"], held["count"], held["trouble"]["code"]) == ("HELD", 6, "SILENCED")
    assert len(held["sampleDeliveries"]) == 5
    assert (rejected["state"], rejected["count"], limited["count"]) == ("FAILED", 1, 1)
    (sample,) = rejected["sampleDeliveries"]
    assert sample["state"] == "FAILED"
    assert sample["account"]["screenName"] == f"{sample['account']['unit']['name']} account"
    assert rejected["oldest"] == rejected["newest"]


async def test_they_are_narrowed_to_reach_unit_post_and_time(
    api: Front, country: Country, session: AsyncSession, post: Post
):
    async def counted(front: Front, **given: Any) -> int:
        return sum(group["count"] for group in (await front.ask(TROUBLES, **given))["troubles"])

    nation, county = api.as_(country.nation), api.as_(country.county)
    assert (await counted(nation), await counted(county)) == (8, 1)
    other = await add_post(session, country.tree, await add_lesson(session, country.tree))
    assert await counted(nation, post=id_of(other)) == 0
    assert await counted(nation, campaign=global_id("Campaign", new_id())) == 0
    assert await counted(nation, since="2200-01-01T00:00:00Z") == 0
    within = await counted(nation, within=id_of(country.tree["east"]))
    assert 0 < within < 8
    error = await county.error(TROUBLES, within=id_of(country.tree["west"]))
    assert error["extensions"]["code"] == "NOT_FOUND"
    assert (await api.error(TROUBLES))["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_group_is_settled_by_what_names_it_with_a_preview(api: Front, country: Country, post: Post):
    nation = api.as_(country.nation)
    group = (await nation.ask(TROUBLES))["troubles"][1]
    given = {"state": group["state"], "problem": group["trouble"]["code"], "settlement": "SEND_AGAIN"}
    for preview in (True, False):
        answer = await nation.act("settleDeliveries", SETTLED, **given, postId=id_of(post), preview=preview)
        assert (answer["settled"], answer["remaining"], answer["refused"]) == (group["count"], 0, [])
    assert group["trouble"]["code"] not in {g["trouble"]["code"] for g in (await nation.ask(TROUBLES))["troubles"]}


async def test_what_is_refused_of_a_group_is_told_by_its_reason(api: Front, country: Country, post: Post):
    nation = api.as_(country.nation)
    assert (await nation.act("cancelPost", "cancelled", postId=id_of(post)))["cancelled"] == 7
    given = {"state": "FAILED", "problem": "CONTENT_REJECTED", "settlement": "SEND_AGAIN", "postId": id_of(post)}
    # The same key answers the same, although a repetition is read from what was kept.
    for _ in range(2):
        answer = await nation.act("settleDeliveries", SETTLED, **given, clientMutationKey="group")
        assert (answer["settled"], answer["remaining"]) == (0, 0)
        (refused,) = answer["refused"]
        assert (refused["count"], refused["problem"]["code"]) == (1, "POST_CANCELLED")
        assert refused["problem"]["messageZh"] != refused["problem"]["messageEn"]
