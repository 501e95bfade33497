"""The state of a login, and who is the second person where a unit has one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.base.ids import new_id
from domain.people.rules import places_above, second_person, state_of
from domain.terms import UserState

THEN = datetime(2026, 1, 1, tzinfo=UTC)
LI, WANG, ZHAO = new_id(), new_id(), new_id()
PLACES = ["1.", "1.2.", "1.2.3.", "1.2.3.4.", "1.2.3.4.5."]

people = st.sets(st.sampled_from([LI, WANG, ZHAO]), max_size=3)


@pytest.mark.parametrize(
    ("set_at", "disabled_at", "state"),
    [
        (None, None, UserState.INVITED),
        (THEN, None, UserState.ACTIVE),
        (THEN, THEN, UserState.DISABLED),
        (None, THEN, UserState.DISABLED),
    ],
)
def test_where_a_login_stands(set_at: datetime | None, disabled_at: datetime | None, state: UserState):
    assert state_of(password_set_at=set_at, disabled_at=disabled_at) is state


def test_the_places_above_a_unit_come_nearest_first():
    assert places_above("1.2.3.4.5.") == PLACES[-2::-1]
    assert places_above("1.") == []


@given(st.sampled_from(PLACES), st.fixed_dictionaries(dict.fromkeys(PLACES, people)))
def test_the_nearest_place_above_with_somebody_else_steps_in(path: str, acting: dict[str, set[object]]):
    found = second_person(LI, path=path, acting=acting)
    able = [place for place in PLACES if path.startswith(place) and place != path and acting[place] - {LI}]
    assert found == (able[-1] if able else None)


def test_the_same_person_further_up_is_still_the_same_person():
    acting = {"1.2.3.": {LI}, "1.2.": {LI}, "1.": {LI, WANG}}
    assert second_person(LI, path="1.2.3.4.", acting=acting) == "1."
    assert second_person(LI, path="1.2.3.4.", acting={"1.": {LI}}) is None
