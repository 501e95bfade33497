"""The window on microblog accounts. No field reaches the token."""

from datetime import datetime

import strawberry

from domain.accounts import models
from domain.hosts import models as hosts
from domain.terms import AccountState, HostKind, Level
from schema._base import Node, one, shows
from schema.units import Unit


@shows(hosts.Host)
class Host(Node):
    kind: HostKind
    name: str


@shows(models.Account)
class Account(Node):
    uid: str = strawberry.field(description="The account's own id at its platform.")
    screen_name: str
    level: Level
    state: AccountState
    token_expires_at: datetime | None = strawberry.field(description="When a person must log in there again.")
    paused_until: datetime | None = strawberry.field(description="Nothing is sent before this instant.")
    unit: Unit = one("unit", "Whose account it is.")
    host: Host = one("host", "The platform.")
