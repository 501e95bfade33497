"""The window on coverage: how far the programme is heard."""

from datetime import datetime

import strawberry

from domain.accounts import models, queries
from domain.terms import Level
from schema._base import Asked, Connection, Count
from schema._reads import listed, path_within
from schema.accounts import Account


@strawberry.type(
    description="How far the units of a level are heard (分级覆盖情况). It is information, never a ranking."
)
class LevelCoverage:
    level: Level
    units: Count = strawberry.field(description="Open units whose accounts you may see.")
    without_account: Count = strawberry.field(description="Those of them for which no account is active.")
    active_accounts: Count
    silent_accounts: Count = strawberry.field(description="Active accounts for which nothing stood up since then.")


@strawberry.type(description="How far the programme is heard (覆盖情况), with what is needed to judge the numbers.")
class Coverage:
    as_of: datetime
    silent_since: datetime = strawberry.field(description="Without a post since this instant an account is silent.")
    levels: list[LevelCoverage]


@strawberry.type
class CoverageQueries:
    @strawberry.field(description="How many units have no active account, and how many accounts are silent, by level.")
    async def coverage(self, info: Asked, within_id: strawberry.ID | None = None) -> Coverage:
        since = info.context.now - info.context.silent_after
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            under = None if within_id is None else await path_within(session, actor, within_id)
            rows = await queries.coverage_counts(session, actor, within_path=under, silent_since=since)
        levels = [
            LevelCoverage(
                level=row.level,
                units=Count(row.units),
                without_account=Count(row.without_account),
                active_accounts=Count(row.active_accounts),
                silent_accounts=Count(row.silent_accounts),
            )
            for row in rows
        ]
        return Coverage(as_of=info.context.now, silent_since=since, levels=levels)

    @strawberry.field(
        description="Active accounts that were silent for QICAI_SILENCE_WARNING_DAYS days; a new one is given as long."
    )
    async def silent_accounts(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Account]:
        since = info.context.now - info.context.silent_after
        also = [lambda account: queries.silent(account, since)]
        return await listed(info, models.Account, first, after, last, before, None, within_id, also=also)
