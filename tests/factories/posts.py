"""A showcase lesson scheduled to accounts of a small tree."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts.commands import NewAccount, connect_accounts
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.campaigns.models import Campaign
from domain.hosts.commands import register_host
from domain.hosts.models import CALLS_KEPT_BACK, CALLS_PER_DAY, POSTS_PER_HOUR, Host
from domain.lessons.models import Lesson
from domain.posts.commands import schedule_lesson
from domain.posts.models import Approval, Delivery, Post
from domain.terms import HostKind, LessonState, Level, ServiceKind
from domain.uploads.models import Picture
from tests.factories.units import Tree, actor_at, add_user

DOMAIN = "qicai.example"


async def add_host(
    session: AsyncSession,
    keyring: Keyring,
    *,
    name: str = "sandbox",
    api_url: str = "http://127.0.0.1:9",
    settling_seconds: int = 1,
) -> Host:
    """A Weibo-speaking platform, committed; it allows a hundred times what Weibo does, like the sandbox."""
    host = await register_host(
        session,
        Actor.operator(),
        now=datetime.now(UTC),
        keyring=keyring,
        kind=HostKind.WEIBO,
        name=name,
        api_url=api_url,
        app_key="1",
        app_secret="not a secret",
        safe_domain=DOMAIN,
        settling_seconds=settling_seconds,
        calls_per_day=100 * CALLS_PER_DAY,
        calls_kept_back=100 * CALLS_KEPT_BACK,
        posts_per_hour=100 * POSTS_PER_HOUR,
    )
    await session.commit()
    return host


async def add_account(
    session: AsyncSession, tree: Tree, unit: str, host: Host, keyring: Keyring, *, uid: str = "", token: str = "token"
) -> Account:
    """An account of a unit, committed."""
    wanted = NewAccount(
        unit_id=tree[unit].id,
        uid=uid or str(2_000_000_000 + tree[unit].number),
        screen_name=f"{unit} account",
        token=token,
        token_expires_at=datetime.now(UTC) + timedelta(days=30),
    )
    await connect_accounts(
        session, Actor.operator(), now=datetime.now(UTC), keyring=keyring, host_id=host.id, accounts=[wanted]
    )
    await session.commit()
    query = select(Account).where(Account.host_id == host.id, Account.uid == wanted.uid)
    return (await session.execute(query)).scalar_one()


async def add_accounts(
    session: AsyncSession, tree: Tree, unit: str, host: Host, keyring: Keyring, *, count: int
) -> list[Account]:
    """Many accounts of one unit, committed."""
    wanted = [
        NewAccount(
            unit_id=tree[unit].id,
            uid=f"{tree[unit].number}-{number:05d}",
            screen_name=f"{unit} account {number}",
            token="token",
            token_expires_at=datetime.now(UTC) + timedelta(days=30),
        )
        for number in range(count)
    ]
    await connect_accounts(
        session, Actor.operator(), now=datetime.now(UTC), keyring=keyring, host_id=host.id, accounts=wanted
    )
    await session.commit()
    query = select(Account).where(Account.uid.in_([account.uid for account in wanted])).order_by(Account.uid)
    return list((await session.execute(query)).scalars())


async def add_lesson(session: AsyncSession, tree: Tree, *, state: LessonState = LessonState.SHOWCASE) -> Lesson:
    """A lesson of the nation, committed."""
    lesson = Lesson(
        id=new_id(),
        unit_id=tree["nation"].id,
        unit_path=tree["nation"].path,
        title="防溺水安全教育",
        service=ServiceKind.SELF_PROTECTION,
        theme="文明生活",
        text="六个不。",
        state=state,
        created_at=datetime.now(UTC),
    )
    session.add(lesson)
    await session.commit()
    return lesson


async def add_campaign(session: AsyncSession, tree: Tree) -> Campaign:
    """A campaign of the nation, committed."""
    campaign = Campaign(
        id=new_id(),
        unit_id=tree["nation"].id,
        unit_path=tree["nation"].path,
        title="六一推介",
        created_at=datetime.now(UTC),
    )
    session.add(campaign)
    await session.commit()
    return campaign


@dataclass
class Scheduled:
    """A post with its deliveries, upper levels first."""

    post: Post
    deliveries: list[Delivery]


async def schedule(
    session: AsyncSession,
    tree: Tree,
    lesson: Lesson,
    *,
    unit: str = "nation",
    levels: tuple[Level, ...] = (Level.NATIONAL, Level.PROVINCIAL, Level.PREFECTURE, Level.COUNTY),
    publish_at: datetime | None = None,
    spread_seconds: int = 0,
    campaign: Campaign | None = None,
    text: str = "示范课程推介",
    is_approved: bool = True,
    waits_for_upper: bool = False,
    picture: Picture | None = None,
) -> Scheduled:
    """Schedule a lesson from a unit to every account of the levels, committed; approved and due unless said."""
    now = datetime.now(UTC)
    user = await add_user(session, tree[unit], login=f"scheduler {new_id()}")
    scheduled = await schedule_lesson(
        session,
        actor_at(tree[unit], user_id=user.id),
        now=now,
        lesson_id=lesson.id,
        unit_id=tree[unit].id,
        campaign_id=campaign.id if campaign else None,
        levels=levels,
        text=text,
        picture_id=picture.id if picture else None,
        publish_at=publish_at or now - timedelta(seconds=1),
        spread_seconds=spread_seconds,
        waits_for_upper=waits_for_upper,
    )
    post = scheduled.post
    if is_approved:
        session.add(Approval(id=new_id(), post_id=post.id, revision=post.revision, approved_at=now))
    await session.commit()
    rows = await session.execute(
        select(Delivery).where(Delivery.post_id == post.id).order_by(Delivery.due_at, Delivery.id)
    )
    return Scheduled(post, list(rows.scalars()))
