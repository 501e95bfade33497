"""What the caller may do with an object, as a field of its window: front ends never have to guess."""

from collections.abc import Sequence
from typing import Any

import strawberry

from domain.access.abilities import Ability, needed
from schema._acts import Problem, camel
from schema._base import Asked


@strawberry.type(description="Whether the caller may do something with an object now (可执行操作).")
class Can:
    act: str = strawberry.field(description="The mutation's name.")
    allowed: bool
    why_not: Problem | None = strawberry.field(description="What stands in the way; null where it is allowed.")


def can(abilities: Sequence[Ability]) -> Any:
    """The field `viewerCan` for these acts."""

    def resolver(root: strawberry.Parent[Any], info: Asked) -> list[Can]:
        actor = info.context.caller
        found = []
        for ability in abilities:
            refusal = ability.why_not(actor, root)
            found.append(
                Can(
                    act=camel(ability.act),
                    allowed=refusal is None,
                    why_not=None if refusal is None else Problem.of(refusal),
                )
            )
        return found

    return strawberry.field(
        resolver=resolver,
        name="viewerCan",
        description="What you may do with it now, and what stands in the way.",
        metadata={"needs": needed(abilities)},
    )
