"""What may be done with calls and nominations is told as it is decided, from the call to its results."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons import reviews
from domain.lessons.call_abilities import CALL_ABILITIES, abilities_of_nominations
from domain.lessons.calls import withdraw_nomination
from domain.lessons.models import LessonCall, Nomination
from domain.terms import Role
from tests.domain.lessons.test_calls import call_of, nominate, over
from tests.domain.lessons.test_reviews import close, closed_call, scored_by
from tests.factories.lessons import write
from tests.factories.units import actor_at, plant_tree

DENIED = "NOT_PERMITTED"


async def told(session: AsyncSession, actor: Actor, nomination: Nomination) -> list[str | None]:
    """Why a nomination is not taken back, not given to reviewers or taken from them, and not decided."""
    found = (await abilities_of_nominations(session, actor, ids=[nomination.id]))[nomination.id]
    acts = ("withdraw_nomination", "assign_reviewers", "unassign_reviewers", "decide_nomination")
    assert tuple(found) == acts
    return [None if refusal is None else refusal.code for refusal in found.values()]


def of_call(actor: Actor, call: LessonCall) -> list[str | None]:
    """Why nobody nominates into a call, edits it, closes its reviews, or opens them again."""
    refusals = [ability.why_not(actor, call, now=datetime.now(UTC)) for ability in CALL_ABILITIES]
    return [None if refusal is None else refusal.code for refusal in refusals]


async def test_a_nomination_may_be_taken_back_and_nothing_else_while_its_call_is_open(session: AsyncSession):
    tree = await plant_tree(session)
    lesson, call = await write(session, Actor.operator(), tree["north county"]), await call_of(session, tree["nation"])
    nomination = await nominate(session, lesson, call, tree["north county"])
    nation, county = actor_at(tree["nation"]), actor_at(tree["north county"])
    assert await told(session, nation, nomination) == [None, *["CALL_STILL_OPEN"] * 3]
    assert await told(session, county, nomination) == [None, *[DENIED] * 3]
    assert await told(session, actor_at(tree["nation"], Role.VIEWER), nomination) == [DENIED] * 4
    await withdraw_nomination(session, county, now=datetime.now(UTC), nomination_id=nomination.id)
    assert await told(session, nation, nomination) == ["NOMINATION_ENDED"] * 4


async def test_whoever_runs_the_call_may_do_more_from_step_to_step(session: AsyncSession):
    case = await closed_call(session)
    nation = actor_at(case.tree["nation"])
    assert await told(session, nation, case.nomination) == [None] * 4
    assert of_call(nation, case.call) == ["CALL_NOT_OPEN", None, None, "REVIEWS_OPEN"]
    reviewer = await scored_by(session, case)
    assert await told(session, nation, case.nomination) == [None, None, None, "REVIEWS_OPEN"]
    await close(session, case)
    assert await told(session, nation, case.nomination) == [None, "REVIEWS_CLOSED", "REVIEWS_CLOSED", None]
    assert of_call(nation, case.call) == ["CALL_NOT_OPEN", "REVIEWS_CLOSED", "REVIEWS_CLOSED", None]
    risen = actor_at(case.tree["nation"], user_id=reviewer.user_id)
    assert (await told(session, risen, case.nomination))[-1] == "DECIDER_IS_REVIEWER"
    given = {"nomination_id": case.nomination.id, "is_chosen": False}
    await reviews.decide_nomination(session, nation, now=datetime.now(UTC), **given)  # type: ignore[arg-type]
    assert await told(session, nation, case.nomination) == ["NOMINATION_ENDED"] * 4


@pytest.mark.parametrize(
    ("place", "role", "codes"),
    [
        ("nation", Role.ADMINISTRATOR, [None, None, "CALL_STILL_OPEN", "REVIEWS_OPEN"]),
        ("east", Role.ADMINISTRATOR, [None, None, "CALL_STILL_OPEN", "REVIEWS_OPEN"]),
        ("north county", Role.MEDIA_MANAGER, [None, *[DENIED] * 3]),
        ("west", Role.ADMINISTRATOR, ["CALL_NOT_ABOVE", *[DENIED] * 3]),
        ("north county", Role.VIEWER, [DENIED] * 4),
    ],
)
async def test_an_open_call_may_be_answered_from_below(
    session: AsyncSession, place: str, role: Role, codes: list[str | None]
):
    tree = await plant_tree(session)
    call = await call_of(session, tree["east"])
    assert of_call(actor_at(tree[place], role), call) == codes
    await over(session, call)
    assert of_call(actor_at(tree["east"]), call) == ["CALL_NOT_OPEN", None, None, "REVIEWS_OPEN"]
