"""The rule of levels, over every role, reach and pair of places."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.access.actor import Actor, Scope
from domain.access.permissions import Permission, permissions_of
from domain.access.rules import FROM_ABOVE, Held, refusal_to_grant, refusal_to_manage
from domain.base.ids import new_id
from domain.terms import Reach, Role

NATION, EAST, WEST = "1.", "1.2.", "1.3."
CITY, COUNTY, TOWN, OTHER_COUNTY = "1.2.4.", "1.2.4.5.", "1.2.4.5.6.", "1.2.4.7."
PLACES = [NATION, EAST, WEST, CITY, COUNTY, TOWN, OTHER_COUNTY]
SOMEBODY = new_id()

held = st.builds(Held, st.sampled_from(list(Role)), st.sampled_from(PLACES), st.sampled_from(list(Reach)))


def actor(*scopes: tuple[Role, str] | tuple[Role, str, Reach]) -> Actor:
    made = tuple(Scope(s[0], new_id(), s[1], s[2] if len(s) > 2 else Reach.ACT) for s in scopes)
    return Actor(new_id(), "somebody", made)


def administrator(path: str) -> Actor:
    return actor((Role.ADMINISTRATOR, path))


def code(refusal: object) -> str | None:
    return getattr(refusal, "code", None)


@pytest.mark.parametrize(("role", "reach"), list(product(Role, Reach)))
def test_who_may_give_what_and_where(role: Role, reach: Reach):
    """Every role and reach of the giver, at every place, against every role and reach given at every place."""
    for place, target, given_role, given_reach in product(PLACES, PLACES, Role, Reach):
        giver = actor((role, place, reach))
        found = code(refusal_to_grant(giver, user_id=SOMEBODY, held=Held(given_role, target, given_reach)))
        if role is not Role.ADMINISTRATOR or reach is not Reach.ACT or not target.startswith(place):
            expected = "NOT_PERMITTED"
        elif given_role in (Role.ADMINISTRATOR, Role.AUDITOR) and target == place != NATION:
            expected = "GRANT_FROM_ABOVE"
        else:
            expected = None
        assert found == expected, (place, target, given_role, given_reach)


@pytest.mark.parametrize(("role", "place"), list(product(Role, PLACES)))
def test_nobody_gives_anything_to_themselves(role: Role, place: str):
    for own in (NATION, EAST, place):
        giver = administrator(own)
        refusal = refusal_to_grant(giver, user_id=giver.user_id, held=Held(role, place))
        assert code(refusal) in ("GRANT_TO_SELF", "NOT_PERMITTED")


@pytest.mark.parametrize(("role", "place"), list(product(Role, PLACES)))
def test_the_operator_stands_above_all(role: Role, place: str):
    assert refusal_to_grant(Actor.operator(), user_id=SOMEBODY, held=Held(role, place)) is None
    everything = [Held(r, p) for r, p in product(Role, PLACES)]
    assert refusal_to_manage(Actor.operator(), user_id=SOMEBODY, home=place, held=everything) is None


def test_the_topmost_of_several_grants_decides():
    both = actor((Role.ADMINISTRATOR, COUNTY), (Role.ADMINISTRATOR, CITY))
    assert refusal_to_grant(both, user_id=SOMEBODY, held=Held(Role.ADMINISTRATOR, COUNTY)) is None
    looking = actor((Role.ADMINISTRATOR, COUNTY), (Role.ADMINISTRATOR, CITY, Reach.VIEW))
    assert code(refusal_to_grant(looking, user_id=SOMEBODY, held=Held(Role.ADMINISTRATOR, COUNTY))) == (
        "GRANT_FROM_ABOVE"
    )


def test_a_refusal_names_the_field_and_the_role():
    refusal = refusal_to_grant(administrator(COUNTY), user_id=SOMEBODY, held=Held(Role.AUDITOR, COUNTY), field="role")
    assert refusal is not None
    assert refusal.path == ("role",)
    assert "审计人员" in refusal.words("zh")


@given(st.lists(held, max_size=4), held)
def test_nobody_gives_more_than_they_have(own: list[Held], wanted: Held):
    giver = actor(*((h.role, h.path, h.reach) for h in own))
    if refusal_to_grant(giver, user_id=SOMEBODY, held=wanted) is None:
        assert all(giver.holds(p, at=wanted.path) for p in permissions_of(wanted.role, wanted.reach))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), held), max_size=30), st.lists(held, min_size=4, max_size=4)
)
def test_people_who_help_each_other_never_reach_further_than_together_at_first(
    gifts: list[tuple[int, int, Held]], first: list[Held]
):
    """Whatever four people give to each other in whatever order, none comes to act where none of them acted."""
    people = [actor((h.role, h.path, h.reach)) for h in first]
    at_first = {p: {r for person in people for r in person.reach(p)} for p in Permission}
    tops = {place for place in PLACES if any(place in person.reach(Permission.GRANT_EDIT) for person in people)}
    for giver, taker, what in gifts:
        if refusal_to_grant(people[giver], user_id=people[taker].user_id, held=what) is None:
            scope = Scope(what.role, new_id(), what.path, what.reach)
            people[taker] = Actor(people[taker].user_id, "somebody", (*people[taker].scopes, scope))
            # Who runs or audits the topmost places is not chosen there, save at the nation.
            assert (
                what.role not in FROM_ABOVE
                or what.path == NATION
                or any(what.path != top and what.path.startswith(top) for top in tops)
            )
    for permission, reach in at_first.items():
        for person in people:
            assert all(any(path.startswith(top) for top in reach) for path in person.reach(permission))


@given(st.sampled_from(PLACES), st.sampled_from(PLACES), st.lists(held, max_size=3))
def test_only_who_might_have_given_everything_looks_after_a_login(place: str, home: str, holds: list[Held]):
    keeper = administrator(place)
    refusal = refusal_to_manage(keeper, user_id=SOMEBODY, home=home, held=holds)
    might = all(refusal_to_grant(keeper, user_id=SOMEBODY, held=h) is None for h in holds)
    assert (refusal is None) is (home.startswith(place) and might)
    if refusal is None:
        # What the person may do, the keeper may do: nothing is gained by taking over the login.
        person = actor(*((h.role, h.path, h.reach) for h in holds))
        assert all(keeper.holds(p, at=path) for p in Permission for path in person.reach(p))


@pytest.mark.parametrize("place", [place for place in PLACES if place != NATION])
def test_two_administrators_of_one_unit_do_not_look_after_each_other(place: str):
    peer = [Held(Role.ADMINISTRATOR, place)]
    assert code(refusal_to_manage(administrator(place), user_id=SOMEBODY, home=place, held=peer)) == "USER_HOLDS_MORE"
    above = place[: place.rstrip(".").rindex(".") + 1]
    assert refusal_to_manage(administrator(above), user_id=SOMEBODY, home=place, held=peer) is None


def test_at_the_nation_one_administrator_looks_after_another():
    peer = [Held(Role.ADMINISTRATOR, NATION)]
    assert refusal_to_manage(administrator(NATION), user_id=SOMEBODY, home=NATION, held=peer) is None


def test_a_superior_is_out_of_reach_wherever_the_login_is_at_home():
    superior = [Held(Role.MEDIA_MANAGER, EAST)]
    keeper = administrator(COUNTY)
    assert code(refusal_to_manage(keeper, user_id=SOMEBODY, home=COUNTY, held=superior)) == "USER_HOLDS_MORE"
    assert code(refusal_to_manage(keeper, user_id=SOMEBODY, home=EAST, held=superior)) == "NOT_PERMITTED"


def test_nobody_looks_after_their_own_login():
    keeper = administrator(EAST)
    refusal = refusal_to_manage(keeper, user_id=keeper.user_id, home=COUNTY, held=[], field="userId")
    assert code(refusal) == "USER_IS_SELF"
