"""From wall times to instants: over leaps and repetitions of the clocks of many zones and years."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.posts.times import DEFAULT_ZONE, checked_zone, instant_of, read_wall_time, timing, zone_names
from domain.refusals import Invalid, Reason

# Half-hour summer time, whole days left out, summer time below zero, changes at midnight; and any other zone.
LIVELY = ["America/New_York", "Europe/Dublin", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo"]
ZONES = st.one_of(st.sampled_from([*LIVELY, "Asia/Shanghai", "Asia/Kathmandu"]), st.sampled_from(sorted(zone_names())))
WALL_TIMES = st.datetimes(datetime(1970, 1, 2), datetime(2060, 1, 1)).map(lambda t: t.replace(microsecond=0))  # noqa: DTZ001
LEAP = "2026-03-08T02:30"
TWICE = "2026-11-01T01:30"


def shown(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def changes(zone: str, year: int) -> list[datetime]:
    """The hours of a year after which the clocks of a zone show something else than an hour more."""
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(366 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hour for hour, one, next_ in zip(hours, offsets, offsets[1:], strict=False) if one != next_]


@given(wall_time=WALL_TIMES, zone=ZONES)
@example(wall_time=datetime(2011, 12, 30, 12), zone="Pacific/Apia")  # noqa: DTZ001
def test_what_the_clocks_show_is_the_wall_time_or_the_first_after_a_leap(wall_time: datetime, zone: str):
    instant = instant_of(wall_time, zone)
    assert shown(instant, zone) >= wall_time
    assert shown(instant - timedelta(seconds=1), zone) < wall_time or shown(instant, zone) == wall_time
    if shown(instant, zone) != wall_time:
        # In a leap: a second before it the clocks stood before the wall time.
        assert shown(instant - timedelta(seconds=1), zone) < wall_time < shown(instant, zone)


@given(wall_time=WALL_TIMES, zone=ZONES)
def test_where_the_clocks_show_it_twice_it_is_the_first(wall_time: datetime, zone: str):
    there = [wall_time.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    valid = [instant for instant in there if shown(instant, zone) == wall_time]
    if valid:
        assert instant_of(wall_time, zone) == min(valid)


@given(instant=WALL_TIMES, zone=ZONES)
def test_what_is_unambiguous_comes_back(instant: datetime, zone: str):
    meant = instant.replace(tzinfo=UTC)
    wall_time = shown(meant, zone)
    found = instant_of(wall_time, zone)
    assert shown(found, zone) == wall_time
    assert found <= meant
    clocks = ZoneInfo(zone)
    if wall_time.replace(tzinfo=clocks).utcoffset() == wall_time.replace(tzinfo=clocks, fold=1).utcoffset():
        assert found == meant


@given(zone=st.sampled_from(LIVELY), year=st.integers(1990, 2040), data=st.data())
def test_around_every_change_of_the_clocks_order_is_kept(zone: str, year: int, data: st.DataObject):
    for change in changes(zone, year):
        around = shown(change, zone)
        minutes = st.integers(-26 * 60, 26 * 60)
        earlier, later = sorted(data.draw(st.tuples(minutes, minutes)))
        first, second = (around + timedelta(minutes=n) for n in (earlier, later))
        assert instant_of(first, zone) <= instant_of(second, zone)


@given(wall_time=WALL_TIMES, zone=ZONES)
def test_the_same_wall_time_never_leads_to_two_instants(wall_time: datetime, zone: str):
    assert {instant_of(wall_time.replace(fold=fold), zone) for fold in (0, 1)} == {instant_of(wall_time, zone)}


@pytest.mark.parametrize(
    ("wall_time", "zone", "instant"),
    [
        ("2026-06-01T09:00", DEFAULT_ZONE, "2026-06-01T01:00:00+00:00"),
        ("2026-06-01T09:00:30", DEFAULT_ZONE, "2026-06-01T01:00:30+00:00"),
        (LEAP, "America/New_York", "2026-03-08T07:00:00+00:00"),
        (TWICE, "America/New_York", "2026-11-01T05:30:00+00:00"),
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00:00+00:00"),
    ],
)
def test_these_wall_times_mean_these_instants(wall_time: str, zone: str, instant: str):
    assert instant_of(read_wall_time(wall_time), zone).isoformat() == instant


@pytest.mark.parametrize(
    "given",
    [
        "",
        "2026-06-01",
        "2026-06-01 09:00",
        "2026-06-01T9:00",
        "2026-W23-1T09:00",
        "2026-02-30T09:00",
        "2026-06-01T24:01",
        "2026-06-01T09:00+08:00",
        "2026-06-01T09:00Z",
        "２026-06-01T09:00",
        "2026-06-01T09:00:00.5",
        " 2026-06-01T09:00",
    ],
)
def test_an_unreadable_wall_time_is_refused(given: str):
    with pytest.raises(Invalid) as caught:
        read_wall_time(given)
    assert caught.value.reason is Reason.WALL_TIME_UNREADABLE


@pytest.mark.parametrize(
    "zone", ["", "Beijing", "UTC+8", "+08:00", "asia/shanghai", "../etc/passwd", "Asia", "x" * 500]
)
def test_an_unknown_zone_is_refused_by_name(zone: str):
    with pytest.raises(Invalid) as caught:
        checked_zone(zone)
    assert (caught.value.reason, caught.value.path) == (Reason.ZONE_UNKNOWN, ("publishOn", "zone"))
    assert len(caught.value.words("en")) < 200


@pytest.mark.parametrize("wall_time", ["0001-01-01T00:00", "9999-12-31T23:59:59"])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_at_the_ends_of_the_calendar_there_is_an_instant_or_a_refusal(wall_time: str, zone: str):
    try:
        found: object = timing(None, {"wall_time": wall_time, "zone": zone}).instant.tzinfo
    except Invalid as refusal:
        found = refusal.reason
    assert found in (UTC, Reason.WALL_TIME_UNREADABLE)


def test_exactly_one_way_to_say_it_is_taken():
    on, at = {"wall_time": "2026-06-01T09:00", "zone": DEFAULT_ZONE}, datetime(2026, 6, 1, 1, tzinfo=UTC)
    assert timing(at, None).instant == timing(None, on).instant == at
    assert (timing(at, None).wall_time, timing(at, None).path, timing(None, on).path) == (
        None,
        "publishAt",
        "publishOn",
    )
    for both in [(None, None), (at, on)]:
        with pytest.raises(Invalid) as caught:
            timing(*both)
        assert caught.value.reason is Reason.CHOOSE_TIME
