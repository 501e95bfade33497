"""The demo itself, twice on one folder, as whoever installs Qicai first meets it. It takes about two minutes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.api.cli.running import eventually, processes_about, qicai

pytestmark = pytest.mark.faults

KEYS = {"units", "accounts", "deliveries", "lost", "duplicates", "early", "late_p50_s", "late_p99_s"}
KEYS |= {"altered", "unsettled", "engagement", "moved", "seconds", "quota_met", "quota"}
# Nation, provinces, and every county that is no statistical zone; and thirty wishes of each body of the second level.
BODIES, WISHES = 38, 38 * 30
PROMOTED = 2890 + WISHES


def run(folder: Path) -> dict[str, Any]:
    """One demo; its standard output is one JSON object and nothing else."""
    done = qicai("demo", "--json", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 1
    outcome: dict[str, Any] = json.loads(done.stdout)
    return outcome


def test_the_demo_keeps_its_promises_and_keeps_them_again(tmp_path: Path):
    folder = tmp_path / "data"
    first, second = run(folder), run(folder)
    for outcome in (first, second):
        assert set(outcome) == KEYS
        # The second counts its own campaign only.
        assert outcome["deliveries"] == {"PUBLISHED": PROMOTED}
        assert outcome["quota_met"] is True
        assert outcome["quota"] == {"asked": BODIES, "met": BODIES, "posts": WISHES + BODIES}
        for broken in ("lost", "duplicates", "early", "altered", "unsettled"):
            assert outcome[broken] == 0, broken
        assert 0 <= outcome["late_p50_s"] <= outcome["late_p99_s"]
        _engagement_is_counted(outcome["engagement"])
        _last_month_is_counted_by_both_trees(outcome["moved"]["published"])
    assert second["units"] == first["units"]
    assert second["accounts"] == first["accounts"] > PROMOTED - WISHES
    assert (first["units"]["NATIONAL"], first["units"]["PROVINCIAL"]) == (1, BODIES)
    assert sum(first["units"].values()) > 44_000
    assert eventually(lambda: not processes_about(folder))


def _engagement_is_counted(engagement: dict[str, dict[str, int]]) -> None:
    assert set(engagement) == {"NATIONAL", "PROVINCIAL", "COUNTY"}
    assert sum(level["published"] for level in engagement.values()) == PROMOTED
    for level in engagement.values():
        assert all(level[metric] is not None for metric in ("reposts", "comments", "likes"))
    assert sum(level["likes"] for level in engagement.values()) > 0


def _last_month_is_counted_by_both_trees(published: dict[str, dict[str, int]]) -> None:
    """The county's two posts follow it as-now, and stay where it stood as-then; none is lost on the way."""
    then, now = published["AS_THEN"], published["AS_NOW"]
    assert list(then) == list(now)
    (left, joined) = then
    assert (now[left], now[joined]) == (then[left] - 2, then[joined] + 2)
    assert then[left] > 2
