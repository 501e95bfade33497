"""A stage for acts: the planted world, all that each act needs, and a transaction in which everything can be undone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from graphql import GraphQLObjectType
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.accounts.models import Account, Delegation
from domain.audit.models import AuditEntry
from domain.base.ids import new_id
from domain.base.models import Base
from domain.logins.models import Session
from domain.tables import metadata
from domain.terms import Level, Role, SessionKind, UnitActKind, UnitActState, UnitKind, WordingSeverity
from domain.units import commands as unit_commands
from domain.units.models import UnitAct
from domain.wording.models import LabelWord
from integrations.database import Sessions
from integrations.keys import Keys
from schema._base import global_id
from schema.context import Context
from schema.root import build_schema
from tests.factories.exports import on_exports
from tests.factories.lesson_acts import lessons_nominated, on_calls, on_lessons
from tests.factories.logins import CHEAP, OTHER, PASSWORD, MemoryDoor
from tests.factories.people import add_grant
from tests.factories.post_acts import on_posts, work_waiting
from tests.factories.tree_acts import on_units
from tests.factories.units import add_user
from tests.factories.word_acts import on_words
from tests.factories.world import World, plant_world

SCHEMA = build_schema()
SERVED = SCHEMA._schema
HERE, BELOW = "own county", "own town"
DAY = "2026-01-20"
# So many acts are asked for in one request.
AT_ONCE = 25


@dataclass
class Stage:
    """The world with everybody logged in; whatever is done between `undone` and its end is as if it had not been."""

    connection: AsyncConnection
    sessions: Sessions
    world: World
    now: datetime
    # Rows that only acts need, by a name of this stage.
    rows: dict[str, Any] = field(default_factory=dict)
    logins: dict[UUID, UUID] = field(default_factory=dict)
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def id(self, name: str) -> str:
        """The global id of a row of this stage."""
        return global_id(type(self.rows[name]).__name__, self.rows[name].id)

    def given(self, case: str, user_id: UUID | None) -> dict[str, Any]:
        """What an act is asked with: the same for everybody, save where it is about whoever asks."""
        if case != "endSession of one's own":
            return self.inputs[case]
        return {"sessionId": global_id("Session", self.logins.get(user_id or new_id(), new_id()))}

    @asynccontextmanager
    async def undone(self) -> AsyncIterator[None]:
        savepoint = await self.connection.begin_nested()
        try:
            yield
        finally:
            await savepoint.rollback()

    async def ask(self, mutation: str, given: dict[str, Any], user_id: UUID | None, shown: str = "") -> Any:
        """The whole answer to an act of somebody, or of nobody in particular."""
        return await self._execute(document(mutation, shown), {"input": given}, user_id)

    async def _execute(self, asked: str, variables: dict[str, Any], user_id: UUID | None) -> Any:
        """One request of somebody through their session."""

        async def wake(_work: str) -> None: ...

        session_id = self.logins.get(user_id) if user_id else None
        door = MemoryDoor(self.sessions, now=self.now)
        context = Context(
            sessions=self.sessions, now=self.now, user_id=user_id, wake=wake, door=door, session_id=session_id
        )
        return await SCHEMA.execute(asked, variables, context_value=context)

    async def act(self, case: str, user_id: UUID, shown: str = "") -> dict[str, Any]:
        """What an act answers, which is never an error."""
        mutation = case.split()[0]
        answer = await self.ask(mutation, self.given(case, user_id), user_id, shown)
        assert answer.errors is None, (case, answer.errors)
        found: dict[str, Any] = answer.data[mutation]
        return found

    async def refused(self, cases: list[str], user_id: UUID) -> dict[str, dict[str, Any]]:
        """What many acts answer that are asked for in few requests, each standing alone; never an error."""
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(cases), AT_ONCE):
            some = cases[start : start + AT_ONCE]
            variables = {f"input{place}": self.given(case, user_id) for place, case in enumerate(some)}
            answer = await self._execute(many_acts(tuple(some)), variables, user_id)
            assert answer.errors is None, (some, answer.errors)
            found |= {case: answer.data[f"act{place}"] for place, case in enumerate(some)}
        return found

    async def recorded(self, mutation: str, user_id: UUID) -> int:
        """How often the audit log says that somebody did this."""
        query = select(func.count()).where(AuditEntry.act == mutation, AuditEntry.actor_id == user_id)
        return (await self.connection.execute(query)).scalar_one()

    async def contents(self) -> dict[str, Any]:
        """A fingerprint of every table: what changed a row in any way changes it."""
        found = await self.connection.execute(text(FINGERPRINTS))
        return {row.name: (row.rows, row.print) for row in found}


FINGERPRINTS = " UNION ALL ".join(
    f"SELECT '{table.name}' AS name, count(*) AS rows, sum(hashtextextended(t::text, 0)) AS print FROM {table.name} t"
    for table in metadata.sorted_tables
)


def mutations() -> dict[str, Any]:
    """Every mutation that is served, by its name."""
    served = SERVED.mutation_type
    assert isinstance(served, GraphQLObjectType)
    return dict(served.fields)


def document(mutation: str, shown: str = "") -> str:
    payload = f"{mutation[0].upper()}{mutation[1:]}Payload"
    result = f"__typename ... on {payload} {{ __typename {shown} }} ... on Problem {{ code path messageZh messageEn }}"
    kind = mutations()[mutation].args["input"].type
    return f"mutation($input: {kind}) {{ {mutation}(input: $input) {{ {result} }} }}"


@cache
def many_acts(cases: tuple[str, ...]) -> str:
    """A document of many acts by number; limits on documents bound how many there may be."""
    named = [case.split()[0] for case in cases]
    kinds = ", ".join(f"$input{place}: {mutations()[name].args['input'].type}" for place, name in enumerate(named))
    acts = " ".join(f"act{n}: {name}(input: $input{n}) {{ __typename ...Why }}" for n, name in enumerate(named))
    return f"mutation({kinds}) {{ {acts} }} fragment Why on Problem {{ code path messageZh messageEn }}"


@asynccontextmanager
async def set_stage(engine: AsyncEngine, keys: Keys) -> AsyncIterator[Stage]:
    """Everything planted in one transaction, which is rolled back at the end: nothing has to be cleared away."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        sessions = async_sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        async with sessions() as session:
            world = await plant_world(session, keys)
            stage = Stage(connection, sessions, world, datetime.now(UTC))
            await _people(stage, session)
            stage.rows |= await work_waiting(session, world, HERE, BELOW, stage.rows, stage.now)
            stage.rows |= await lessons_nominated(session, world, HERE, stage.now)
            await _tree(stage, session)
            await _logins(stage, session)
        stage.inputs = inputs(stage)
        yield stage
        await outer.rollback()


async def _people(stage: Stage, session: AsyncSession) -> None:
    """People whom others act on, apart from those who act."""
    county = stage.world.units[HERE]
    roles = {
        "target": Role.VIEWER,
        "shut": Role.VIEWER,
        "chief": Role.ADMINISTRATOR,
        "keeper": Role.MEDIA_MANAGER,
        "leaver": Role.MEDIA_MANAGER,
        "envoy": Role.VIEWER,
    }
    for name, role in roles.items():
        user = stage.rows[name] = await add_user(session, county, role, login=name)
        query = select(Grant).where(Grant.user_id == user.id)
        stage.rows[f"grant of {name}"] = (await session.execute(query)).scalar_one()
    await add_grant(session, stage.rows["envoy"], stage.world.units["nation"])
    stage.rows["shut"].disabled_at = stage.now
    advice = {"advice_zh": "请写“同学”。", "advice_en": "Write 同学."}
    stage.rows["word"] = LabelWord(id=new_id(), word="某类孩子", severity=WordingSeverity.WARNS, **advice)
    session.add(stage.rows["word"])
    await session.commit()


async def _tree(stage: Stage, session: AsyncSession) -> None:
    """A closed town of the county, and a proposal that is the county's to decide."""
    county, town = stage.world.units[HERE], stage.world.units[BELOW]
    operator = Actor.operator()
    done = await unit_commands.open_unit(
        session,
        operator,
        now=stage.now,
        parent_id=county.id,
        code="W99",
        name="closed town",
        level=Level.GRASSROOTS,
        kind=UnitKind.TERRITORIAL,
        effective_on=date(2015, 1, 1),
        reason="设立",
    )
    assert done.act.unit_id is not None
    stage.rows["closed town"] = done.act.unit_id
    await unit_commands.close_unit(
        session, operator, now=stage.now, unit_id=done.act.unit_id, effective_on=date(2016, 1, 1), reason="撤销"
    )
    stage.rows["proposal"] = UnitAct(
        id=new_id(),
        kind=UnitActKind.RENAME,
        state=UnitActState.PROPOSED,
        unit_id=town.id,
        unit_path=county.path,
        effective_on=date.fromisoformat(DAY),
        reason="名单更新",
        details={"unit_id": str(town.id), "kind": None, "code": None, "name": "renamed by proposal"},
        proposed_at=stage.now,
    )
    await _add(session, stage.rows["proposal"])


async def _logins(stage: Stage, session: AsyncSession) -> None:
    """A password and a session for everybody."""
    users = list((await session.execute(select(User.id))).scalars())
    stage.logins = {user_id: new_id() for user_id in users}
    life = {"created_at": stage.now, "last_used_at": stage.now, "expires_at": stage.now + timedelta(days=30)}
    rows = [
        {"id": session_id, "user_id": user_id, "kind": SessionKind.APP, "label": "phone", **life}
        for user_id, session_id in stage.logins.items()
    ]
    await session.execute(insert(Session), rows)
    await session.commit()
    await share(stage, session, *users)
    await session.execute(update(User).values(password_hash=CHEAP.hash(PASSWORD), password_set_at=stage.now))
    await session.commit()


async def share(stage: Stage, session: AsyncSession, *user_ids: UUID) -> None:
    """Let people run an account of the county that is theirs in no other way."""
    account = stage.rows.get("shared")
    if account is None:
        county, like = stage.world.units[HERE], stage.world.rows["Account", HERE]
        place = {"unit_id": county.id, "unit_path": county.path, "level": county.level, "host_id": like.host_id}
        facts: dict[str, Any] = {"uid": "shared", "screen_name": "shared account", "token": "sealed"}
        account = Account(id=new_id(), **place, **facts, state_since=stage.now, created_at=stage.now)
        stage.rows["shared"] = account
        await _add(session, account)
    await _add(
        session,
        *(
            Delegation(id=new_id(), account_id=account.id, user_id=user_id, valid_from=stage.now)
            for user_id in user_ids
        ),
    )


async def _add(session: AsyncSession, *rows: Base) -> None:
    for row in rows:
        session.add(row)
        await session.flush()
    await session.commit()


def inputs(stage: Stage) -> dict[str, dict[str, Any]]:
    """One input for each case of each act, that succeeds for whoever may do it."""
    return (
        _on_accounts(stage)
        | _on_campaigns(stage)
        | on_lessons(stage.world, stage.id, HERE, DAY)
        | on_calls(stage.world, stage.id, HERE, stage.now)
        | on_posts(stage.world, stage.id, HERE)
        | on_exports(stage.world, HERE)
        | _on_people(stage)
        | on_units(stage.world, stage.id, stage.rows, here=HERE, below=BELOW, day=DAY)
        | on_words(stage.id)
    )


def _on_accounts(stage: Stage) -> dict[str, dict[str, Any]]:
    world = stage.world
    account = {"accountId": world.id("Account", HERE)}
    guidance = {"guidanceId": world.id("Guidance", HERE)}
    told = {"title": "县级账号", "text": "每周一条。"}
    kept = {"accountId": stage.id("account"), "reason": "查清"}
    return {
        "editAccount": {**account, "expectedVersion": 1, "isBrand": True},
        "editAccount into a class": {
            "accountId": world.id("Account", BELOW),
            "expectedVersion": 1,
            "isBrand": False,
            **guidance,
        },
        "appointKeeper": {**account, "userId": stage.id("keeper")},
        "delegateAccount": {**account, "userId": stage.id("keeper")},
        "endDelegation": {"delegationId": world.id("Delegation", HERE)},
        "beginConnection": {
            "unitId": world.id("Unit", HERE),
            "hostId": global_id("Host", world.rows["Account", HERE].host_id),
        },
        "beginConnection to renew": account,
        "beginConnection to renew what one runs": {"accountId": stage.id("shared")},
        "suspendAccount": {**account, "reason": "整顿"},
        "resumeAccount": kept,
        "writeGuidance": {"unitId": world.id("Unit", HERE), **told},
        "editGuidance": {**guidance, "expectedVersion": 1, **told},
        "classAccounts": {**guidance, "accountIds": [world.id("Account", BELOW)]},
        "setUpperPosting": {"unitId": world.id("Unit", HERE), "upperPosting": "BY_RELEASE"},
        "handOverAccounts": {"fromUserId": stage.id("leaver"), "toUserId": stage.id("keeper"), "reason": "离任"},
    }


def _on_campaigns(stage: Stage) -> dict[str, dict[str, Any]]:
    world = stage.world
    unit = {"unitId": world.id("Unit", HERE)}
    # A showcase lesson is there for every level, so that of strangers does as well as one's own.
    lesson = {"lessonId": global_id("Lesson", world.rows["Showcase", "stranger county"].id)}
    fixed = {"kind": "FIXED", "month": 10, "day": 20}
    aim = {"measure": "LIKES", "target": 100, "since": "2026-01-01", "until": "2027-01-01"}
    days = {"startsOn": "2026-09-02", "endsOn": "2027-01-21"}
    soon = (stage.now + timedelta(hours=1)).isoformat()
    promoted = {**lesson, "text": "示范课程推介", "publishAt": soon}
    return {
        "beginUploads": {
            **unit,
            "purpose": "POST_PICTURE",
            "files": [{"name": "课.jpg", "contentType": "image/jpeg", "size": 1000}],
        },
        "createCampaign": {**unit, "title": "推介"},
        "editCampaign": {
            "campaignId": world.id("Campaign", HERE),
            "expectedVersion": 1,
            "title": "六一推介",
            "quotas": [{"level": "GRASSROOTS", "minimum": 3}],
        },
        "planLessons": {"campaignId": world.id("Campaign", HERE), "add": [lesson["lessonId"]]},
        "createOccasion": {**unit, "name": "县庆", "rule": fixed},
        "editOccasion": {"occasionId": world.id("Occasion", HERE), "expectedVersion": 1, "name": "日", "rule": fixed},
        "setGoal": {**unit, **aim},
        "editGoal": {"goalId": world.id("Goal", HERE), "expectedVersion": 1, **aim},
        "withdrawGoal": {"goalId": world.id("Goal", HERE)},
        "retireOccasion": {"occasionId": world.id("Occasion", HERE)},
        "createSchoolTerm": {**unit, "name": "春季学期", "startsOn": "2027-02-20", "endsOn": "2027-07-05"},
        "editSchoolTerm": {"schoolTermId": world.id("SchoolTerm", HERE), "expectedVersion": 1, "name": "秋季", **days},
        "scheduleLesson": {**unit, **promoted, "levels": ["COUNTY"]},
        "scheduleSeries": {**unit, **lesson, "levels": ["COUNTY"], "posts": [{"text": "梦", "publishAt": soon}]},
        "scheduleLesson for the campaign of the county": {
            **promoted,
            "unitId": world.id("Unit", BELOW),
            "campaignId": world.id("Campaign", HERE),
            "levels": ["GRASSROOTS"],
        },
    }


def _on_people(stage: Stage) -> dict[str, dict[str, Any]]:
    unit, code = {"unitId": stage.world.id("Unit", HERE)}, stage.world.units[HERE].code
    target, chief = {"userId": stage.id("target")}, {"userId": stage.id("chief")}
    nation = {"unitId": stage.world.id("Unit", "nation")}
    why = {"reason": "岗位调整"}
    header = "login,name,unit,role,reach\n"
    return {
        "logOut": {},
        "endSession": {"sessionId": global_id("Session", stage.logins[stage.rows["target"].id])},
        "changePassword": {"old": PASSWORD, "new": OTHER},
        "inviteUsers": {**unit, "file": f"{header}newcomer,New,{code},VIEWER,ACT\n"},
        "inviteUsers as administrators": {**unit, "file": f"{header}newcomer,New,{code},ADMINISTRATOR,ACT\n"},
        "grantRole": {**target, **unit, "role": "MEDIA_MANAGER"},
        "grantRole of administrators": {**target, **unit, "role": "ADMINISTRATOR"},
        "grantRole of administrators of the nation": {**target, **nation, "role": "ADMINISTRATOR"},
        "endGrant": {"grantId": stage.id("grant of target"), **why},
        "endGrant of administrators": {"grantId": stage.id("grant of chief"), **why},
        "disableUser": {**target, **why},
        "disableUser of administrators": {**chief, **why, "isLeaving": True},
        "enableUser": {"userId": stage.id("shut")},
        "sendResetLink": target,
        "sendResetLink to administrators": chief,
        "sendResetLink to whoever sees the nation": {"userId": stage.id("envoy")},
        "editUser": {**target, "name": "Renamed"},
        "editUser into another unit": {**target, "unitId": stage.world.id("Unit", BELOW)},
        "editUser of administrators": {**chief, "name": "Renamed"},
    }
