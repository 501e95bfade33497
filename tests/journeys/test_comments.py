"""What was written below posts: who sees it, what is found in it, and how a person's words are erased."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.audit.models import AuditEntry
from domain.engagement.models import Comment
from domain.posts.models import Delivery
from domain.terms import Role, WordingKind
from tests.factories.api import Country, Front, id_of
from tests.factories.deliveries import add_post, add_published
from tests.factories.posts import add_lesson
from tests.factories.units import NOW, add_user

COMMENTS = """query($within: ID, $post: ID, $marked: Boolean = false, $first: Int, $after: String) {
  comments(withinId: $within, postId: $post, marked: $marked, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { text marks delivery { account { screenName } } } } }"""
BELOW = "query($id: ID!) { node(id: $id) { ... on Delivery { comments(first: 2) { totalCount nodes { text } } } } }"


@pytest.fixture
async def deliveries(session: AsyncSession, country: Country) -> dict[str, Delivery]:
    """A post that stands in two counties, with two comments below each, and a marked one below one of them."""
    post = await add_post(session, country.tree, await add_lesson(session, country.tree))
    accounts = {row.screen_name.removesuffix(" account"): row for row in await session.scalars(select(Account))}
    found = {}
    for place, unit in enumerate(("north county", "far county")):
        found[unit] = await add_published(session, post, accounts[unit])
        for number in (1, 2):
            session.add(comment(found[unit], number, f"{unit} {number}", later=10 * number + place))
    session.add(comment(found["far county"], 3, "打***********", later=5, marks=[WordingKind.PHONE]))
    await session.commit()
    return found


def comment(delivery: Delivery, number: int, said: str, *, later: int, marks: Any = ()) -> Comment:
    return Comment(
        delivery_id=delivery.id,
        host_comment_id=str(number),
        author_uid=f"7{number}",
        author_name=f"模拟读者{number}",
        text=said,
        marks=list(marks),
        created_at=NOW + timedelta(minutes=later),
        collected_at=NOW,
    )


async def texts(front: Front, **given: Any) -> list[str]:
    return [row["text"] for row in (await front.ask(COMMENTS, **given))["comments"]["nodes"]]


ALL = ["far county 2", "north county 2", "far county 1", "north county 1", "打***********"]


async def test_comments_come_newest_first_and_page_by_page(
    api: Front, country: Country, deliveries: dict[str, Delivery]
):
    nation, seen, after = api.as_(country.nation), [], None
    for _ in range(3):
        page = (await nation.ask(COMMENTS, first=2, after=after))["comments"]
        assert page["totalCount"] == 5
        seen += [row["text"] for row in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert seen == ALL
    assert page["pageInfo"]["hasNextPage"] is False
    last = "{ comments(last: 2) { pageInfo { hasPreviousPage } nodes { text } } }"
    answer = (await nation.ask(last))["comments"]
    assert [row["text"] for row in answer["nodes"]] == ALL[-2:]
    assert answer["pageInfo"]["hasPreviousPage"] is True
    below = (await nation.ask(BELOW, id=id_of(deliveries["far county"])))["node"]["comments"]
    assert below == {"totalCount": 3, "nodes": [{"text": "far county 2"}, {"text": "far county 1"}]}


async def test_comments_are_seen_by_who_sees_the_post_and_by_nobody_else(
    api: Front, country: Country, session: AsyncSession, deliveries: dict[str, Delivery]
):
    assert await texts(api.as_(country.viewer)) == ["north county 2", "north county 1"]
    partner = api.as_(await add_user(session, country.tree["nation"], Role.PARTNER_WOMEN, login="women"))
    assert await texts(partner) == []
    assert (await api.as_(None).error(COMMENTS))["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await api.as_(None).error(BELOW, id=id_of(deliveries["far county"])))["extensions"]["code"]


async def test_comments_are_narrowed_to_a_unit_to_a_post_and_to_what_was_found(
    api: Front, country: Country, session: AsyncSession, deliveries: dict[str, Delivery]
):
    nation = api.as_(country.nation)
    east = id_of(country.tree["north county"])
    assert await texts(nation, within=east) == ["north county 2", "north county 1"]
    other = await add_post(session, country.tree, await add_lesson(session, country.tree))
    assert await texts(nation, post=id_of(other)) == []
    (found,) = (await nation.ask(COMMENTS, marked=True))["comments"]["nodes"]
    assert (found["text"], found["marks"]) == ("打***********", ["PHONE"])
    assert await texts(nation, marked=True, within=east) == []
    assert deliveries


async def test_what_a_person_wrote_is_erased_wherever_the_eraser_reaches(
    api: Front, country: Country, session: AsyncSession, deliveries: dict[str, Delivery]
):
    here = (await session.execute(select(Comment).where(Comment.text == "north county 1"))).scalar_one()
    viewer, county = api.as_(country.viewer), api.as_(country.county)
    assert (await viewer.act("eraseCommenter", commentId=id_of(here)))["code"] == "NOT_PERMITTED"
    assert (await county.act("eraseCommenter", "erased", commentId=id_of(here)))["erased"] == 1
    # The same person wrote elsewhere as well: that is for a level further up.
    assert "far county 1" in await texts(api.as_(country.nation))
    far = (await session.execute(select(Comment).where(Comment.text == "far county 1"))).scalar_one()
    assert (await county.act("eraseCommenter", commentId=id_of(far)))["code"] == "NOT_FOUND"
    nation = api.as_(country.nation)
    assert (await nation.act("eraseCommenter", "erased", commentId=id_of(far)))["erased"] == 1
    query = "query($id: ID!) { node(id: $id) { ... on Comment { authorUid authorName text erasedAt } } }"
    for row in (here, far):
        shown = (await nation.ask(query, id=id_of(row)))["node"]
        assert shown.pop("erasedAt") is not None
        assert set(shown.values()) == {None}
    assert len(await texts(nation)) == 5
    logged = (await session.execute(select(AuditEntry).where(AuditEntry.act == "eraseCommenter"))).scalars().all()
    assert {entry.unit_path for entry in logged} == {row.unit_path for row in deliveries.values()}


async def test_of_whom_nothing_is_known_only_the_named_comment_is_erased(
    api: Front, country: Country, session: AsyncSession, deliveries: dict[str, Delivery]
):
    await session.execute(update(Comment).values(author_uid=None))
    await session.commit()
    row = (await session.execute(select(Comment).where(Comment.text == "north county 1"))).scalar_one()
    nation = api.as_(country.nation)
    assert (await nation.act("eraseCommenter", "erased", commentId=id_of(row)))["erased"] == 1
    assert sorted(filter(None, await texts(nation))) == sorted(text for text in ALL if text != "north county 1")
    assert deliveries
