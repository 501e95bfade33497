"""Global ids, and the keys under which what was read hangs on a record."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.refusals import Invalid
from schema._base import WINDOWS, branch_key, global_id, row_id_of, row_of

ROW = UUID("01890000-0000-7000-8000-000000000001")


@given(st.sampled_from(sorted(WINDOWS)), st.uuids())
def test_a_global_id_names_its_row(noun: str, row: UUID):
    assert row_of(global_id(noun, row)) == (noun, row)
    assert row_id_of(global_id(noun, row), noun, path="id") == row


@given(st.text() | st.binary(max_size=60).map(lambda content: content.decode("latin-1")))
def test_any_other_text_is_refused_and_breaks_nothing(text: str):
    with pytest.raises(Invalid, match="BAD_ID"):
        row_of(text)


def test_an_id_of_another_noun_is_refused_with_the_field_and_the_noun():
    with pytest.raises(Invalid) as refused:
        row_id_of(global_id("Post", ROW), "Unit", path="unitId")
    assert (refused.value.code, refused.value.path, refused.value.facts) == ("BAD_ID", ("unitId",), {"what": "Unit"})


def test_two_rows_have_two_ids():
    assert global_id("Unit", uuid4()) != global_id("Unit", uuid4())
    assert global_id("Unit", ROW) != global_id("Post", ROW)


@given(st.dictionaries(st.sampled_from(["first", "after", "last", "before"]), st.none() | st.integers() | st.text()))
def test_a_key_says_which_page_is_meant_and_not_in_which_order_it_was_asked(arguments: dict[str, object]):
    backwards = dict(reversed(arguments.items()))
    assert branch_key("children", arguments) == branch_key("children", backwards)
    assert branch_key("children", arguments) != branch_key("accounts", arguments)
    assert branch_key("children", arguments) != branch_key("children", arguments | {"first": -1, "last": "other"})


def test_a_text_among_the_arguments_cannot_pretend_to_be_another_argument():
    assert branch_key("children", {"after": "x", "first": 1}) != branch_key("children", {"after": "x',first=1"})
