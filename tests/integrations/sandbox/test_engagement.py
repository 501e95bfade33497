"""The synthetic counts of the sandbox: their spread, growth and repeatability."""

import csv
import gzip
import math
import os
import statistics
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.engagement import (
    CORRELATIONS,
    DEVIATIONS,
    MAX_COUNT,
    MEANS,
    Counts,
    counts_at,
    drawn_logarithms,
    final_counts,
)

numbers = st.integers(0, MAX_COUNT)
ages = st.floats(0, 1e9)


@pytest.fixture(scope="module")
def drawn():
    """20,000 draws, as the columns reposts, comments and likes of logarithms."""
    return list(zip(*(drawn_logarithms(7, str(5_000_000_000_000_000 + n)) for n in range(20_000)), strict=True))


def test_the_draws_have_the_measured_means_and_deviations(drawn):
    for column, mean, deviation in zip(drawn, MEANS, DEVIATIONS, strict=True):
        assert statistics.fmean(column) == pytest.approx(mean, abs=0.05)
        assert statistics.stdev(column) == pytest.approx(deviation, abs=0.05)


def test_the_draws_have_the_measured_correlations(drawn):
    reposts, comments, likes = drawn
    pairs = ((reposts, comments), (reposts, likes), (comments, likes))
    assert [statistics.correlation(*pair) for pair in pairs] == pytest.approx(CORRELATIONS, abs=0.02)


def test_the_draws_have_a_heavy_tail(drawn):
    for column, deviation in zip(drawn, DEVIATIONS, strict=True):
        plain = [math.exp(logarithm) for logarithm in column]
        assert statistics.fmean(plain) > 1.8 * statistics.median(plain)
        assert max(plain) > math.exp(3 * deviation) * statistics.median(plain)


def test_one_seed_and_id_always_give_the_same_counts():
    known = final_counts(1, "5368609184938273", 1.0)
    assert known == final_counts(1, "5368609184938273", 1.0)
    assert known != final_counts(2, "5368609184938273", 1.0)
    assert known != final_counts(1, "5368609184938274", 1.0)


def test_the_audience_scales_all_counts():
    full, small = final_counts(1, "1", 1.0), final_counts(1, "1", 0.01)
    assert all(abs(one / 100 - other) <= 1 for one, other in zip(full, small, strict=True))


@pytest.mark.parametrize("audience", [1e18, 1e300])
def test_no_audience_exceeds_what_a_counter_holds(audience):
    assert final_counts(1, "1", audience) == Counts(MAX_COUNT, MAX_COUNT, MAX_COUNT)
    assert max(counts_at(Counts(MAX_COUNT, MAX_COUNT, MAX_COUNT), 1e9, 1.0)) == MAX_COUNT


def test_a_tiny_audience_may_have_no_engagement_at_all():
    assert final_counts(1, "1", 1e-300) == Counts(0, 0, 0)


def test_counts_follow_the_exponential_approach():
    final = Counts(1_000_000, 2_000_000, 0)
    assert counts_at(final, 0, 60) == Counts(0, 0, 0)
    assert counts_at(final, -5, 60) == Counts(0, 0, 0)
    assert counts_at(final, 60, 60) == Counts(632_120, 1_264_241, 0)
    assert counts_at(final, 60 * 40, 60) == final


@given(st.builds(Counts, numbers, numbers, numbers), ages, ages, st.floats(0.1, 1e6))
def test_counts_never_fall_and_never_pass_the_final_ones(final, one, other, growth):
    earlier, later = counts_at(final, min(one, other), growth), counts_at(final, max(one, other), growth)
    for before, after, end in zip(earlier, later, final, strict=True):
        assert isinstance(after, int)
        assert 0 <= before <= after <= end


def measured_posts():
    shared = os.environ.get("QICAI_SHARED") or Path(__file__).parents[3].parent / "shared"
    file = Path(shared) / "data" / "engagement" / "official_account_2020.csv.gz"
    if not file.is_file():
        pytest.skip("the data set of one official account is not here; set QICAI_SHARED to compare with it")
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [[math.log(max(1, int(row[name]))) for row in rows] for name in ("reposts", "comments", "likes")]


def test_the_draws_resemble_the_account_they_were_measured_on(drawn):
    real = measured_posts()
    for column, measured in zip(drawn, real, strict=True):
        assert statistics.fmean(column) == pytest.approx(statistics.fmean(measured), abs=0.06)
        assert statistics.stdev(column) == pytest.approx(statistics.stdev(measured), abs=0.06)
        # In every twentieth of the posts the draw is within a factor of two of the account.
        ours, theirs = statistics.quantiles(column, n=20), statistics.quantiles(measured, n=20)
        assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) < math.log(2)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        measured = statistics.correlation(real[a], real[b])
        assert statistics.correlation(drawn[a], drawn[b]) == pytest.approx(measured, abs=0.03)
