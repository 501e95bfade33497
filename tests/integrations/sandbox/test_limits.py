"""The call limits of the sandbox, with windows that end."""

import pytest

from integrations.sandbox.limits import DAY, HOUR, Limits, Meter
from tests.integrations.sandbox.running import code_of, config, running


def test_a_full_window_takes_nothing_until_it_ends():
    meter = Meter(2, 60)
    assert [meter.take("a", 100), meter.take("a", 120), meter.take("a", 159)] == [True, True, False]
    assert meter.left("a", 159) == 0
    assert meter.resets_in("a", 130) == 30
    assert meter.take("b", 130)
    assert meter.take("a", 160)
    assert meter.left("a", 160) == 1


def test_a_clock_that_goes_back_opens_a_new_window():
    meter = Meter(1, 60)
    assert meter.take("a", 1000)
    assert meter.take("a", 10)


@pytest.mark.parametrize(
    ("scale", "limits"), [(1, (100, 30, 15_000)), (50, (5_000, 1_500, 750_000)), (1e-9, (1, 1, 1))]
)
def test_one_scale_moves_all_three_limits(scale, limits):
    scaled = Limits(config(limit_scale=scale))
    assert (scaled.user_requests.limit, scaled.user_posts.limit, scaled.ip_requests.limit) == limits


def test_what_is_used_up_longest_says_when_to_come_back():
    limits = Limits(config(limit_scale=1e-9))
    limits.user_posts.take("1", 0.0)
    assert limits.resets_in("1", "ip", 600.0) == HOUR - 600
    limits.user_requests.take("1", 60.0)
    assert limits.resets_in("1", "ip", 600.0) == DAY - 540
    assert limits.resets_in("2", "ip", 600.0) == HOUR


def test_a_user_is_refused_after_the_requests_of_a_day():
    with running(requests_per_user_per_day=3) as sandbox:
        one, other = sandbox.person(), sandbox.person()
        assert [one.get("account/get_uid").status_code for _ in range(3)] == [200, 200, 200]
        refused = one.get("account/get_uid")
        assert (refused.status_code, code_of(refused)) == (403, 10023)
        assert other.get("account/get_uid").status_code == 200
        left = one.get("account/rate_limit_status").json()
        assert left["remaining_user_hits"] == 0
        assert left["reset_time_in_seconds"] == pytest.approx(DAY, abs=10)
        sandbox.clock.ahead += DAY
        assert one.get("account/get_uid").status_code == 200


def test_a_user_is_refused_after_the_posts_of_an_hour():
    with running(posts_per_user_per_hour=2) as sandbox:
        person = sandbox.person()
        assert [person.share(code).status_code for code in "ab"] == [200, 200]
        assert code_of(person.share("c")) == 20016
        left = person.get("account/rate_limit_status").json()
        assert left["api_rate_limits"][0]["remaining_hits"] == 0
        assert left["reset_time_in_seconds"] == pytest.approx(HOUR, abs=10)
        sandbox.clock.ahead += HOUR
        assert person.share("c").status_code == 200


def test_a_refused_text_does_not_count_as_a_post():
    with running(posts_per_user_per_hour=1) as sandbox:
        person = sandbox.person()
        assert code_of(person.post("statuses/share", status="")) == 20008
        assert person.share("a").status_code == 200


def test_an_address_is_refused_after_the_requests_of_an_hour():
    with running(requests_per_ip_per_hour=2) as sandbox:
        one, other = sandbox.person(), sandbox.person()
        assert one.get("account/get_uid").status_code == 200
        assert code_of(sandbox.http.get("/2/account/get_uid.json?access_token=wrong")) == 21332
        assert code_of(other.get("account/get_uid")) == 10022
        assert other.get("account/rate_limit_status").json()["remaining_ip_hits"] == 0


def test_asking_for_the_limits_costs_nothing(person):
    before = person.get("account/rate_limit_status").json()
    after = person.get("account/rate_limit_status").json()
    assert before["remaining_user_hits"] == after["remaining_user_hits"] == before["user_limit"]
    assert set(before) == {
        "ip_limit",
        "limit_time_unit",
        "remaining_ip_hits",
        "remaining_user_hits",
        "reset_time",
        "reset_time_in_seconds",
        "user_limit",
        "api_rate_limits",
    }
