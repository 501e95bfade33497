"""Scheduling a showcase lesson, and every reason for which it is refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.campaigns.commands import create_campaign
from domain.hosts.models import Host
from domain.lessons.models import Lesson
from domain.posts import rules
from domain.posts.commands import Scheduling, schedule_lesson
from domain.posts.models import Delivery, Post
from domain.refusals import Conflict, Invalid, NotFound, Reason, Refusal
from domain.terms import AccountState, DeliveryState, LessonState, Level, Role, UpperPosting
from integrations.database import Sessions
from tests.factories.deliveries import change
from tests.factories.posts import DOMAIN, add_account, add_accounts, add_campaign, add_host, add_lesson
from tests.factories.statements import statements_of
from tests.factories.units import NOW, Tree, actor_at, add_user, plant_tree

UNITS = ["far county", "north county", "east city", "west", "east", "nation"]
ALL = tuple(Level)
SOON = NOW + timedelta(hours=1)


class Desk:
    """Where somebody of a unit schedules; every argument is sound unless a test says otherwise."""

    def __init__(self, session: AsyncSession, tree: Tree, host: Host, lesson: Lesson, user_id: Any) -> None:
        self.session, self.tree, self.host, self.lesson, self.user_id = session, tree, host, lesson, user_id

    async def schedule(self, actor: Actor | None = None, **arguments: Any) -> Post:
        return (await self.scheduling(actor, **arguments)).post

    async def scheduling(self, actor: Actor | None = None, **arguments: Any) -> Scheduling:
        nation = self.tree["nation"]
        sound: dict[str, Any] = {
            "now": NOW,
            "lesson_id": self.lesson.id,
            "unit_id": nation.id,
            "levels": ALL,
            "text": "示范课程推介",
            "publish_at": SOON,
        }
        scheduling = await schedule_lesson(
            self.session, actor or actor_at(nation, user_id=self.user_id), **(sound | arguments)
        )
        await self.session.commit()
        self.by_release = scheduling.by_release
        return scheduling

    async def refused(self, actor: Actor | None = None, **arguments: Any) -> Refusal:
        with pytest.raises(Refusal) as caught:
            await self.schedule(actor, **arguments)
        assert await self.session.scalar(select(func.count()).select_from(Post)) == 0
        return caught.value

    async def deliveries(self, post: Post) -> list[tuple[Delivery, Account]]:
        query = (
            select(Delivery, Account)
            .join(Account, Account.id == Delivery.account_id)
            .where(Delivery.post_id == post.id)
            .order_by(Delivery.due_at, Delivery.id)
        )
        return [(delivery, account) for delivery, account in await self.session.execute(query)]

    def somebody(self, unit: str, role: Role = Role.ADMINISTRATOR) -> Actor:
        return actor_at(self.tree[unit], role, user_id=self.user_id)


@pytest.fixture
async def desk(session: AsyncSession, keyring: Keyring) -> Desk:
    tree = await plant_tree(session)
    host = await add_host(session, keyring)
    for unit in UNITS:
        await add_account(session, tree, unit, host, keyring)
    user = await add_user(session, tree["nation"])
    return Desk(session, tree, host, await add_lesson(session, tree), user.id)


async def test_every_account_of_the_levels_gets_its_own_delivery(desk: Desk):
    post = await desk.schedule(levels=[Level.COUNTY, Level.PROVINCIAL], text="  推介 ")
    rows = await desk.deliveries(post)
    names = {account.screen_name for _, account in rows}
    assert names == {"east account", "west account", "north county account", "far county account"}
    for delivery, account in rows:
        assert delivery.text == f"推介 https://{DOMAIN}/s/{delivery.code}"
        assert delivery.key == rules.delivery_key(delivery.id, delivery.text)
        assert delivery.unit_path == account.unit_path
        assert delivery.state is DeliveryState.SCHEDULED
        assert delivery.due_at == delivery.try_at == SOON
        assert (delivery.tries, delivery.looks, delivery.fence, delivery.problem) == (0, 0, None, None)
    assert len({delivery.code for delivery, _ in rows}) == 4


async def test_the_post_keeps_who_asked_and_for_what(desk: Desk):
    campaign = await add_campaign(desk.session, desk.tree)
    post = await desk.schedule(campaign_id=campaign.id, spread_seconds=600)
    await desk.session.refresh(post)
    assert (post.unit_id, post.unit_path) == (desk.tree["nation"].id, desk.tree["nation"].path)
    assert (post.lesson_id, post.campaign_id, post.created_by) == (desk.lesson.id, campaign.id, desk.user_id)
    assert (post.publish_at, post.spread_seconds, post.created_at) == (SOON, 600, NOW)
    assert post.cancelled_at is None


@pytest.mark.parametrize("spread_seconds", [0, 120])
async def test_upper_levels_go_out_first(desk: Desk, spread_seconds: int):
    post = await desk.schedule(spread_seconds=spread_seconds)
    rows = await desk.deliveries(post)
    assert [account.screen_name.removesuffix(" account") for _, account in rows] == [
        "nation",
        "east",
        "west",
        "east city",
        "north county",
        "far county",
    ]
    step = timedelta(seconds=spread_seconds) / 6
    assert [delivery.due_at for delivery, _ in rows] == [SOON + step * place for place in range(6)]


async def test_only_accounts_within_the_unit_are_meant(desk: Desk):
    posts = [
        await desk.schedule(unit_id=desk.tree["east"].id),
        await desk.schedule(within_unit_id=desk.tree["east"].id),
        await desk.schedule(within_unit_id=desk.tree["nation"].id),
    ]
    assert [len(await desk.deliveries(post)) for post in posts] == [3, 3, 6]
    assert [post.unit_id for post in posts] == [desk.tree[unit].id for unit in ("east", "nation", "nation")]


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.UNAUTHORIZED])
async def test_an_account_out_of_use_gets_no_delivery(desk: Desk, state: AccountState):
    query = select(Account).where(Account.screen_name == "east account")
    await change(desk.session, (await desk.session.execute(query)).scalar_one(), state=state)
    assert len(await desk.deliveries(await desk.schedule())) == 5


async def test_a_unit_that_takes_posts_by_release_only_is_left_out_of_what_the_levels_above_post(desk: Desk):
    for unit in ("east", "far county"):
        await change(desk.session, desk.tree[unit], upper_posting=UpperPosting.BY_RELEASE)
    names = [account.screen_name for _, account in await desk.deliveries(await desk.schedule())]
    assert set(names) == {f"{unit} account" for unit in UNITS} - {"east account", "far county account"}
    assert desk.by_release == 2
    # What the unit's own people post is its own.
    own = await desk.schedule(desk.somebody("east"), unit_id=desk.tree["east"].id, levels=[Level.PROVINCIAL])
    assert [account.screen_name for _, account in await desk.deliveries(own)] == ["east account"]
    assert desk.by_release == 0


async def test_speaking_in_a_units_name_from_above_is_posting_from_above(desk: Desk):
    east = desk.tree["east"].id
    await change(desk.session, desk.tree["east"], upper_posting=UpperPosting.BY_RELEASE)
    refusal = await desk.refused(desk.somebody("nation"), unit_id=east, levels=[Level.PROVINCIAL])
    assert refusal.reason is Reason.ONLY_BY_RELEASE
    post = await desk.schedule(desk.somebody("nation"), unit_id=east, levels=[Level.PROVINCIAL, Level.COUNTY])
    assert [account.level for _, account in await desk.deliveries(post)] == [Level.COUNTY]
    assert desk.by_release == 1


async def test_where_every_unit_takes_posts_by_release_only_the_refusal_says_so(desk: Desk):
    await change(desk.session, desk.tree["east"], upper_posting=UpperPosting.BY_RELEASE)
    refusal = await desk.refused(within_unit_id=desk.tree["east"].id, levels=[Level.PROVINCIAL])
    assert (refusal.reason, refusal.path, refusal.facts) == (Reason.ONLY_BY_RELEASE, ("levels",), {"count": 1})


async def test_a_media_manager_of_a_province_promotes_the_nations_lesson(desk: Desk):
    manager = desk.somebody("east", Role.MEDIA_MANAGER)
    post = await desk.schedule(manager, unit_id=desk.tree["east"].id)
    assert len(await desk.deliveries(post)) == 3


@pytest.mark.parametrize(
    ("unit", "role", "arguments", "reason", "path"),
    [
        # Whoever may not even see a unit learns no more than that there is none.
        ("east", Role.ADMINISTRATOR, {"unit_id": "west"}, Reason.NOT_FOUND, "unitId"),
        ("east", Role.ADMINISTRATOR, {"unit_id": "nation"}, Reason.NOT_FOUND, "unitId"),
        ("east", Role.VIEWER, {"unit_id": "east"}, Reason.NOT_PERMITTED, "unitId"),
        ("east", Role.ADMINISTRATOR, {"unit_id": "east", "within_unit_id": "west"}, Reason.NOT_FOUND, "withinUnitId"),
        ("east", Role.ADMINISTRATOR, {"unit_id": "east", "within_unit_id": "nation"}, Reason.NOT_FOUND, "withinUnitId"),
    ],
)
async def test_the_permission_is_needed_at_both_units(
    desk: Desk, unit: str, role: Role, arguments: dict[str, str], reason: Reason, path: str
):
    ids: dict[str, Any] = {name: desk.tree[unit_name].id for name, unit_name in arguments.items()}
    refusal = await desk.refused(desk.somebody(unit, role), **ids)
    assert (refusal.reason, refusal.path) == (reason, (path,))


@pytest.mark.parametrize(
    ("argument", "what", "path"),
    [
        ("unit_id", "unit", "unitId"),
        ("within_unit_id", "unit", "withinUnitId"),
        ("lesson_id", "lesson", "lessonId"),
        ("campaign_id", "campaign", "campaignId"),
    ],
)
async def test_what_does_not_exist_is_not_found(desk: Desk, argument: str, what: str, path: str):
    unknown: dict[str, Any] = {argument: new_id()}
    refusal = await desk.refused(**unknown)
    assert isinstance(refusal, NotFound)
    assert (refusal.path, refusal.facts) == ((path,), {"what": what})


async def test_a_closed_unit_posts_nothing(desk: Desk):
    await change(desk.session, desk.tree["west"], closed_on=date(2026, 1, 1))
    refusal = await desk.refused(unit_id=desk.tree["west"].id)
    assert (refusal.reason, refusal.path) == (Reason.NOT_FOUND, ("unitId",))


@pytest.mark.parametrize(
    ("arguments", "reason", "path", "facts"),
    [
        ({"publish_at": datetime(2026, 6, 1, 9)}, Reason.TIME_WITHOUT_ZONE, "publishAt", {}),  # noqa: DTZ001
        ({"publish_at": NOW - timedelta(minutes=2, seconds=1)}, Reason.TIME_PASSED, "publishAt", {}),
        ({"publish_at": NOW + timedelta(days=733)}, Reason.TIME_TOO_FAR, "publishAt", {"days": 732}),
        ({"publish_at": datetime.max.replace(tzinfo=UTC)}, Reason.TIME_TOO_FAR, "publishAt", {"days": 732}),
        ({"spread_seconds": -1}, Reason.SPREAD_INVALID, "spreadSeconds", {"limit": 86_400}),
        ({"spread_seconds": 86_401}, Reason.SPREAD_INVALID, "spreadSeconds", {"limit": 86_400}),
        ({"text": " \n"}, Reason.TEXT_EMPTY, "text", {}),
        ({"text": "#七彩课堂# 来了"}, Reason.TEXT_HAS_TOPIC, "text", None),
        ({"text": "七" * 140}, Reason.TEXT_TOO_LONG, "text", None),
        ({"levels": []}, Reason.NO_ACCOUNTS, "levels", {}),
        ({"levels": [Level.GRASSROOTS]}, Reason.NO_ACCOUNTS, "levels", {}),
    ],
)
async def test_an_input_that_breaks_a_rule_is_refused_with_its_field(
    desk: Desk, arguments: dict[str, Any], reason: Reason, path: str, facts: dict[str, Any] | None
):
    refusal = await desk.refused(**arguments)
    assert isinstance(refusal, Invalid)
    assert (refusal.reason, refusal.path) == (reason, (path,))
    assert facts is None or refusal.facts == facts
    assert refusal.words("zh")
    assert refusal.words("en")


@pytest.mark.parametrize("publish_at", [NOW - timedelta(minutes=2), NOW, NOW + timedelta(days=732)])
async def test_now_said_a_little_late_and_a_year_ahead_are_both_taken(desk: Desk, publish_at: datetime):
    post = await desk.schedule(publish_at=publish_at, spread_seconds=86_400)
    assert {delivery.due_at >= publish_at for delivery, _ in await desk.deliveries(post)} == {True}


async def test_a_draft_is_not_promoted(desk: Desk):
    await change(desk.session, desk.lesson, state=LessonState.DRAFT)
    refusal = await desk.refused()
    assert isinstance(refusal, Conflict)
    assert (refusal.reason, refusal.path) == (Reason.LESSON_NOT_SHOWCASE, ("lessonId",))


async def test_whoever_may_not_see_a_draft_does_not_learn_that_it_is_one(desk: Desk):
    await change(desk.session, desk.lesson, state=LessonState.DRAFT)
    refusal = await desk.refused(desk.somebody("east"), unit_id=desk.tree["east"].id)
    assert (refusal.reason, refusal.path) == (Reason.NOT_FOUND, ("lessonId",))


async def test_a_campaign_of_another_unit_needs_the_permission_there(desk: Desk):
    campaign = await add_campaign(desk.session, desk.tree)
    arguments = {"unit_id": desk.tree["east"].id, "campaign_id": campaign.id}
    refusal = await desk.refused(desk.somebody("east"), **arguments)
    # Whoever stands below sees it, and is told that it asks nothing of them; to others it is not there.
    assert (refusal.reason, refusal.path) == (Reason.CAMPAIGN_ASKS_NOTHING, ("campaignId",))
    of_east = await create_campaign(
        desk.session, desk.somebody("east"), now=NOW, unit_id=desk.tree["east"].id, title="本省"
    )
    hidden = await desk.refused(desk.somebody("west"), unit_id=desk.tree["west"].id, campaign_id=of_east.id)
    assert (hidden.reason, hidden.path, hidden.facts) == (Reason.NOT_FOUND, ("campaignId",), {"what": "campaign"})


async def test_scheduling_to_many_costs_as_many_statements_as_to_one(
    desk: Desk, sessions: Sessions, engine: AsyncEngine, keyring: Keyring
):
    await add_accounts(desk.session, desk.tree, "north town", desk.host, keyring, count=500)
    sizes, counts = [], []
    for level in (Level.NATIONAL, Level.GRASSROOTS):
        async with sessions() as own:
            elsewhere = Desk(own, desk.tree, desk.host, desk.lesson, desk.user_id)
            with statements_of(engine) as sent:
                post = await elsewhere.schedule(levels=[level])
        sizes.append(len(sent))
        counts.append(len(await desk.deliveries(post)))
    assert counts == [1, 500]
    assert sizes == [13, 13]
