"""What the caller may do with an object, as a field of its window: front ends never have to guess."""

from collections.abc import Mapping, Sequence
from typing import Any

import strawberry

from domain.access.abilities import Ability, needed
from domain.refusals import Refusal
from schema._acts import Problem, camel
from schema._base import Asked

CAN = "What you may do with it now, and what stands in the way."


@strawberry.type(description="Whether the caller may do something with an object now (可执行操作).")
class Can:
    act: str = strawberry.field(description="The mutation's name.")
    allowed: bool
    why_not: Problem | None = strawberry.field(description="What stands in the way; null where it is allowed.")


def cans(found: Mapping[str, Refusal | None]) -> list[Can]:
    """What was found for each act, as it is shown."""
    return [
        Can(act=camel(act), allowed=refusal is None, why_not=None if refusal is None else Problem.of(refusal))
        for act, refusal in found.items()
    ]


def can(abilities: Sequence[Ability]) -> Any:
    """The field `viewerCan` for these acts."""

    def resolver(root: strawberry.Parent[Any], info: Asked) -> list[Can]:
        context = info.context
        return cans({ability.act: ability.why_not(context.caller, root, now=context.now) for ability in abilities})

    return strawberry.field(
        resolver=resolver,
        name="viewerCan",
        description=CAN,
        metadata={"needs": needed(abilities)},
    )
