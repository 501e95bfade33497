"""A country with one of everything in every unit, and a person of every role at every place: for walks over it all."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import Grant, User
from domain.accounts.models import Account, AccountEvent, Delegation, Guidance
from domain.audit.models import AuditEntry
from domain.base.ids import new_code, new_id
from domain.base.models import Base
from domain.calendar.models import Occasion, SchoolTerm
from domain.campaigns.models import Campaign, CampaignLesson
from domain.engagement.models import Comment, FollowerCount, Goal, Snapshot
from domain.exports.models import Export
from domain.hosts.models import Host
from domain.lessons.content import Content
from domain.lessons.models import Lesson, LessonCall, LessonRevision, Nomination, Practice, Review
from domain.logins.models import Session
from domain.posts.models import Approval, Attempt, Delivery, Hold, Post, Silence
from domain.press.models import PressKit
from domain.reports.models import CampaignReport
from domain.terms import (
    AccountChange,
    AccountState,
    AttemptKind,
    DeliveryState,
    ExportFormat,
    ExportKind,
    FileKind,
    GoalMeasure,
    HandoutState,
    HoldReason,
    Language,
    LessonState,
    Level,
    Licence,
    NominationOutcome,
    OccasionKind,
    PictureKind,
    Reach,
    Role,
    ServiceKind,
    SessionKind,
    UnitActKind,
    UnitActState,
    UnitKind,
)
from domain.units.models import Unit, UnitAct
from domain.units.rules import label
from domain.uploads.models import LessonFile, Picture
from integrations.keys import Keys
from schema._base import global_id
from tests.factories.posts import add_host
from tests.factories.units import dated

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# The chain that everything is asked about is "own"; beside each of its units stands a sibling, and a stranger
# elsewhere. name, parent, level
SHAPE = [
    ("nation", None, Level.NATIONAL),
    ("own province", "nation", Level.PROVINCIAL),
    ("sibling province", "nation", Level.PROVINCIAL),
    ("own city", "own province", Level.PREFECTURE),
    ("sibling city", "own province", Level.PREFECTURE),
    ("stranger city", "sibling province", Level.PREFECTURE),
    ("own county", "own city", Level.COUNTY),
    ("sibling county", "own city", Level.COUNTY),
    ("stranger county", "stranger city", Level.COUNTY),
    ("own town", "own county", Level.GRASSROOTS),
    ("sibling town", "own county", Level.GRASSROOTS),
    ("stranger town", "stranger county", Level.GRASSROOTS),
]


@dataclass
class World:
    """Units by name; rows by noun and unit name; people by role, reach and unit name."""

    units: dict[str, Unit] = field(default_factory=dict)
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    people: dict[tuple[Role, Reach, str], User] = field(default_factory=dict)
    # Where each row lies, by its global id: the independent record against which answers are held.
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    nobody: UUID = field(default_factory=new_id)

    def id(self, noun: str, unit: str) -> str:
        """The global id of the row of a noun that lies at a unit."""
        return global_id(noun, self.rows[noun, unit].id)


def path_of(world: World, unit: str) -> str:
    return world.units[unit].path


async def plant_world(session: AsyncSession, keys: Keys) -> World:
    """Everything, committed."""
    world = World()
    for number, (name, parent, level) in enumerate(SHAPE, 1):
        above = world.units.get(parent or "")
        place = f"{above.path if above else ''}{label(number)}."
        unit = Unit(
            id=new_id(),
            number=number,
            code=f"W{number}",
            name=name,
            level=level,
            kind=UnitKind.TERRITORIAL,
            parent_id=above.id if above else None,
            path=place,
            territory_path=place,
            opened_on=date(2010, 5, 4),
        )
        session.add(unit)
        await session.flush()
        session.add_all(dated(unit))
        world.units[name] = unit
    await session.execute(text("SELECT setval('unit_numbers', :last)"), {"last": len(SHAPE)})
    _people(world)
    session.add_all([*world.people.values()])
    await session.flush()
    session.add_all(_grants(world))
    host = await add_host(session, keys.keyring)
    for name, unit in world.units.items():
        for row in _rows(world, keys, host, name, unit):
            session.add(row)
            await session.flush()
    await session.commit()
    _place(world)
    return world


def _people(world: World) -> None:
    for name, unit in world.units.items():
        for role in Role:
            for reach in Reach:
                login = f"{role.value} {reach.value} {name}".lower()
                world.people[role, reach, name] = User(
                    id=new_id(), login=login, name=login, unit_id=unit.id, unit_path=unit.path, created_at=LONG_AGO
                )


def _grants(world: World) -> list[Grant]:
    grants = []
    for (role, reach, name), user in world.people.items():
        unit = world.units[name]
        grant = Grant(
            id=new_id(),
            user_id=user.id,
            role=role,
            reach=reach,
            unit_id=unit.id,
            unit_path=unit.path,
            valid_from=LONG_AGO,
            # Somebody whom few of those who see the grant may see.
            granted_by=world.people[Role.ADMINISTRATOR, Reach.ACT, "nation"].id,
        )
        grants.append(grant)
        if (role, reach) == (Role.VIEWER, Reach.ACT):
            world.rows["Grant", name] = grant
            world.rows["User", name] = user
    return grants


def _rows(world: World, keys: Keys, host: Host, name: str, unit: Unit) -> list[Base]:
    """One of each noun at a unit, in an order that foreign keys allow."""
    now = datetime.now(UTC)
    here: dict[str, Any] = {"unit_id": unit.id, "unit_path": unit.path}
    user = world.people[Role.VIEWER, Reach.ACT, name]
    guidance = Guidance(id=new_id(), **here, title="讲故事", text="每周一个故事。", created_at=now, updated_at=now)
    account_id = new_id()
    account = Account(
        id=account_id,
        **here,
        level=unit.level,
        host_id=host.id,
        uid=unit.code,
        screen_name=f"{name} account",
        state=AccountState.ACTIVE,
        state_since=now,
        token=keys.keyring.seal("token", row=f"accounts:token:{account_id}"),
        created_at=now,
    )
    world.rows["Guidance", name], world.rows["Account", name] = guidance, account
    found = {"Guidance": guidance, "Account": account}
    found |= _posted(here, account, user, unit.number, now)
    found |= _calendar(here, now)
    found |= _files(here, user, now)
    found |= _kept(here, name, account, user, now)
    found |= _of_lesson(here, found["Lesson"], user, now)
    world.rows |= {(noun, name): row for noun, row in found.items()}
    world.rows["Unit", name] = unit
    return list(found.values())


def _posted(here: dict[str, Any], account: Account, user: User, number: int, now: datetime) -> dict[str, Base]:
    """Lessons, a campaign, and a post with all that hangs on it."""
    shown = _lesson(here, LessonState.SHOWCASE, now)
    campaign = Campaign(id=new_id(), **here, title="推介", created_at=now)
    post = Post(
        id=new_id(),
        **here,
        campaign_id=campaign.id,
        lesson_id=shown.id,
        text="示范课程",
        publish_at=now,
        spread_seconds=0,
        created_at=now,
        created_by=user.id,
    )
    delivery = Delivery(
        id=new_id(),
        post_id=post.id,
        account_id=account.id,
        **here,
        text="示范课程",
        code=new_code(),
        key=new_id(),
        state=DeliveryState.PUBLISHED,
        due_at=now,
        try_at=now,
        published_at=now,
    )
    times = {"claimed_at": now, "settled_at": now}
    return {
        "Lesson": _lesson(here, LessonState.DRAFT, now),
        "Showcase": shown,
        "Campaign": campaign,
        "CampaignReport": CampaignReport(**here, **_asked(now), campaign_id=campaign.id, language=Language.EN),
        "CampaignLesson": CampaignLesson(id=new_id(), campaign_id=campaign.id, lesson_id=shown.id, added_at=now),
        "Post": post,
        "Delivery": delivery,
        "Attempt": Attempt(
            id=new_id(), delivery_id=delivery.id, kind=AttemptKind.SUBMIT, fence=number, event="PUBLISHED", **times
        ),
        "Snapshot": Snapshot(id=new_id(), delivery_id=delivery.id, slot=0, taken_at=now, likes=1),
        "Comment": _comment(delivery, number, now),
        "Approval": Approval(id=new_id(), post_id=post.id, revision=1, approved_by=user.id, approved_at=now),
        "Hold": Hold(
            id=new_id(), delivery_id=delivery.id, reason=HoldReason.NOT_APPROVED, since=LONG_AGO, lifted_at=now
        ),
        # One that is over: units in which nothing may go out are no place for every other act.
        "Silence": Silence(id=new_id(), **here, reason="哀悼日", ordered_at=LONG_AGO, lifted_at=now),
    }


def _asked(now: datetime) -> dict[str, Any]:
    """What all have that somebody asked for."""
    return {"id": new_id(), "try_at": now, "asked_at": now, "expires_at": now}


def _comment(delivery: Delivery, number: int, now: datetime) -> Comment:
    """What somebody of this unit alone wrote."""
    times = {"created_at": now, "collected_at": now}
    said = {"author_uid": f"70{number}", "author_name": "模拟读者", "text": "好", "marks": []}
    return Comment(id=new_id(), delivery_id=delivery.id, host_comment_id="1", **said, **times)


def _calendar(here: dict[str, Any], now: datetime) -> dict[str, Base]:
    """An occasion of the unit, a term of its schools, and a goal that it set for itself."""
    aim = {"target": 9, "since": date(2026, 1, 1), "until": date(2026, 7, 1), "note": ""}
    term = {"name": "秋季学期", "starts_on": date(2026, 9, 1), "ends_on": date(2027, 1, 20), "created_at": now}
    return {
        "Occasion": Occasion(id=new_id(), **here, name="日", kind=OccasionKind.FIXED, month=3, day=5, created_at=now),
        "SchoolTerm": SchoolTerm(id=new_id(), **here, **term),
        "Goal": Goal(id=new_id(), **here, measure=GoalMeasure.LIKES, **aim, created_at=now),
    }


def _files(here: dict[str, Any], user: User, now: datetime) -> dict[str, Base]:
    """What was handed in for the unit, and what is taken out of it."""
    return {
        "LessonFile": LessonFile(
            id=new_id(), **here, kind=FileKind.PDF, size=67, sha256="00" * 32, created_at=now, created_by=user.id
        ),
        "Picture": Picture(
            id=new_id(),
            **here,
            kind=PictureKind.PNG,
            width=1,
            height=1,
            size=67,
            sha256="00" * 32,
            created_at=now,
            created_by=user.id,
        ),
        "Export": Export(
            kind=ExportKind.DELIVERIES,
            format=ExportFormat.XLSX,
            language=Language.EN,
            **here,
            filters={},
            state=HandoutState.MAKING,
            asked_by=user.id,
            **_asked(now),
        ),
    }


def _kept(here: dict[str, Any], name: str, account: Account, user: User, now: datetime) -> dict[str, Base]:
    """What is kept about an account, a person, the unit, and what was decided there."""
    return {
        "Delegation": Delegation(id=new_id(), account_id=account.id, user_id=user.id, valid_from=LONG_AGO),
        "AccountEvent": AccountEvent(
            id=new_id(), account_id=account.id, at=now, change=AccountChange.CONNECTED, before={}, after={}
        ),
        "FollowerCount": FollowerCount(
            id=new_id(), account_id=account.id, day=date(2026, 6, 1), count=120, taken_at=now
        ),
        "Session": Session(
            id=new_id(),
            user_id=user.id,
            kind=SessionKind.APP,
            label="phone",
            created_at=now,
            last_used_at=now,
            expires_at=now + timedelta(days=30),
        ),
        "UnitAct": UnitAct(
            id=new_id(),
            kind=UnitActKind.RENAME,
            state=UnitActState.PROPOSED,
            **here,
            effective_on=date(2026, 1, 1),
            reason="名单更新",
            details={"unit_id": str(here["unit_id"]), "name": f"{name} renamed"},
            proposed_at=now,
        ),
        "AuditEntry": AuditEntry(
            id=new_id(), at=now, actor_id=user.id, act="createCampaign", about="Campaign", **here, details={}
        ),
    }


def _of_lesson(here: dict[str, Any], lesson: Any, user: User, now: datetime) -> dict[str, Base]:
    """What hangs on a draft."""
    content = Content.of_row(lesson).kept()
    times = {"opens_at": LONG_AGO, "closes_at": LONG_AGO, "created_at": LONG_AGO}
    call = LessonCall(id=new_id(), **here, title="征集", text="欢迎推荐。", **times)
    nomination = Nomination(
        id=new_id(),
        call_id=call.id,
        lesson_id=lesson.id,
        revision=1,
        **here,
        nominated_at=LONG_AGO,
        outcome=NominationOutcome.DECLINED,
    )
    return {
        "LessonCall": call,
        "Nomination": nomination,
        "Review": Review(id=new_id(), nomination_id=nomination.id, reviewer_id=user.id, assigned_at=LONG_AGO),
        "LessonRevision": LessonRevision(
            id=new_id(),
            lesson_id=lesson.id,
            unit_path=here["unit_path"],
            number=1,
            content=content,
            written_at=now,
        ),
        "PressKit": PressKit(**here, **_asked(now), lesson_id=lesson.id, contact="029-12345678"),
        "Practice": Practice(
            id=new_id(),
            lesson_id=lesson.id,
            **here,
            taught_on=LONG_AGO.date(),
            classes=1,
            children=30,
            class_hours=2,
            remark="",
            recorded_at=now,
        ),
    }


def _lesson(here: dict[str, Any], state: LessonState, now: datetime) -> Lesson:
    return Lesson(
        id=new_id(),
        **here,
        title="防溺水",
        service=ServiceKind.SELF_PROTECTION,
        theme="安全",
        text="六个不。",
        authors="",
        plan={"licence": Licence.CC_BY.value},
        state=state,
        created_at=now,
    )


def _place(world: World) -> None:
    for (noun, name), row in world.rows.items():
        kind = "Lesson" if noun == "Showcase" else noun
        world.places[global_id(kind, row.id)] = (noun, world.units[name].path)
    for (_role, _reach, name), user in world.people.items():
        world.places[global_id("User", user.id)] = ("User", world.units[name].path)
