"""What differs between two texts: nothing lost, nothing invented, and told by phrases."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.lessons.differences import PIECES, Run, changes, runs
from domain.terms import RunKind

K, R, A = RunKind.KEPT, RunKind.REMOVED, RunKind.ADDED
TEXTS = st.text(alphabet="水火不看记,。\n画", max_size=60) | st.text(max_size=40)


def told(before: str, after: str) -> list[tuple[RunKind, str]]:
    return [(run.kind, run.text) for run in runs(before, after)]


@given(TEXTS, TEXTS)
def test_kept_and_removed_read_as_before_and_kept_and_added_as_after(before: str, after: str):
    found = runs(before, after)
    assert "".join(run.text for run in found if run.kind is not A) == before
    assert "".join(run.text for run in found if run.kind is not R) == after
    assert all(run.text for run in found)
    assert all(one.kind is not other.kind for one, other in pairwise(found))


@given(TEXTS)
def test_a_text_differs_not_from_itself(text: str):
    assert runs(text, text) == ([Run(K, text)] if text else [])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("看短片。画地图。", "看短片。记六个不。画地图。", [(K, "看短片。"), (A, "记六个不。"), (K, "画地图。")]),
        ("看短片,画地图。", "看短片。", [(K, "看短片"), (R, ",画地图"), (K, "。")]),
        ("记六个不。", "记八个不。", [(K, "记"), (R, "六"), (A, "八"), (K, "个不。")]),
        ("一,二。", "", [(R, "一,二。")]),
        ("", "一。", [(A, "一。")]),
    ],
)
def test_a_change_is_told_by_phrases_and_within_like_ones_by_characters(
    before: str, after: str, expected: list[tuple[RunKind, str]]
):
    assert told(before, after) == expected


def test_a_text_of_very_many_phrases_is_compared_more_coarsely_and_nothing_is_lost():
    before = "一,二," * PIECES + "\n" + "三。"
    after = "一,二," * PIECES + "\n" + "四。"
    assert told(before, after) == [(K, "一,二," * PIECES + "\n"), (R, "三。"), (A, "四。")]
    # Not even lines are few enough: as a whole.
    many, more = "行\n" * (PIECES + 1), "行\n" * (PIECES + 2)
    assert told(many, more) == [(R, many), (A, more)]


def test_only_fields_that_differ_are_named():
    before, after = {"title": "课", "text": "甲。"}, {"title": "课", "text": "乙。"}
    (change,) = changes(before, after)
    assert (change.field, [(run.kind, run.text) for run in change.runs]) == ("text", [(R, "甲。"), (A, "乙。")])
