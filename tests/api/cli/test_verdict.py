"""The verdict over a campaign, on promises and journals made by hand."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.verdict import Promise, judge, promises_of
from domain.terms import DeliveryState
from integrations.keys import Keys
from tests.factories.api import plant_country
from tests.factories.posts import add_campaign, add_lesson, schedule

DUE = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


def promise(number: int, state: DeliveryState = DeliveryState.PUBLISHED) -> Promise:
    return Promise(f"code{number}", f"uid{number}", f"text {number}", f"7/{number:064}.png", DUE, state)


def kept(number: int, *, late: float = 1.0, **changes: Any) -> dict[str, Any]:
    """How the platform's journal reads when this promise was kept."""
    entry = {
        "count": 1,
        "first_received_at": (DUE + timedelta(seconds=late)).timestamp(),
        "uid": f"uid{number}",
        "text_sha256": sha256(f"text {number}".encode()).hexdigest(),
        "picture_sha256": f"{number:064}",
    }
    return entry | changes


def test_promises_kept_are_a_verdict_without_blame():
    verdict = judge([promise(1), promise(2)], {"code1": kept(1), "code2": kept(2, late=3)})
    assert verdict.kept
    assert verdict.states == {"PUBLISHED": 2}
    assert (verdict.lost, verdict.duplicates, verdict.early, verdict.altered, verdict.unsettled) == (0, 0, 0, 0, 0)
    assert (verdict.late_p50_s, verdict.late_p99_s) == (2.0, 2.98)


@pytest.mark.parametrize("journal", [{}, {"code1": {"count": 0}}, {"code1": {}}])
def test_what_the_platform_never_accepted_is_lost(journal: dict[str, Any]):
    verdict = judge([promise(1)], journal)
    assert verdict.lost == 1
    assert not verdict.kept


def test_every_acceptance_after_the_first_is_a_duplicate():
    verdict = judge([promise(1), promise(2)], {"code1": kept(1, count=3), "code2": kept(2)})
    assert verdict.duplicates == 2
    assert not verdict.kept


def test_what_came_before_its_time_is_early_even_by_a_moment():
    verdict = judge([promise(1), promise(2)], {"code1": kept(1, late=-0.001), "code2": kept(2, late=0)})
    assert verdict.early == 1
    assert not verdict.kept


@pytest.mark.parametrize(
    "change",
    [
        {"uid": "uid2"},
        {"text_sha256": sha256(b"text 1 ").hexdigest()},
        {"picture_sha256": f"{2:064}"},
        {"picture_sha256": None},
    ],
)
def test_another_text_picture_or_account_is_altered(change: dict[str, Any]):
    verdict = judge([promise(1)], {"code1": kept(1, **change)})
    assert verdict.altered == 1
    assert not verdict.kept


def test_a_delivery_that_is_not_finished_is_unsettled_though_it_went_out():
    verdict = judge([promise(1, DeliveryState.UNCONFIRMED)], {"code1": kept(1)})
    assert verdict.unsettled == 1
    assert not verdict.kept


def test_a_verdict_on_nothing_is_empty():
    verdict = judge([], {})
    assert verdict.kept
    assert (verdict.states, verdict.late_p50_s, verdict.late_p99_s) == ({}, 0.0, 0.0)


def test_one_delivery_is_its_own_percentile():
    verdict = judge([promise(1)], {"code1": kept(1, late=0.25)})
    assert (verdict.late_p50_s, verdict.late_p99_s) == (0.25, 0.25)


@given(st.lists(st.integers(min_value=0, max_value=3600), min_size=2, max_size=60))
def test_half_is_no_later_than_the_median_and_almost_all_no_later_than_the_99th(late: list[int]):
    promises = [promise(number) for number in range(len(late))]
    verdict = judge(promises, {f"code{number}": kept(number, late=seconds) for number, seconds in enumerate(late)})
    assert min(late) <= verdict.late_p50_s <= verdict.late_p99_s <= max(late)
    assert sum(seconds <= verdict.late_p50_s for seconds in late) * 2 >= len(late)
    # Below a hundred rows only the latest one may lie beyond.
    assert sorted(late)[-2] <= verdict.late_p99_s


async def test_the_promises_of_a_campaign_are_its_deliveries_and_no_others(session: AsyncSession, keys: Keys):
    country = await plant_country(session, keys)
    lesson, campaign = await add_lesson(session, country.tree), await add_campaign(session, country.tree)
    ours = await schedule(session, country.tree, lesson, campaign=campaign)
    await schedule(session, country.tree, lesson)
    found = await promises_of(session, campaign.id)
    assert {p.code for p in found} == {delivery.code for delivery in ours.deliveries}
    assert {(p.text, p.due_at, p.state) for p in found} == {(d.text, d.due_at, d.state) for d in ours.deliveries}
    assert len({p.uid for p in found}) == len(ours.deliveries) == 8
