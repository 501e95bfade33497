"""Who reviews: nobody who is concerned by a lesson, or may see whose it is; and who is asked no longer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, Scope
from domain.lessons import reviewers
from domain.lessons.commands import adapt_lesson, showcase_lesson
from domain.lessons.models import LessonRevision, Review
from domain.lessons.rules import is_concerned
from domain.refusals import Conflict, NotFound, NotPermitted, Reason
from domain.terms import LessonState, Reach, Role
from tests.domain.lessons.test_calls import call_of, nominate, over
from tests.domain.lessons.test_reviews import OPERATOR, Reviewed, assign, close, closed_call, score, scores
from tests.factories.lessons import WHY, person_at, write
from tests.factories.people import add_grant
from tests.factories.units import NOW, actor_at, add_user, plant_tree


async def unassign(session: AsyncSession, case: Reviewed, *people: Actor, by: Actor = OPERATOR) -> int:
    given: dict[str, Any] = {"nomination_id": case.nomination.id, "reviewer_ids": [each.user_id for each in people]}
    return (await reviewers.unassign_reviewers(session, by, now=datetime.now(UTC), **given)).changed


# The county nominates into a call of the nation.
@pytest.mark.parametrize("place", ["north county", "north town", "east city", "east"])
async def test_nobody_on_the_line_of_the_nominating_unit_reviews(session: AsyncSession, place: str):
    case = await closed_call(session)
    person = await person_at(session, case.tree[place], Role.VIEWER)
    with pytest.raises(Conflict) as caught:
        await assign(session, case, person)
    assert (caught.value.reason, caught.value.path) == (Reason.REVIEWER_CONCERNED, ("reviewerIds",))
    assert case.lesson.state is LessonState.NOMINATED


async def test_whoever_acts_there_or_took_part_does_not_review_either(session: AsyncSession):
    case = await closed_call(session)
    guest = await add_user(session, case.tree["west"], Role.VIEWER, login="guest")
    await add_grant(session, guest, case.tree["north county"], Role.MEDIA_MANAGER)
    author = await add_user(session, case.tree["west"], Role.VIEWER, login="author")
    # Of the first revision; somebody else wrote the next one.
    await session.execute(update(LessonRevision).values(written_by=author.id))
    for user in (guest, author):
        with pytest.raises(Conflict) as caught:
            await assign(session, case, actor_at(case.tree["west"], user_id=user.id))
        assert caught.value.reason is Reason.REVIEWER_CONCERNED


def test_interest_ends_at_the_unit_that_calls():
    county, nation = "1.2.3.4.", "1."
    assert [is_concerned(place, county, nation) for place in ("1.2.", "1.2.3.", county, "1.2.3.4.5.")] == [True] * 4
    assert [is_concerned(place, county, nation) for place in ("1.", "1.9.", "1.2.3.44.", "1.2.9.")] == [False] * 4
    # Of a call of the province, neither it nor the nation has an interest.
    assert [is_concerned(place, county, "1.2.") for place in ("1.", "1.2.", "1.2.3.")] == [False, False, True]


# However little else they may do there, and also where the call itself is made.
@pytest.mark.parametrize(
    ("place", "role", "reach"),
    [
        ("nation", Role.VIEWER, Reach.ACT),
        ("nation", Role.ADMINISTRATOR, Reach.ACT),
        ("nation", Role.PARTNER_WOMEN, Reach.VIEW),
        ("east", Role.MEDIA_MANAGER, Reach.VIEW),
        ("north county", Role.VIEWER, Reach.VIEW),
    ],
)
async def test_nobody_who_may_view_the_lesson_is_asked(session: AsyncSession, place: str, role: Role, reach: Reach):
    case = await closed_call(session)
    guest = await add_user(session, case.tree["west"], Role.VIEWER, login="guest")
    await add_grant(session, guest, case.tree[place], role, reach=reach)
    with pytest.raises(Conflict) as caught:
        await assign(session, case, actor_at(case.tree["west"], user_id=guest.id))
    assert (caught.value.reason, caught.value.path) == (Reason.REVIEWER_SEES_LESSON, ("reviewerIds",))
    assert case.lesson.state is LessonState.NOMINATED


async def test_whoever_belongs_to_the_unit_that_calls_reviews_without_a_view(session: AsyncSession):
    case = await closed_call(session)
    expert = await add_user(session, case.tree["nation"], Role.VIEWER, login="expert", valid_to=NOW)
    await add_grant(session, expert, case.tree["nation"], Role.VIEWER, reach=Reach.FIND)
    person = Actor(expert.id, "expert", (Scope(Role.VIEWER, case.tree["nation"].id, "1.", Reach.FIND),))
    (review,) = await assign(session, case, person)
    await score(session, person, review, scores())


async def test_whoever_comes_to_view_the_lesson_later_does_not_score(session: AsyncSession):
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (review,) = await assign(session, case, person)
    nation = case.tree["nation"]
    seeing = Actor(person.user_id, "", (Scope(Role.VIEWER, nation.id, nation.path, Reach.VIEW),))
    with pytest.raises(Conflict) as caught:
        await score(session, seeing, review, scores())
    assert (caught.value.reason, caught.value.path) == (Reason.REVIEWER_SEES_LESSON, ("reviewId",))
    assert review.scored_at is None


async def test_whoever_wrote_what_a_lesson_was_made_of_does_not_review_it(session: AsyncSession):
    tree = await plant_tree(session)
    author = await person_at(session, tree["west"], Role.MEDIA_MANAGER)
    original = await write(session, author, tree["west"])
    await showcase_lesson(session, OPERATOR, now=NOW, lesson_id=original.id, reason=WHY)
    copy = original
    # Made of what was made of it.
    for unit in ("south county", "north county"):
        copy = await adapt_lesson(session, OPERATOR, now=NOW, lesson_id=copy.id, unit_id=tree[unit].id)
    call = await call_of(session, tree["nation"])
    case = Reviewed(tree, copy, call, await nominate(session, copy, call, tree["north county"]))
    await over(session, call)
    with pytest.raises(Conflict) as caught:
        await assign(session, case, author)
    assert caught.value.reason is Reason.REVIEWER_CONCERNED
    await assign(session, case, await person_at(session, tree["west"], Role.VIEWER))


async def test_whoever_was_asked_and_has_not_scored_is_asked_no_longer(session: AsyncSession):
    case = await closed_call(session)
    people = [await person_at(session, case.tree[place], Role.VIEWER) for place in ("far county", "west")]
    first, second = await assign(session, case, *people)
    await score(session, people[0], first, scores())
    for person, kind in ((people[0], Reason.REVIEW_SCORED), (OPERATOR, Reason.NOT_FOUND)):
        with pytest.raises((Conflict, NotFound)) as caught:
            await unassign(session, case, people[1], person)
        assert (caught.value.reason, caught.value.path) == (kind, ("reviewerIds",))
    with pytest.raises(NotPermitted):
        await unassign(session, case, people[1], by=actor_at(case.tree["east"]))
    assert await unassign(session, case, people[1]) == 1
    with pytest.raises(NotFound) as missing:
        await score(session, people[1], second, scores())
    assert missing.value.path == ("reviewId",)
    session.expunge_all()
    assert await session.get(Review, first.id) is not None
    await close(session, case)
    with pytest.raises(Conflict) as caught:
        await unassign(session, case, people[0])
    assert caught.value.reason is Reason.REVIEWS_CLOSED
