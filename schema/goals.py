"""The window on goals that units set for themselves, and the acts on them."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from domain.engagement import commands, goals, models
from domain.engagement.rules import GOAL_ABILITIES
from domain.terms import GoalMeasure
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, measured, one, ref, row_id_of, shows
from schema._reads import listed
from schema.engagement import Figure, figure
from schema.occasions import SEEN, VERSION
from schema.units import Unit

UNTIL = "The first day that counts no more."


@strawberry.type(description="How far a unit has come with its own goal (目标进度). It is compared with nobody else's.")
class GoalProgress:
    figure: Figure
    is_met: bool | None = strawberry.field(description="Null where the figure has no value.")


def _progress(found: goals.Progress | None) -> GoalProgress | None:
    if found is None:
        return None
    return GoalProgress(figure=figure(found.measure.value.lower(), found.total), is_met=found.is_met)


@shows(models.Goal)
class Goal(Node):
    measure: GoalMeasure
    target: Count
    since: date
    until: date = strawberry.field(description=UNTIL)
    note: str
    version: Count = strawberry.field(description=VERSION)
    created_at: datetime
    withdrawn_at: datetime | None = strawberry.field(description="Since when it is pursued no longer.")
    unit: Unit = one("unit", "Whose goal it is: its own posts and those of all below it count.")
    progress: GoalProgress | None = measured(
        goals.progress_of, "What has been reached; null where you see no posts of the unit.", shaped=_progress
    )
    viewer_can: list[Can] = can(GOAL_ABILITIES)


@strawberry.input(description="What a unit wants to reach for itself.")
class SetGoalInput:
    unit_id: strawberry.ID = ref("Unit", "Whose goal it is.")
    measure: GoalMeasure
    target: Count
    since: date
    until: date = strawberry.field(description=UNTIL)
    note: str = strawberry.field(default="", metadata={"personal": True})
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The goal set.")
class SetGoalPayload:
    goal: Goal


@strawberry.input(description="All that a goal is from now on.")
class EditGoalInput:
    goal_id: strawberry.ID = ref("Goal", "The goal.")
    expected_version: int = strawberry.field(description=SEEN)
    measure: GoalMeasure
    target: Count
    since: date
    until: date = strawberry.field(description=UNTIL)
    note: str = strawberry.field(default="", metadata={"personal": True})
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The goal changed.")
class EditGoalPayload:
    goal: Goal


@strawberry.input(description="A goal that is pursued no longer.")
class WithdrawGoalInput:
    goal_id: strawberry.ID = ref("Goal", "The goal.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The goal withdrawn.")
class WithdrawGoalPayload:
    goal: Goal


SetGoalResult = Annotated[SetGoalPayload | Problem, strawberry.union("SetGoalResult")]
EditGoalResult = Annotated[EditGoalPayload | Problem, strawberry.union("EditGoalResult")]
WithdrawGoalResult = Annotated[WithdrawGoalPayload | Problem, strawberry.union("WithdrawGoalResult")]


@strawberry.type
class GoalQueries:
    @strawberry.field(
        description="The goals of one unit, as it set them; those of several are never put beside each other."
    )
    async def goals(
        self,
        info: Asked,
        unit_id: strawberry.ID,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Goal]:
        where = [("unit_id", row_id_of(unit_id, "Unit", path="unitId"))]
        return await listed(info, models.Goal, first, after, last, before, where)


@strawberry.type
class GoalMutations:
    @strawberry.mutation(description="Set a goal (传播目标) of a unit for itself.")
    async def set_goal(self, info: Asked, input: SetGoalInput) -> SetGoalResult:
        return await act(info, input, commands.set_goal, SetGoalPayload, shows=("goal", models.Goal))

    @strawberry.mutation(description="Say anew what a goal is.")
    async def edit_goal(self, info: Asked, input: EditGoalInput) -> EditGoalResult:
        return await act(info, input, commands.edit_goal, EditGoalPayload, shows=("goal", models.Goal))

    @strawberry.mutation(description="Pursue a goal no longer.")
    async def withdraw_goal(self, info: Asked, input: WithdrawGoalInput) -> WithdrawGoalResult:
        return await act(info, input, commands.withdraw_goal, WithdrawGoalPayload, shows=("goal", models.Goal))
