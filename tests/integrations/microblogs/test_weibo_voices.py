"""What the Weibo client makes of followers and comments, as the platform writes them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.hosts import port
from tests.integrations.microblogs.test_weibo import HANDLE, answering

SAID: dict[str, Any] = {"id": 12, "text": "好", "created_at": "Wed Oct 24 23:49:17 +0800 2012"}


async def test_a_comment_is_understood_with_its_author_or_without_one():
    author = {"id": 7, "screen_name": "模拟读者"}
    async with answering({"comments": [SAID, SAID | {"id": 9, "idstr": "13", "user": author}]}) as client:
        newer, older = await client.comments(HANDLE, "1", below=None)
    at = datetime(2012, 10, 24, 15, 49, 17, tzinfo=UTC)
    assert newer == port.Comment("13", "7", "模拟读者", "好", at)
    assert older == port.Comment("12", "", "", "好", at)
    assert "模拟" not in repr(newer)


@pytest.mark.parametrize(
    "odd", [{"id": "x"}, {"id": "0"}, {"id": None}, {"created_at": "yesterday"}, {"created_at": None}, {"user": 7}]
)
async def test_a_comment_that_cannot_be_understood_is_left_to_be_read_again(odd: dict[str, object]):
    async with answering({"comments": [SAID, SAID | odd]}) as client:
        with pytest.raises(port.TransientBeforeSend):
            await client.comments(HANDLE, "1", below=None)


async def test_no_comments_are_an_empty_page():
    async with answering({"comments": []}) as client:
        assert await client.comments(HANDLE, "1", below="99") == []


@pytest.mark.parametrize("count", ["1369", 1369])
async def test_followers_are_understood_as_strings_and_as_numbers(count: object):
    async with answering([{"id": "1404376560", "followers_count": count}, {"id": 2}]) as client:
        assert await client.followers(HANDLE, ["1404376560", "2"]) == {"1404376560": 1369, "2": None}
