"""How far units have come with what they set for themselves: each against its own goal, never against another."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.engagement.models import Goal
from domain.engagement.queries import REPORTED, label_in, summed
from domain.engagement.rollups import standing
from domain.engagement.rules import Total, figures_of
from domain.terms import Facet, GoalMeasure


@dataclass(frozen=True)
class Progress:
    """What has been reached of a goal (目标进度); its value may be unknown, and then nobody says it is not met."""

    measure: GoalMeasure
    total: Total
    target: int

    @property
    def is_met(self) -> bool | None:
        return None if self.total.value is None else self.total.value >= self.target


async def progress_of(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Progress]:
    """The progress of goals where the actor sees posts, in two statements however many they are."""
    query = select(Goal).where(Goal.id.in_(ids), within_reach(actor, Permission.POST_VIEW, Goal.unit_path))
    goals = (await session.execute(query)).scalars().all()
    if not goals:
        return {}
    labels = {label_in(goal.unit_path) for goal in goals}
    since, until = min(goal.since for goal in goals), max(goal.until for goal in goals)
    found = standing(lambda c: [c.unit_label.in_(sorted(labels)), c.facet == Facet.ALL, c.day >= since, c.day < until])
    rows = (await session.execute(summed(found, "unit_label", "day"))).all()
    progress = {}
    for goal in goals:
        label = label_in(goal.unit_path)
        own = figures_of(
            [row for row in rows if row.unit_label == label and goal.since <= row.day < goal.until], REPORTED
        )
        counted = Total(own.published, own.published, own.published, own.likes.as_of)
        is_of_posts = goal.measure is GoalMeasure.PUBLISHED
        total = counted if is_of_posts else getattr(own, goal.measure.value.lower())
        progress[goal.id] = Progress(goal.measure, total, goal.target)
    return progress
