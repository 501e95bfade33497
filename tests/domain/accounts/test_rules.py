"""Who stands above whom, and how two versions differ."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.accounts.rules import ACCOUNT_ABILITIES, Differences, is_above, not_suspended, suspended
from domain.refusals import Reason
from domain.terms import AccountState, Positioning

PATHS = st.lists(st.sampled_from(["00001.", "00002.", "00010."]), min_size=1, max_size=5).map("".join)


@given(PATHS, PATHS)
def test_of_two_units_at_most_one_stands_above_the_other(one: str, other: str):
    assert not (is_above(one, other) and is_above(other, one))
    assert not is_above(one, one)
    assert is_above(one, one + "00003.")


@given(PATHS, PATHS, PATHS)
def test_who_stands_above_stands_above_everything_below(one: str, other: str, third: str):
    assert not (is_above(one, other) and is_above(other, third)) or is_above(one, third)


def test_differences_are_told_in_two_languages_and_only_where_there_are_some():
    now = {"positioning": Positioning.STORY, "is_brand": True, "title": "旧", "text": "一样"}
    told = Differences.between(now, {"positioning": None, "is_brand": False, "title": "新" * 80, "text": "一样"})
    assert str(told) == (
        f"positioning is STORY, you gave empty; is_brand is yes, you gave no; title is 旧, you gave {'新' * 60}..."
    )
    assert told.zh.startswith("positioning 现为 故事传播,您填的是 空;is_brand 现为 是,您填的是 否;title 现为 旧")
    assert "text" not in told.zh
    assert (str(Differences.between(now, now)), Differences.between(now, now).zh) == ("none", "无")


@pytest.mark.parametrize("state", AccountState)
def test_only_what_is_out_of_use_is_taken_into_use_again(state: AccountState):
    account = SimpleNamespace(state=state)
    out = state is AccountState.SUSPENDED
    assert suspended(account) is (Reason.ACCOUNT_SUSPENDED if out else None)
    assert not_suspended(account) is (None if out else Reason.ACCOUNT_NOT_SUSPENDED)


def test_every_ability_is_a_command_of_its_name():
    from domain.accounts import commands

    assert all(callable(getattr(commands, ability.act)) for ability in ACCOUNT_ABILITIES)
