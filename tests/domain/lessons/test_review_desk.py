"""What a reviewer reads: the call, until when to score, whether it can still be done, and what is left to do."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons import review_desk
from domain.lessons.calls import withdraw_nomination
from domain.lessons.models import Review
from domain.terms import Role
from tests.domain.lessons.test_reviews import OPERATOR, Reviewed, assign, close, closed_call, score, scores
from tests.factories.lessons import person_at
from tests.factories.units import actor_at


async def told(session: AsyncSession, person: Actor, review: Review) -> tuple[str | None, bool]:
    """Why a review cannot be scored, and whether it is among those that are still to be."""
    found = await review_desk.abilities_of_reviews(session, person, ids=[review.id])
    refusal = found[review.id]["score_review"]
    left = select(Review.id).where(Review.id == review.id, review_desk.to_score(Review))
    return None if refusal is None else refusal.code, await session.scalar(left) is not None


async def asked(session: AsyncSession) -> tuple[Reviewed, Actor, Review]:
    case = await closed_call(session)
    person = await person_at(session, case.tree["far county"], Role.VIEWER)
    (review,) = await assign(session, case, person)
    return case, person, review


async def test_a_reviewer_reads_what_the_lesson_is_judged_for(session: AsyncSession):
    case, person, review = await asked(session)
    case.call.score_by = datetime.now(UTC) + timedelta(days=1)
    await session.commit()
    found = (await review_desk.calls_of_reviews(session, person, ids=[review.id]))[review.id]
    assert (found.call_id, found.title, found.text) == (case.call.id, "征集", "欢迎推荐。")
    assert found.score_by == case.call.score_by
    for measure in (review_desk.calls_of_reviews, review_desk.abilities_of_reviews):
        assert await measure(session, OPERATOR, ids=[review.id]) == {}


async def test_what_is_left_to_score_is_told_until_it_is_scored_or_closed(session: AsyncSession):
    case, person, review = await asked(session)
    assert await told(session, person, review) == (None, True)
    await score(session, person, review, scores())
    # It may still be given anew.
    assert await told(session, person, review) == (None, False)
    await close(session, case)
    assert await told(session, person, review) == ("REVIEWS_CLOSED", False)


async def test_what_is_late_taken_back_or_seen_cannot_be_scored(session: AsyncSession):
    case, person, review = await asked(session)
    seeing = actor_at(case.tree["nation"], Role.VIEWER, user_id=person.user_id)
    assert (await told(session, seeing, review))[0] == "REVIEWER_SEES_LESSON"
    case.call.score_by = datetime.now(UTC) - timedelta(seconds=1)
    await session.commit()
    assert await told(session, person, review) == ("SCORING_OVER", False)
    await withdraw_nomination(session, OPERATOR, now=datetime.now(UTC), nomination_id=case.nomination.id)
    assert await told(session, person, review) == ("NOMINATION_ENDED", False)


async def test_whoever_runs_a_call_sees_who_was_asked_and_who_has_scored(session: AsyncSession):
    case, person, review = await asked(session)
    runner = actor_at(case.tree["nation"])

    async def seen_by(actor: Actor) -> list[tuple[object, bool]]:
        found = await review_desk.reviewers_of(session, actor, ids=[case.nomination.id])
        return [(each.person.id, each.scored_at is not None) for each in found[case.nomination.id]]

    assert await seen_by(runner) == [(person.user_id, False)]
    await score(session, person, review, scores())
    assert await seen_by(runner) == [(person.user_id, True)]
    for other in (person, actor_at(case.tree["east"]), actor_at(case.tree["nation"], Role.VIEWER)):
        assert await seen_by(other) == []
