"""Final texts, their spread in time, and when to try again."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.base.ids import CODE_LENGTH, new_code
from domain.hosts.rules import WEIBO, check_text, weibo_length
from domain.posts.rules import (
    LOOK_AFTER,
    RETRY_AFTER,
    SPREAD_LIMIT,
    check_post,
    delivery_key,
    final_text,
    link,
    look_after,
    resend_after,
    retry_after,
    spread,
)
from domain.refusals import Invalid, Reason

START = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
ZERO = timedelta()
DOMAIN = "qicai.example"

counts = st.integers(min_value=0, max_value=5_000)
periods = st.one_of(
    st.integers(min_value=0, max_value=SPREAD_LIMIT).map(lambda seconds: timedelta(seconds=seconds)),
    st.integers(min_value=0, max_value=5_000).map(lambda microseconds: timedelta(microseconds=microseconds)),
)


@given(counts, periods)
def test_due_times_start_at_the_start_and_stay_within_the_period(count: int, over: timedelta):
    times = spread(count, START, over)
    assert len(times) == count
    assert times == sorted(times)
    assert times[:1] == [START][:count]
    assert all(at < START + over for at in times) or over == ZERO
    assert over > ZERO or set(times) <= {START}


@given(st.integers(min_value=2, max_value=5_000), periods)
def test_due_times_are_even_to_the_microsecond(count: int, over: timedelta):
    times = spread(count, START, over)
    gaps = {later - earlier for earlier, later in pairwise(times)}
    assert max(gaps) - min(gaps) <= timedelta(microseconds=1)


def test_thousands_of_posts_within_one_second_stay_within_it():
    # A step rounded to microseconds and taken 2,899 times would lead 155 microseconds beyond the second.
    assert spread(2_900, START, timedelta(seconds=1))[-1] < START + timedelta(seconds=1)


def test_half_a_day_for_four_posts_is_one_every_three_hours():
    hours = [(at - START) / timedelta(hours=1) for at in spread(4, START, timedelta(hours=12))]
    assert hours == [0, 3, 6, 9]


def test_the_final_text_ends_with_the_deliverys_own_link():
    text = final_text("  示范课程 \n", domain=DOMAIN, code="bcdfghjkmn")
    assert text == "示范课程 https://qicai.example/s/bcdfghjkmn"
    assert text.endswith(link(DOMAIN, "bcdfghjkmn"))


def test_a_post_is_refused_exactly_where_its_final_text_would_be():
    room = WEIBO.text_limit - weibo_length(" " + link(DOMAIN, "x" * CODE_LENGTH))
    check_post("七" * room, domain=DOMAIN, capabilities=WEIBO, code_length=CODE_LENGTH)
    check_text(final_text("七" * room, domain=DOMAIN, code=new_code()), WEIBO, path="text")
    with pytest.raises(Invalid) as caught:
        check_post("七" * (room + 1), domain=DOMAIN, capabilities=WEIBO, code_length=CODE_LENGTH)
    assert (caught.value.reason, caught.value.path) == (Reason.TEXT_TOO_LONG, ("text",))


@pytest.mark.parametrize("text", ["", "  ", "\u3000\n"])
def test_a_post_of_a_link_alone_is_refused(text: str):
    with pytest.raises(Invalid) as caught:
        check_post(text, domain=DOMAIN, capabilities=WEIBO, code_length=CODE_LENGTH)
    assert (caught.value.reason, caught.value.path) == (Reason.TEXT_EMPTY, ("text",))


def test_a_post_with_a_topic_is_refused():
    with pytest.raises(Invalid) as caught:
        check_post("#七彩课堂# 来了", domain=DOMAIN, capabilities=WEIBO, code_length=CODE_LENGTH)
    assert caught.value.reason is Reason.TEXT_HAS_TOPIC


def test_the_key_of_a_delivery_is_the_same_in_every_process_and_year():
    # Written down once: a key that changes with the code would let a platform take one post for two.
    delivery_id = UUID("01980000-0000-7000-8000-000000000001")
    assert delivery_key(delivery_id, "示范课程") == UUID("c8c1767e-18dc-5cb6-af4e-9d772ad7a0d1")


@given(st.uuids(), st.uuids(), st.text(), st.text())
def test_a_key_stands_for_one_delivery_and_one_text(one: UUID, other: UUID, text: str, revision: str):
    assert delivery_key(one, text) == delivery_key(one, text)
    assert (delivery_key(one, text) == delivery_key(other, text)) is (one == other)
    assert (delivery_key(one, text) == delivery_key(one, revision)) is (text == revision)


@pytest.mark.parametrize("ladder", [look_after])
def test_a_ladder_waits_ever_longer_and_then_ends(ladder):
    waits = [ladder(count) for count in range(1, 20)]
    rungs = [wait for wait in waits if wait is not None]
    assert rungs == sorted(set(rungs))
    assert rungs[0] > ZERO
    assert waits == rungs + [None] * (len(waits) - len(rungs))


def test_a_post_is_tried_for_ever_and_looked_for_four_times_more():
    assert [retry_after(tries) for tries in range(1, 9)] == [*RETRY_AFTER, RETRY_AFTER[-1]]
    assert [look_after(looks) for looks in range(1, 6)] == [*LOOK_AFTER, None]
    assert (len(RETRY_AFTER), len(LOOK_AFTER)) == (7, 4)


def test_a_post_proved_absent_is_sent_again_at_once_and_then_ever_later_but_not_for_ever():
    assert [resend_after(looks) for looks in range(1, 10)] == [ZERO, *RETRY_AFTER, None]
