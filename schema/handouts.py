"""What all windows have in common on what a worker makes as files, and how far it is."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

import strawberry

from domain.handouts.rules import Document
from domain.refusals import Hindered, Invalid, Reason
from domain.terms import HandoutState
from domain.uploads.rules import LIFE
from schema._acts import Problem
from schema._base import Asked, Count, Node, one, row_of
from schema.context import Context
from schema.units import Unit
from schema.uploads import address

WATCHED = ("CampaignReport", "Export", "PressKit")
# Whichever of them an id names.
HANDOUT = " / ".join(WATCHED)


@strawberry.type(description="A file that was made (文件), and where it can be fetched.")
class HandoutDocument:
    name: str = strawberry.field(description="What it is called where it is saved.")
    size: Count = strawberry.field(description="In bytes.")
    sha256: str
    url: str = strawberry.field(description="Good for an hour, for whoever has the address.")


def shown_documents(context: Context, found: Sequence[Document]) -> list[HandoutDocument]:
    """Files with the addresses under which they can be fetched; none of what is over."""
    return [
        HandoutDocument(
            name=each.name,
            size=Count(each.size),
            sha256=each.sha256,
            url=address(context, f"/{each.key}", min(context.now + LIFE, each.expires_at)),
        )
        for each in found
        if context.now < each.expires_at
    ]


@strawberry.type
class Handout(Node):
    """The fields of each; a window of its own adds what it is of."""

    state: HandoutState
    progress: Count = strawberry.field(description="Out of a hundred.")
    asked_at: datetime
    finished_at: datetime | None
    expires_at: datetime = strawberry.field(description="From then on it is not there any more.")
    unit: Unit = one("unit", "The unit it was asked for.")

    @strawberry.field(description="Why there is none.", metadata={"needs": ("failure",)})
    def failure(root: strawberry.Parent[Any]) -> Problem | None:  # noqa: N805 - a window is never an instance
        return None if root.failure is None else Problem.of(Hindered.by(Reason[root.failure]))


@strawberry.type(description="How far it is (制作进度).")
class HandoutProgress:
    state: HandoutState
    progress: Count = strawberry.field(description="Out of a hundred.")
    at: datetime


@strawberry.type
class HandoutSubscriptions:
    @strawberry.subscription(
        description="How far an export, a press kit or a report is: told at once, then whenever it changes, until it "
        "has ended."
    )
    async def handout_progress(self, info: Asked, id: strawberry.ID) -> AsyncIterator[HandoutProgress]:
        noun, row_id = row_of(id)
        if noun not in WATCHED:
            raise Invalid(Reason.BAD_ID, path="id", what=HANDOUT)
        async with aclosing(info.context.watch(row_id, noun)) as told:
            async for found, at in told:
                yield HandoutProgress(state=found.state, progress=found.progress, at=at)
