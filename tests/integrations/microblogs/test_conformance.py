"""What every client promises, whatever stands behind it."""

from dataclasses import replace
from hashlib import sha256

import pytest

from domain.hosts import port
from domain.hosts.rules import CAPABILITIES
from domain.terms import Metric, PictureKind
from tests.factories.pictures import drawn, gif, jpeg, written
from tests.integrations.microblogs.places import Place, submission


async def test_what_was_submitted_is_found_as_the_same_post(place: Place):
    mine = submission()
    published = await place.client.submit(place.handle, mine)
    assert isinstance(published, port.Published)
    assert published.host_post_id
    assert f"/{place.handle.uid}" in published.url
    assert await place.client.find(place.handle, mine) == published


async def test_each_of_several_posts_is_found_by_its_own_code(place: Place):
    posts = [submission(f"第{number}课") for number in range(5)]
    published = [await place.client.submit(place.handle, post) for post in posts]
    assert len(set(published)) == 5
    assert [await place.client.find(place.handle, post) for post in posts] == published


async def test_a_post_is_absent_where_nothing_stands_after_the_last_known_one(place: Place):
    assert await place.client.find(place.handle, submission()) == port.Absent()
    for _ in range(2):
        known = await place.client.submit(place.handle, submission())
    assert isinstance(known, port.Published)
    mine = replace(submission(), after=known.host_post_id)
    assert await place.client.find(place.handle, mine) == port.Absent()


async def test_an_unknown_post_of_ours_may_be_the_one_looked_for(place: Place):
    # A platform may rewrite links, and then the code is not to be seen; sending again would double the post.
    known = await place.client.submit(place.handle, submission())
    assert isinstance(known, port.Published)
    await place.client.submit(place.handle, submission())
    assert await place.client.find(place.handle, replace(submission(), after=known.host_post_id)) == port.Uncertain()
    assert await place.client.find(place.handle, submission()) == port.Uncertain()


async def test_a_post_taken_without_an_answer_is_found(place: Place):
    mine = submission()
    place.break_off(True)
    with pytest.raises(port.OutcomeUnknown):
        await place.client.submit(place.handle, mine)
    assert isinstance(await place.client.find(place.handle, mine), port.Published)


async def test_a_post_lost_without_an_answer_is_absent_and_can_be_sent_again(place: Place):
    mine = submission()
    place.break_off(False)
    with pytest.raises(port.OutcomeUnknown):
        await place.client.submit(place.handle, mine)
    assert await place.client.find(place.handle, mine) == port.Absent()
    assert await place.client.submit(place.handle, mine) == await place.client.find(place.handle, mine)


async def test_a_post_that_was_only_accepted_is_found_later(place: Place):
    mine = submission()
    place.accept()
    assert await place.client.submit(place.handle, mine) == port.Accepted()
    assert isinstance(await place.client.find(place.handle, mine), port.Published)


async def test_a_long_timeline_is_searched_from_the_last_known_post_on(place: Place):
    for _ in range(place.client.capabilities.look_back + 1):
        known = await place.client.submit(place.handle, submission())
    assert isinstance(known, port.Published)
    mine = replace(submission(), after=known.host_post_id)
    assert await place.client.find(place.handle, mine) == port.Absent()
    published = await place.client.submit(place.handle, mine)
    assert await place.client.find(place.handle, mine) == published


async def test_a_post_that_is_out_of_sight_is_uncertain(place: Place):
    mine = submission()
    await place.client.submit(place.handle, mine)
    for _ in range(place.client.capabilities.look_back):
        await place.client.submit(place.handle, submission())
    assert await place.client.find(place.handle, mine) == port.Uncertain()


async def test_counts_name_every_metric_and_never_say_0_of_one_that_is_not_reported(place: Place):
    published = await place.client.submit(place.handle, submission())
    assert isinstance(published, port.Published)
    counts = await place.client.counts(place.handle, [published.host_post_id])
    assert set(counts) == {published.host_post_id}
    for metric in Metric:
        value = counts[published.host_post_id][metric]
        if metric in place.client.capabilities.metrics:
            assert isinstance(value, int)
        else:
            assert value is None


async def test_counts_leave_out_a_post_that_is_not_there(place: Place):
    published = [await place.client.submit(place.handle, submission()) for _ in range(3)]
    ids = [one.host_post_id for one in published if isinstance(one, port.Published)]
    assert set(await place.client.counts(place.handle, [*ids, "4999999999999999"])) == set(ids)
    assert await place.client.counts(place.handle, ["4999999999999999"]) == {}


async def test_a_post_without_comments_has_an_empty_page_of_them(place: Place):
    published = await place.client.submit(place.handle, submission())
    assert isinstance(published, port.Published)
    assert await place.client.comments(place.handle, published.host_post_id, below="5") == []


async def test_followers_leave_out_an_account_that_is_not_there(place: Place):
    followers = await place.client.followers(place.handle, [place.handle.uid, "4"])
    assert "4" not in followers
    assert all(count is None or count >= 0 for count in followers.values())


async def test_the_identity_is_that_of_the_account(place: Place):
    identity = await place.client.identity(place.handle)
    assert identity.uid == place.handle.uid
    assert identity.screen_name
    assert identity.followers is None or identity.followers >= 0


def test_a_client_tells_the_limits_that_preview_and_scheduling_use(place: Place):
    assert place.client.capabilities is CAPABILITIES[place.client.capabilities.kind]


PICTURES = {PictureKind.JPEG: jpeg(), PictureKind.PNG: written(drawn(), "PNG"), PictureKind.GIF: gif()}


@pytest.mark.parametrize("kind", PictureKind)
async def test_a_picture_arrives_byte_for_byte_and_only_where_there_is_one(place: Place, kind: PictureKind):
    mine = submission("图文", picture=port.Media(kind, PICTURES[kind]))
    published = await place.client.submit(place.handle, mine)
    assert await place.client.find(place.handle, mine) == published
    await place.client.submit(place.handle, submission())
    assert place.pictures() == [sha256(PICTURES[kind]).hexdigest(), None]


async def test_a_picture_that_was_lost_on_the_way_is_sent_again_as_the_same_bytes(place: Place):
    mine = submission(picture=port.Media(PictureKind.JPEG, PICTURES[PictureKind.JPEG]))
    place.break_off(False)
    with pytest.raises(port.OutcomeUnknown):
        await place.client.submit(place.handle, mine)
    assert await place.client.find(place.handle, mine) == port.Absent()
    await place.client.submit(place.handle, mine)
    assert place.pictures() == [sha256(PICTURES[PictureKind.JPEG]).hexdigest()]


def largest(place: Place) -> bytes:
    """As large as is taken: one byte more is too much."""
    limits = place.client.capabilities.picture
    assert limits is not None
    return PICTURES[PictureKind.JPEG].ljust(limits.size_limit - 1, b"\0")


async def test_a_picture_just_below_the_limit_is_taken(place: Place):
    picture = port.Media(PictureKind.JPEG, largest(place))
    assert isinstance(await place.client.submit(place.handle, submission(picture=picture)), port.Published)


@pytest.mark.parametrize("what", ["too large", "no picture", "empty"])
async def test_a_picture_that_breaks_the_rules_is_refused_and_no_post_stands(place: Place, what: str):
    content = {"too large": largest(place) + b"\0", "no picture": b"<svg/>", "empty": b""}[what]
    with pytest.raises(port.MediaInvalid) as raised:
        await place.client.submit(place.handle, submission(picture=port.Media(PictureKind.JPEG, content)))
    assert raised.value.code in {"20005", "20006", "20007"}
    assert place.pictures() == []


def test_nothing_shows_the_bytes_of_a_picture(place: Place):
    assert "secret" not in repr(submission(picture=port.Media(PictureKind.PNG, b"secret"))), place
