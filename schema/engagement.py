"""The window on engagement. Every figure says where it comes from and how much of it is known."""

from datetime import datetime
from typing import Any

import strawberry

from domain.engagement import models
from domain.engagement.queries import Total
from domain.terms import Level
from schema._base import Count, Node, shows


@shows(models.Snapshot)
class Snapshot(Node):
    taken_at: datetime
    reposts: Count | None
    comments: Count | None
    likes: Count | None
    reads: Count | None


@strawberry.type(description="A statistic with what is needed to judge it (统计值).")
class Figure:
    value: Count | None = strawberry.field(description="Null where no platform reports it; never a 0 instead.")
    unit: str = strawberry.field(description="What is counted.")
    as_of: datetime | None = strawberry.field(description="The newest reading in it.")
    known: Count = strawberry.field(description="How many posts were read.")
    expected: Count = strawberry.field(description="How many published posts it is about.")
    method: str = strawberry.field(description="How it was arrived at.")


def _figure(metric: str) -> Any:
    def resolver(root: strawberry.Parent[Any]) -> Figure:
        total: Total = getattr(root, metric)
        return Figure(
            value=None if total.value is None else Count(total.value),
            unit=metric,
            as_of=total.as_of,
            known=Count(total.known),
            expected=Count(total.expected),
            method="sum over posts of the last reading of each",
        )

    return strawberry.field(resolver=resolver)


@strawberry.type(description="What came of a campaign at one level (分级传播数据). It is information, never a ranking.")
class LevelEngagement:
    level: Level
    deliveries: Count
    published: Count
    reposts: Figure = _figure("reposts")
    comments: Figure = _figure("comments")
    likes: Figure = _figure("likes")
    reads: Figure = _figure("reads")
