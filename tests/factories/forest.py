"""A larger tree with everything in it, the same for the same seed, for tests that compare reads with Python."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.ids import new_code, new_id
from domain.base.keyring import Keyring
from domain.engagement.models import Snapshot
from domain.hosts.models import Host
from domain.posts.lifecycle import Event
from domain.posts.models import Attempt, Delivery, Post
from domain.terms import AttemptKind, DeliveryState, Level, UnitKind
from domain.units.models import Unit
from domain.units.rules import label
from tests.factories.deliveries import add_post
from tests.factories.posts import add_campaign, add_host, add_lesson
from tests.factories.units import NOW, Tree

# How many units stand below one, at least and at most.
BELOW = {Level.NATIONAL: (3, 3), Level.PROVINCIAL: (2, 4), Level.PREFECTURE: (0, 5)}


@dataclass
class Forest:
    """Everything that was planted; relations are found by ids, as the test does it itself."""

    host: Host
    units: list[Unit] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)

    def children_of(self, unit: Unit) -> list[Unit]:
        return sorted((other for other in self.units if other.parent_id == unit.id), key=lambda other: other.path)

    def deliveries_of(self, post: Post) -> list[Delivery]:
        own = (delivery for delivery in self.deliveries if delivery.post_id == post.id)
        return sorted(own, key=lambda delivery: (delivery.due_at, delivery.id))


async def plant_forest(session: AsyncSession, keyring: Keyring, *, seed: int = 7) -> Forest:
    """About fifty units with accounts, two posts to all of them, attempts and snapshots; committed."""
    chance = Random(seed)
    forest = Forest(await add_host(session, keyring))
    numbers = chance.sample(range(1, 36**3), 200)
    nation = _unit(None, Level.NATIONAL, numbers.pop())
    forest.units = [nation, *_below(nation, chance, numbers)]
    forest.accounts = [_account(u, forest.host, n) for u in forest.units for n in range(chance.randint(0, 2))]
    # In no order, so that no read is right by the accident of insertion.
    chance.shuffle(forest.units)
    chance.shuffle(forest.accounts)
    session.add_all([unit for level in Level for unit in forest.units if unit.level is level])
    await session.flush()
    session.add_all(forest.accounts)
    await session.commit()
    tree = Tree({"nation": nation})
    lesson, campaign = await add_lesson(session, tree), await add_campaign(session, tree)
    forest.posts = [await add_post(session, tree, lesson, campaign=campaign) for _ in range(2)]
    forest.deliveries = [_delivery(post, account, chance) for post in forest.posts for account in forest.accounts]
    session.add_all(forest.deliveries)
    await session.flush()
    forest.attempts = [_attempt(d, n) for d in forest.deliveries for n in range(chance.randint(0, 3))]
    forest.snapshots = [_snapshot(d, n) for d in forest.deliveries for n in range(chance.randint(0, 3))]
    session.add_all([*forest.attempts, *forest.snapshots])
    await session.commit()
    return forest


def _below(parent: Unit, chance: Random, numbers: list[int]) -> list[Unit]:
    units: list[Unit] = []
    for _ in range(chance.randint(*BELOW.get(parent.level, (0, 0)))):
        unit = _unit(parent, list(Level)[parent.level.depth], numbers.pop())
        units += [unit, *_below(unit, chance, numbers)]
    return units


def _unit(parent: Unit | None, level: Level, number: int) -> Unit:
    return Unit(
        id=new_id(),
        number=number,
        code=f"F{number}",
        name=f"{level.value.lower()} {number}",
        level=level,
        kind=UnitKind.TERRITORIAL,
        parent_id=parent.id if parent else None,
        path=f"{parent.path if parent else ''}{label(number)}.",
        territory_path=f"{parent.path if parent else ''}{label(number)}.",
        opened_on=date(2010, 5, 4),
    )


def _account(unit: Unit, host: Host, number: int) -> Account:
    return Account(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        level=unit.level,
        host_id=host.id,
        uid=f"{unit.code}-{number}",
        screen_name=f"{unit.name} account {number}",
        token="sealed",
        state_since=NOW,
        created_at=NOW,
    )


def _delivery(post: Post, account: Account, chance: Random) -> Delivery:
    # Few instants, so that the order often rests on the id.
    due_at = NOW + timedelta(minutes=chance.randint(0, 3))
    return Delivery(
        id=new_id(),
        post_id=post.id,
        account_id=account.id,
        unit_id=account.unit_id,
        unit_path=account.unit_path,
        text=post.text,
        code=new_code(),
        key=new_id(),
        state=chance.choice([DeliveryState.SCHEDULED, DeliveryState.PUBLISHED, DeliveryState.FAILED]),
        due_at=due_at,
        try_at=due_at,
    )


def _attempt(delivery: Delivery, number: int) -> Attempt:
    return Attempt(
        id=new_id(),
        delivery_id=delivery.id,
        kind=AttemptKind.SUBMIT,
        fence=number,
        claimed_at=NOW,
        settled_at=NOW,
        event=Event.NOT_SENT,
    )


def _snapshot(delivery: Delivery, slot: int) -> Snapshot:
    return Snapshot(id=new_id(), delivery_id=delivery.id, slot=slot, taken_at=NOW, reposts=slot)
