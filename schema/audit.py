"""The window on the audit log. What was given is shown as it was written down, without secrets."""

from datetime import datetime
from typing import Any

import orjson
import strawberry

from domain.audit import models
from schema._base import Asked, Connection, Count, Node, global_id, row_id_of, row_of, shows
from schema._reads import listed


@strawberry.type(description="What was given with a decision (决定内容): a field of its input, as text.")
class AuditDetail:
    name: str
    value: str = strawberry.field(description="Texts as they are, shortened; all else as JSON.")


@strawberry.type(description="The place of an entry in the chain (链位), once it is sealed.")
class AuditPlace:
    position: Count
    hash: str = strawberry.field(description="Hexadecimal; it stands for the entry and for all before it.")


@shows(models.AuditEntry)
class AuditEntry(Node):
    at: datetime
    act: str = strawberry.field(description="The name of the mutation.")

    @strawberry.field(description="Who did it; null where nobody was logged in.", metadata={"needs": ("actor_id",)})
    def actor_id(root: strawberry.Parent[Any]) -> strawberry.ID | None:  # noqa: N805 - a window is never an instance
        return None if root.actor_id is None else global_id("User", root.actor_id)

    @strawberry.field(description="What it is about; it may be gone.", metadata={"needs": ("about", "row_id")})
    def row_id(root: strawberry.Parent[Any]) -> strawberry.ID | None:  # noqa: N805 - a window is never an instance
        return None if root.row_id is None else global_id(root.about, root.row_id)

    @strawberry.field(description="The unit it was done at.", metadata={"needs": ("unit_id",)})
    def unit_id(root: strawberry.Parent[Any]) -> strawberry.ID | None:  # noqa: N805 - a window is never an instance
        return None if root.unit_id is None else global_id("Unit", root.unit_id)

    @strawberry.field(description="What was given.", metadata={"needs": ("details",)})
    def details(root: strawberry.Parent[Any]) -> list[AuditDetail]:  # noqa: N805 - a window is never an instance
        return [AuditDetail(name=name, value=_told(value)) for name, value in sorted(root.details.items())]

    @strawberry.field(description="Null for the second until it is sealed.", metadata={"needs": ("position", "hash")})
    def sealed(root: strawberry.Parent[Any]) -> AuditPlace | None:  # noqa: N805 - a window is never an instance
        if root.position is None or root.hash is None:
            return None
        return AuditPlace(position=Count(root.position), hash=root.hash.hex())


@strawberry.type
class AuditQueries:
    @strawberry.field(description="What was decided, oldest first: `last` begins with the newest.")
    async def audit_entries(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        act: str | None = None,
        actor_id: strawberry.ID | None = None,
        row_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AuditEntry]:
        where: list[tuple[str, Any]] = [] if act is None else [("act", act)]
        if actor_id is not None:
            where.append(("actor_id", row_id_of(actor_id, "User", path="actorId")))
        if row_id is not None:
            where += zip(("about", "row_id"), row_of(row_id), strict=True)
        return await listed(info, models.AuditEntry, first, after, last, before, where, within_id)


def _told(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
