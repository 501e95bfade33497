"""Blind reviews: by people who are not concerned, of what they do not know whose it is, shown once all is closed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.lessons import review_desk, reviewers, reviews
from domain.lessons.commands import showcase_lesson
from domain.lessons.models import Lesson, LessonCall, Nomination, Review
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason
from domain.terms import FiveGood, LessonState, NominationOutcome, Role
from tests.domain.lessons.test_calls import call_of, nominate, over
from tests.factories.lessons import person_at, write
from tests.factories.units import Tree, actor_at, plant_tree

OPERATOR = Actor.operator()


def scores(score: int = 4, remark: str = "") -> list[dict[str, Any]]:
    return [{"good": good, "score": score, "remark": remark} for good in FiveGood]


@dataclass
class Reviewed:
    tree: Tree
    lesson: Lesson
    call: LessonCall
    nomination: Nomination


async def closed_call(session: AsyncSession) -> Reviewed:
    """A lesson of the north county, nominated into a call of the nation that is over."""
    tree = await plant_tree(session)
    lesson = await write(session, OPERATOR, tree["north county"], authors="某队")
    call = await call_of(session, tree["nation"])
    nomination = await nominate(session, lesson, call, tree["north county"])
    await over(session, call)
    return Reviewed(tree, lesson, call, nomination)


async def assign(session: AsyncSession, case: Reviewed, *people: Actor, by: Actor = OPERATOR) -> list[Review]:
    ids = [person.user_id for person in people]
    given = {"nomination_id": case.nomination.id, "reviewer_ids": ids}
    await reviewers.assign_reviewers(session, by, now=datetime.now(UTC), **given)  # type: ignore[arg-type]
    query = select(Review).where(Review.nomination_id == case.nomination.id)
    found = {review.reviewer_id: review for review in (await session.execute(query)).scalars()}
    return [found[user_id] for user_id in ids]


async def score(session: AsyncSession, person: Actor, review: Review, given: list[dict[str, Any]]) -> Review:
    return await reviews.score_review(session, person, now=datetime.now(UTC), review_id=review.id, scores=given)


async def close(session: AsyncSession, case: Reviewed) -> None:
    await reviews.close_reviews(session, OPERATOR, now=datetime.now(UTC), call_id=case.call.id)


async def decide(session: AsyncSession, case: Reviewed, *, is_chosen: bool, by: Actor = OPERATOR) -> Nomination:
    return await reviews.decide_nomination(
        session, by, now=datetime.now(UTC), nomination_id=case.nomination.id, is_chosen=is_chosen
    )


async def test_a_reviewed_lesson_is_chosen_polished_and_showcased_by_a_second_person(session: AsyncSession):
    case = await closed_call(session)
    people = [await person_at(session, case.tree[place], Role.VIEWER) for place in ("far county", "south county")]
    asked = await assign(session, case, *people)
    assert case.lesson.state is LessonState.UNDER_REVIEW
    await score(session, people[0], asked[0], scores(5, "很好"))
    await score(session, people[1], asked[1], scores(2))
    # Editable until closed, and each counts once.
    await score(session, people[1], asked[1], scores(4))
    assert await reviews.results(session, OPERATOR, ids=[case.nomination.id]) == {case.nomination.id: []}
    with pytest.raises(Conflict) as caught:
        await decide(session, case, is_chosen=True)
    assert caught.value.reason is Reason.REVIEWS_OPEN
    await close(session, case)
    found = (await reviews.results(session, OPERATOR, ids=[case.nomination.id]))[case.nomination.id]
    assert [(one.good, one.mean, one.count, one.remarks) for one in found] == [
        (good, 4.5, 2, ["很好"]) for good in FiveGood
    ]
    await decide(session, case, is_chosen=True)
    assert (case.lesson.state, case.nomination.outcome) == (LessonState.POLISHING, NominationOutcome.CHOSEN)
    shown = await showcase_lesson(
        session, actor_at(case.tree["nation"]), now=datetime.now(UTC), lesson_id=case.lesson.id
    )
    assert shown.state is LessonState.SHOWCASE


async def test_a_lesson_is_declined_with_or_without_a_review_but_never_chosen_without(session: AsyncSession):
    case = await closed_call(session)
    with pytest.raises(Conflict) as caught:
        await decide(session, case, is_chosen=True)
    assert (caught.value.reason, caught.value.path) == (Reason.NOMINATION_UNSCORED, ("isChosen",))
    await decide(session, case, is_chosen=False)
    assert (case.lesson.state, case.nomination.outcome) == (LessonState.DECLINED, NominationOutcome.DECLINED)
    with pytest.raises(Conflict) as caught:
        await decide(session, case, is_chosen=False)
    assert caught.value.reason is Reason.NOMINATION_ENDED


async def test_a_reviewer_reads_the_lesson_without_whose_it_is_and_others_read_nothing(session: AsyncSession):
    case = await closed_call(session)
    person, other = [await person_at(session, case.tree[place], Role.VIEWER) for place in ("far county", "west")]
    (review,) = await assign(session, case, person)
    found = await review_desk.blind_contents(session, person, ids=[review.id])
    assert (found[review.id].title, found[review.id].text) == ("防溺水", "看短片,记六个不。")
    for stranger in (other, OPERATOR, actor_at(case.tree["nation"])):
        assert await review_desk.blind_contents(session, stranger, ids=[review.id]) == {}
        with pytest.raises(NotFound) as caught:
            await score(session, stranger, review, scores())
        assert caught.value.path == ("reviewId",)


async def test_whoever_comes_to_act_there_later_does_not_score(session: AsyncSession):
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (review,) = await assign(session, case, person)
    risen = actor_at(case.tree["east"], user_id=person.user_id)
    with pytest.raises(Conflict) as caught:
        await score(session, risen, review, scores())
    assert caught.value.reason is Reason.REVIEWER_CONCERNED


@pytest.mark.parametrize(
    ("given", "reason", "path"),
    [
        (scores()[:4], Reason.GOODS_UNFIT, "scores"),
        ([*scores(), scores()[0]], Reason.GOODS_UNFIT, "scores"),
        (scores(0), Reason.NUMBER_UNFIT, "scores.0.score"),
        (scores(6), Reason.NUMBER_UNFIT, "scores.0.score"),
        (scores(3, "长" * 501), Reason.WORDS_TOO_LONG, "scores.0.remark"),
    ],
)
async def test_each_good_is_scored_once_from_one_to_five(
    session: AsyncSession, given: list[dict[str, Any]], reason: Reason, path: str
):
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (review,) = await assign(session, case, person)
    with pytest.raises(Invalid) as caught:
        await score(session, person, review, given)
    assert (caught.value.reason, ".".join(caught.value.path)) == (reason, path)
    assert review.scored_at is None


async def test_nobody_scores_or_is_asked_once_the_reviews_are_closed(session: AsyncSession):
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (review,) = await assign(session, case, person)
    assert (await reviews.progress(session, OPERATOR, ids=[case.nomination.id]))[case.nomination.id].assigned == 1
    await close(session, case)
    for act in (score(session, person, review, scores()), assign(session, case, person), close(session, case)):
        with pytest.raises(Conflict) as caught:
            await act
        assert caught.value.reason is Reason.REVIEWS_CLOSED


async def test_reviews_begin_when_the_call_is_over(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await write(session, OPERATOR, tree["east"])
    call = await call_of(session, tree["nation"])
    case = Reviewed(tree, lesson, call, await nominate(session, lesson, call, tree["east"]))
    person = await person_at(session, tree["west"], Role.VIEWER)
    for act in (assign(session, case, person), close(session, case), decide(session, case, is_chosen=False)):
        with pytest.raises(Conflict) as caught:
            await act
        assert caught.value.reason is Reason.CALL_STILL_OPEN


async def test_only_the_unit_that_calls_runs_the_reviews(session: AsyncSession):
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    with pytest.raises(NotPermitted):
        await assign(session, case, person, by=actor_at(case.tree["east"]))
    with pytest.raises(NotFound):
        await assign(session, case, person, by=actor_at(case.tree["west"]))
    with pytest.raises(NotFound) as caught:
        await assign(session, case, actor_at(case.tree["west"], user_id=new_id()))
    assert caught.value.path == ("reviewerIds",)


async def test_whoever_runs_a_call_sees_its_lessons_in_the_order_of_their_scores(session: AsyncSession):
    case = await closed_call(session)
    case.call.closes_at = datetime.now(UTC) + timedelta(days=1)
    better = await write(session, OPERATOR, case.tree["south county"], title="玩七巧板")
    unseen = await write(session, OPERATOR, case.tree["south county"])
    second = await nominate(session, better, case.call, case.tree["south county"])
    await nominate(session, unseen, case.call, case.tree["south county"])
    await over(session, case.call)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    for nomination, given in ((case.nomination, 3), (second, 5)):
        (review,) = await assign(session, Reviewed(case.tree, better, case.call, nomination), person)
        await score(session, person, review, scores(given))
    nation = actor_at(case.tree["nation"])
    assert await reviews.call_results(session, nation, call_id=case.call.id) == []
    await close(session, case)
    found = await reviews.call_results(session, nation, call_id=case.call.id)
    assert [(one.title, one.mean, one.count) for one in found] == [("玩七巧板", 5.0, 1), ("防溺水", 3.0, 1)]
    for stranger in (actor_at(case.tree["east"]), actor_at(case.tree["nation"], Role.VIEWER), Actor.public()):
        with pytest.raises(NotFound):
            await reviews.call_results(session, stranger, call_id=case.call.id)


async def test_what_is_said_of_a_nomination_is_looked_through_when_it_is_written(session: AsyncSession):
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (asked,) = await assign(session, case, person)
    with pytest.raises(Conflict) as caught:
        await score(session, person, asked, scores(5, "天河小学王小明同学"))
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, ("scores", "0", "remark"))
    assert asked.scores == {}
    await score(session, person, asked, scores(5))
    await close(session, case)
    given: dict[str, Any] = {"nomination_id": case.nomination.id, "is_chosen": True, "reason": "电话13800138000"}
    with pytest.raises(Conflict) as caught:
        await reviews.decide_nomination(session, OPERATOR, now=datetime.now(UTC), **given)
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, ("reason",))
    assert case.nomination.outcome is None


async def scored_by(session: AsyncSession, case: Reviewed) -> Actor:
    """Somebody apart who was asked, and has scored."""
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (review,) = await assign(session, case, person)
    await score(session, person, review, scores())
    return person


async def test_what_was_reviewed_and_scored_by_nobody_is_not_chosen(session: AsyncSession):
    case = await closed_call(session)
    await assign(session, case, await person_at(session, case.tree["far county"], Role.VIEWER))
    await close(session, case)
    with pytest.raises(Conflict) as caught:
        await decide(session, case, is_chosen=True)
    assert (caught.value.reason, caught.value.path) == (Reason.NOMINATION_UNSCORED, ("isChosen",))
    assert (await decide(session, case, is_chosen=False)).outcome is NominationOutcome.DECLINED


async def test_whoever_scored_a_lesson_neither_decides_about_it_nor_showcases_it(session: AsyncSession):
    case = await closed_call(session)
    person = await scored_by(session, case)
    await close(session, case)
    # Since then they have become an administrator of the unit that calls.
    risen = actor_at(case.tree["nation"], user_id=person.user_id)
    for is_chosen in (True, False):
        with pytest.raises(Conflict) as caught:
            await decide(session, case, is_chosen=is_chosen, by=risen)
        assert (caught.value.reason, caught.value.path) == (Reason.DECIDER_IS_REVIEWER, ("nominationId",))
    other = await person_at(session, case.tree["nation"])
    await decide(session, case, is_chosen=True, by=other)
    with pytest.raises(Conflict) as caught:
        await showcase_lesson(session, risen, now=datetime.now(UTC), lesson_id=case.lesson.id)
    assert caught.value.reason is Reason.SHOWCASER_IS_AUTHOR
    await showcase_lesson(session, other, now=datetime.now(UTC), lesson_id=case.lesson.id)


async def test_reviews_are_opened_again_with_a_reason(session: AsyncSession):
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (review,) = await assign(session, case, person)
    given: dict[str, Any] = {"now": datetime.now(UTC), "call_id": case.call.id}
    with pytest.raises(Conflict) as caught:
        await reviews.reopen_reviews(session, OPERATOR, **given, reason="误操作")
    assert caught.value.reason is Reason.REVIEWS_OPEN
    await close(session, case)
    with pytest.raises(Invalid) as unsaid:
        await reviews.reopen_reviews(session, OPERATOR, **given, reason=" ")
    assert unsaid.value.path == ("reason",)
    with pytest.raises(NotPermitted):
        await reviews.reopen_reviews(session, actor_at(case.tree["east"]), **given, reason="误操作")
    await reviews.reopen_reviews(session, OPERATOR, **given, reason="误操作")
    await score(session, person, review, scores(5))
    await close(session, case)
    assert (await decide(session, case, is_chosen=True)).outcome is NominationOutcome.CHOSEN


async def test_nobody_scores_after_the_time_that_the_call_gives(session: AsyncSession):
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (review,) = await assign(session, case, person)
    case.call.score_by = datetime.now(UTC) + timedelta(days=1)
    await session.commit()
    await score(session, person, review, scores(5))
    case.call.score_by = datetime.now(UTC) - timedelta(seconds=1)
    await session.commit()
    with pytest.raises(Conflict) as caught:
        await score(session, person, review, scores(1))
    assert (caught.value.reason, caught.value.path) == (Reason.SCORING_OVER, ("reviewId",))
