"""The memory twin does as it is told, in every way a platform can fail."""

import pytest

from domain.hosts import port
from domain.terms import Metric
from integrations.microblogs.memory import MemoryClient, Trouble
from tests.integrations.microblogs.places import submission

HANDLE = port.Handle(uid="7001", token="token")
ERRORS = [
    port.RateLimited("slow down", scope="account"),
    *(kind("no") for kind in port.HostError.__subclasses__() if kind is not port.RateLimited),
]


def by_name(error: port.HostError) -> str:
    return type(error).__name__


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("error", ERRORS, ids=by_name)
async def test_it_fails_once_in_the_way_it_was_told_before_or_after_taking_the_post(error: port.HostError, taken: bool):
    client, mine = MemoryClient(troubles=[Trouble(error, taken=taken)]), submission()
    with pytest.raises(type(error)) as raised:
        await client.submit(HANDLE, mine)
    assert raised.value is error
    assert isinstance(await client.find(HANDLE, mine), port.Published if taken else port.Absent)
    assert isinstance(await client.submit(HANDLE, submission()), port.Published)


async def test_it_does_not_hide_a_post_that_was_sent_twice():
    client, mine = MemoryClient(), submission()
    first = await client.submit(HANDLE, mine)
    assert await client.submit(HANDLE, mine) != first
    assert [post.code for _, post in client.timelines["7001"]] == [mine.code] * 2
    assert client.calls == [("submit", "7001")] * 2


async def test_it_tells_the_counts_it_was_given():
    client = MemoryClient()
    published = await client.submit(HANDLE, submission())
    assert isinstance(published, port.Published)
    client.counted[published.host_post_id] = {Metric.LIKES: 8, Metric.READS: None}
    assert await client.counts(HANDLE, [published.host_post_id]) == {
        published.host_post_id: {Metric.LIKES: 8, Metric.READS: None}
    }
