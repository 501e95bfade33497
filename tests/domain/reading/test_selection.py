"""Selections, pages and cursors as plain data: what a caller may ask, and what is refused before any SQL."""

import base64
from datetime import date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.base.ids import new_id
from domain.reading.selection import (
    PAGE_DEFAULT,
    PAGE_LIMIT,
    ROWS_LIMIT,
    Branch,
    Edge,
    Page,
    Record,
    Selection,
    Stretch,
    cursor_of,
    page_of,
    typed,
    weigh,
)
from domain.refusals import Invalid, Reason
from domain.units.models import Unit

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
kinds = {UUID: st.uuids(), datetime: instants, date: st.dates(), int: st.integers(-(2**63), 2**63 - 1), str: texts}
keys = st.lists(st.sampled_from(list(kinds)).flatmap(lambda kind: st.tuples(st.just(kind), kinds[kind])), max_size=4)
anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=5,
)


def cursor_with(values: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode()


def cursor_in(page: Page) -> tuple[Any, ...]:
    assert page.cursor is not None
    return page.cursor


def refused(*arguments: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        page_of(*arguments)
    return caught.value


@given(keys)
def test_a_cursor_leads_back_to_its_place(key: list[tuple[type, Any]]):
    cursor = cursor_of([value for _, value in key])
    page = page_of(5, None, cursor, None)
    assert typed(cursor_in(page), [kind for kind, _ in key]) == [value for _, value in key]
    assert cursor.isascii()
    assert "=" not in cursor


@given(st.lists(anything, max_size=3), st.lists(st.sampled_from(list(kinds)), max_size=3))
def test_a_forged_cursor_is_refused_or_has_the_right_types(values: list[Any], wanted: list[type]):
    page = page_of(5, None, cursor_with(values), None)
    try:
        found = typed(cursor_in(page), wanted)
    except Invalid as refusal:
        assert refusal.reason is Reason.BAD_CURSOR  # noqa: PT017
    else:
        assert [type(value) for value in found] == wanted


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([None], str),
        ([None], UUID),
        ([None], int),
        ([5], UUID),
        ([[]], UUID),
        (["not a uuid"], UUID),
        ([True], int),
        ([2**63], int),
        ([1.0], int),
        (["1"], int),
        (["2026-06-01T09:00:00"], datetime),
        (["0001-01-01T00:00:00+14:00"], datetime),
        (["yesterday"], datetime),
        ([0], datetime),
        (["2026-06-31"], date),
        (["00001.\0"], str),
        ([1], str),
        ([], str),
        (["a", "b"], str),
    ],
)
def test_what_the_database_could_not_compare_is_no_cursor(values: list[Any], kind: type):
    with pytest.raises(Invalid) as caught:
        typed(tuple(values), [kind])
    assert caught.value.reason is Reason.BAD_CURSOR


@pytest.mark.parametrize(
    "cursor",
    ["", "!", "a", "not base64 at all", "七彩", cursor_with({}), cursor_with("text"), cursor_with(1), "bnVsbA", "bm8"],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_what_is_no_cursor_is_refused(cursor: str, backwards: bool):
    arguments = (None, 5, None, cursor) if backwards else (5, None, cursor, None)
    assert refused(*arguments).reason is Reason.BAD_CURSOR


@given(st.text())
def test_no_text_whatever_breaks_the_reading_of_cursors(cursor: str):
    try:
        page = page_of(5, None, cursor, None)
    except Invalid as refusal:
        assert refusal.reason is Reason.BAD_CURSOR  # noqa: PT017
    else:
        assert isinstance(page.cursor, tuple)


def test_a_page_without_arguments_is_the_first_of_the_usual_size():
    assert page_of(None, None, None, None) == Page(PAGE_DEFAULT, False, None, True, False)
    assert PAGE_DEFAULT <= 50


def test_first_reads_forwards_after_a_cursor_and_last_backwards_before_one():
    cursor = cursor_of(["00001."])
    assert page_of(3, None, cursor, None) == Page(3, False, ("00001.",))
    assert page_of(None, 3, None, cursor) == Page(3, True, ("00001.",))
    assert page_of(None, None, cursor, None) == Page(PAGE_DEFAULT, False, ("00001.",))
    assert page_of(1, None, None, None, rows=False, total=True) == Page(1, False, None, False, True)


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ((0, None, None, None), "first"),
        ((-1, None, None, None), "first"),
        ((PAGE_LIMIT + 1, None, None, None), "first"),
        ((None, 0, None, None), "last"),
        ((None, PAGE_LIMIT + 1, None, None), "last"),
        ((5, 5, None, None), "last"),
        ((5, None, None, "WyJhIl0"), "before"),
        ((None, None, None, "WyJhIl0"), "before"),
        ((None, 5, "WyJhIl0", None), "after"),
        ((None, None, "WyJhIl0", "WyJhIl0"), "before"),
    ],
)
def test_arguments_that_name_no_page_are_refused_with_their_field(arguments: tuple[Any, ...], path: str):
    refusal = refused(*arguments)
    assert (refusal.reason, refusal.path, refusal.facts) == (Reason.BAD_PAGE, (path,), {"limit": PAGE_LIMIT})


@pytest.mark.parametrize("size", [1, PAGE_LIMIT])
def test_the_smallest_and_the_largest_page_are_taken(size: int):
    assert page_of(size, None, None, None).size == page_of(None, size, None, None).size == size


def nested(*sizes: int | None) -> Selection:
    selection = Selection()
    for size in reversed(sizes):
        selection = Selection(branches=(Branch("x", "x", selection, Page(size) if size else None),))
    return selection


@pytest.mark.parametrize(
    ("selection", "rows", "weight"),
    [
        (Selection(), 7, 7),
        (nested(None), 7, 14),
        (nested(10), 7, 77),
        (nested(None, 10), 7, 7 + 7 + 70),
        (nested(10, 10), 7, 7 + 70 + 700),
        (nested(100, 100), 1, 1 + 100 + 10_000),
        (Selection(branches=nested(3).branches + nested(4).branches), 2, 2 + 6 + 8),
        (Selection(branches=(Branch("x", "x", nested(100), Page(100, rows=False, total=True)),)), 7, 7),
    ],
)
def test_a_selection_weighs_the_most_rows_it_can_lead_to(selection: Selection, rows: int, weight: int):
    assert weigh(selection, rows=rows) == weight


def test_a_selection_of_too_many_rows_is_refused_and_one_of_just_enough_is_not():
    assert weigh(nested(99), rows=ROWS_LIMIT // 100) == ROWS_LIMIT
    for selection, rows in [(nested(100, 100), 2), (Selection(), ROWS_LIMIT + 1), (nested(99, None), 101)]:
        with pytest.raises(Invalid) as caught:
            weigh(selection, rows=rows)
        assert (caught.value.reason, caught.value.facts) == (Reason.TOO_MANY_ROWS, {"limit": ROWS_LIMIT})


def test_a_record_holds_what_was_selected_and_says_what_was_not():
    row_id = new_id()
    record = Record(Unit, {"id": row_id, "name": "东区"})
    assert (record.id, record.name, record.branches) == (row_id, "东区", {})
    with pytest.raises(AttributeError, match=r"Unit\.path was not selected"):
        _ = record.path


def test_a_stretch_names_the_records_of_its_edges():
    record = Record(Unit, {"id": new_id()})
    assert Stretch([Edge(record, "c")]).nodes == [record]
    assert Stretch().nodes == []
