"""After any sequence of acts on any dates, every date shows one tree, and everything that copies it agrees."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.models import Base
from domain.lessons.models import Lesson
from domain.refusals import Refusal
from domain.terms import Level, ServiceKind, UnitActState, UnitKind
from domain.units import commands
from domain.units.models import Unit, UnitAct, UnitPlace, UnitVersion
from domain.units.rules import label
from tests.factories.posts import add_host
from tests.factories.units import NOW, Tree, plant_tree

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 20)
THEN = datetime(2026, 1, 20, 4, tzinfo=UTC)
PLANTED = date(2010, 5, 4)
DEEPEST = max(level.depth for level in Level)


@dataclass
class History:
    """Everything there is to know of a tree, read without any of the code under test."""

    units: dict[UUID, Unit]
    versions: list[UnitVersion]
    places: list[UnitPlace]
    facts: dict[UUID, list[UnitVersion]] = field(default_factory=dict)
    stood: dict[UUID, list[UnitPlace]] = field(default_factory=dict)

    def days(self) -> list[date]:
        """Every day on which something began or ended, and the days beside it."""
        edges = {day for row in [*self.versions, *self.places] for day in (row.valid_from, row.valid_to) if day}
        return sorted({day + timedelta(days=step) for day in edges | {LAST} for step in (-1, 0, 1)})

    def on(self, day: date) -> dict[UUID, UnitVersion]:
        found = {}
        for version in self.versions:
            if covers(version, day):
                assert version.unit_id not in found
                found[version.unit_id] = version
        return found


def covers(period: Any, day: date) -> bool:
    return bool(period.valid_from <= day and (period.valid_to is None or day < period.valid_to))


async def history_of(session: AsyncSession) -> History:
    session.expire_all()

    async def every(model: type[Base]) -> Sequence[Any]:
        return (await session.execute(select(model))).scalars().all()

    return History({u.id: u for u in await every(Unit)}, list(await every(UnitVersion)), list(await every(UnitPlace)))


def path_on(history: History, then: dict[UUID, UnitVersion], unit_id: UUID, *, by_land: bool) -> str:
    """Walk up, one step at a time."""
    path, above, steps = "", unit_id, 0
    while above is not None:
        assert above in then, "an orphan"
        path = f"{label(history.units[above].number)}.{path}"
        version = then[above]
        above = version.territory_id or version.parent_id if by_land else version.parent_id  # type: ignore[assignment]
        steps += 1
        assert steps <= DEEPEST, "a cycle"
    return path


def check_day(history: History, day: date) -> None:
    then = history.on(day)
    if not then:
        assert day < PLANTED
        return
    roots = [history.units[unit_id].level for unit_id, version in then.items() if version.parent_id is None]
    assert roots == [Level.NATIONAL]
    codes = [version.code for version in then.values()]
    assert len(codes) == len(set(codes))
    for unit_id, version in then.items():
        for above in (version.parent_id, version.territory_id):
            assert above is None or above in then
            assert above is None or history.units[above].level.depth < history.units[unit_id].level.depth
    places = [place for place in history.places if covers(place, day)]
    assert {place.unit_id for place in places} == set(then)
    assert len(places) == len(then)
    for place in places:
        assert place.path == path_on(history, then, place.unit_id, by_land=False)
        assert place.territory_path == path_on(history, then, place.unit_id, by_land=True)


def check_today(history: History) -> None:
    """The rows of today say the same as the history, and a closed unit lies below whoever has what it had."""
    then = history.on(LAST)
    for unit in history.units.values():
        step = f"{label(unit.number)}."
        if unit.closed_on is not None:
            above = history.units[unit.successor_id or unit.parent_id]  # type: ignore[index]
            assert unit.id not in then
            assert unit.path == above.path + step
            assert all(
                v.valid_to is not None and v.valid_to <= unit.closed_on
                for v in history.versions
                if v.unit_id == unit.id
            )
            continue
        version = then[unit.id]
        facts = ("code", "name", "kind", "parent_id", "territory_id")
        assert [getattr(unit, name) for name in facts] == [getattr(version, name) for name in facts]
        assert unit.successor_id is None
        assert unit.path == path_on(history, then, unit.id, by_land=False)
        assert unit.territory_path == path_on(history, then, unit.id, by_land=True)
        assert covers(unit_period(unit), LAST)
        # Open without a gap since the day that its row says.
        assert all((day in _days_open(history, unit.id)) for day in (unit.opened_on, LAST))


def unit_period(unit: Unit) -> Any:
    return UnitPlace(valid_from=unit.opened_on, valid_to=unit.closed_on)


def _days_open(history: History, unit_id: UUID) -> set[date]:
    own = [version for version in history.versions if version.unit_id == unit_id]
    return {
        day for day in [*history.days(), LAST, history.units[unit_id].opened_on] if any(covers(v, day) for v in own)
    }


def check_pieces(history: History) -> None:
    """Places are whole: no two neighbours of one path."""
    by_start = {(place.unit_id, place.valid_from): place for place in history.places}
    for place in history.places:
        after = by_start.get((place.unit_id, place.valid_to)) if place.valid_to else None
        assert after is None or (after.path, after.territory_path) != (place.path, place.territory_path)


async def check_copies(session: AsyncSession, history: History) -> None:
    for model in (Lesson, Account, Grant, User):
        for row in (await session.execute(select(model))).scalars():
            unit = history.units[row.unit_id]
            assert row.unit_path == unit.path
            if model in (Account, User):
                assert unit.successor_id is None
            if isinstance(row, Account):
                assert row.level is unit.level
            if isinstance(row, Grant):
                assert unit.closed_on is None or row.valid_to is not None
    for act in (await session.execute(select(UnitAct))).scalars():
        assert act.state is UnitActState.DONE
        assert act.unit_path in {unit.path for unit in history.units.values()}


async def check(session: AsyncSession) -> None:
    history = await history_of(session)
    for day in history.days():
        check_day(history, day)
    check_today(history)
    check_pieces(history)
    await check_copies(session, history)


COUNTS: list[str] = []
VERBS = ["open_unit", "move_unit", "move_unit", "merge_units", "split_unit", "split_unit", "close_unit", "rename_unit"]
VERBS += ["reopen_unit", "reopen_unit", "reopen_unit"]


@dataclass
class Acts:
    """Draws acts that are mostly possible, and does them."""

    session: AsyncSession
    data: st.DataObject
    done: list[str] = field(default_factory=list)
    latest: date = FIRST
    made: int = 0

    async def one(self) -> None:
        # As they stand: what the session still holds depends on when memory was tidied, which no draw can repeat.
        query = select(Unit).order_by(Unit.number).execution_options(populate_existing=True)
        units = (await self.session.execute(query)).scalars().all()
        verb = self.draw(VERBS)
        wish = getattr(self, f"_{verb}")([u for u in units if u.closed_on is None], units)
        if wish is None:
            return
        # Mostly one after the other, now and then behind what was done before.
        since = FIRST if self.data.draw(st.integers(0, 2)) == 0 else self.latest
        day = since + timedelta(days=self.data.draw(st.integers(0, 4)))
        day = min(day, LAST)
        try:
            await getattr(commands, verb)(
                self.session, Actor.operator(), now=THEN, effective_on=day, reason="试验", **wish
            )
            await self.session.commit()
            self.done.append(verb)
            self.latest = max(self.latest, day)
        except Refusal:
            await self.session.rollback()

    def draw(self, choices: Sequence[Any]) -> Any:
        return self.data.draw(st.sampled_from(choices))

    def code(self) -> str:
        self.made += 1
        return self.draw([f"N{self.made}"] * 4 + ["N1", "T7"])

    def _open_unit(self, here: Sequence[Unit], _all: Sequence[Unit]) -> dict[str, Any] | None:
        parent = self.draw([unit for unit in here if unit.level is not Level.GRASSROOTS])
        level = self.draw([level for level in Level if level.depth > parent.level.depth])
        land = self.draw([None, None, *here])
        wish = {
            "parent_id": parent.id,
            "code": self.code(),
            "name": "新设",
            "level": level,
            "kind": UnitKind.TERRITORIAL,
        }
        return wish | {"territory_id": land.id if land else None}

    def _rename_unit(self, here: Sequence[Unit], _all: Sequence[Unit]) -> dict[str, Any] | None:
        name = self.draw(["甲", "乙", "丙"])
        return {"unit_id": self.draw(here).id, "name": name, "code": self.draw([None, self.code()])}

    def _move_unit(self, here: Sequence[Unit], _all: Sequence[Unit]) -> dict[str, Any] | None:
        unit = self.draw(here)
        upper = [other for other in here if other.level.depth < unit.level.depth]
        if not upper:
            return None
        land, parent = self.draw([None, None, *upper]), self.draw([None, *upper, *_fresh(upper)])
        return {
            "unit_id": unit.id,
            "parent_id": parent.id if parent else None,
            "territory_id": land.id if land else None,
            "leaves_territory": self.draw([False, False, True]),
        }

    def _merge_units(self, here: Sequence[Unit], _all: Sequence[Unit]) -> dict[str, Any] | None:
        into = self.draw(here)
        peers = [unit.id for unit in here if unit.level is into.level and unit.id != into.id]
        if not peers:
            return None
        return {
            "unit_ids": self.data.draw(st.lists(st.sampled_from(peers), min_size=1, max_size=2, unique=True)),
            "into_id": into.id,
        }

    def _split_unit(self, here: Sequence[Unit], _all: Sequence[Unit]) -> dict[str, Any] | None:
        unit = self.draw(here)
        children = [other.id for other in here if other.parent_id == unit.id]
        cut = self.data.draw(st.integers(0, len(children)))
        parts = [("左", children[:cut]), ("右", children[cut:])]
        codes = self.draw([[unit.code, self.code()], [self.code(), self.code()]])
        named = [{"code": code, "name": n, "child_ids": ids} for code, (n, ids) in zip(codes, parts, strict=True)]
        return {"unit_id": unit.id, "parts": named}

    def _close_unit(self, here: Sequence[Unit], _all: Sequence[Unit]) -> dict[str, Any] | None:
        above = {unit.parent_id for unit in here}
        leaves = [unit for unit in here if unit.id not in above]
        leaves += [unit for unit in leaves if unit.level is not Level.GRASSROOTS] * 3
        heir = self.draw([None, *here])
        return {"unit_id": self.draw(leaves or here).id, "successor_id": heir.id if heir else None}

    def _reopen_unit(self, here: Sequence[Unit], all_: Sequence[Unit]) -> dict[str, Any] | None:
        closed = [unit for unit in all_ if unit.closed_on is not None]
        if not closed:
            return None
        unit = self.draw(closed)
        upper = [other for other in here if other.level.depth < unit.level.depth]
        return {"unit_id": unit.id, "parent_id": self.draw(upper).id}


def _fresh(units: Sequence[Unit]) -> list[Unit]:
    """Those that have not always been there: what goes below them must not have been there before."""
    return [unit for unit in units if unit.opened_on != PLANTED] * 3


@asynccontextmanager
async def undone(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """A session whose commits are undone with it, so that every example starts from nothing."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
        await outer.rollback()


async def furnish(session: AsyncSession, tree: Tree, keyring: Any) -> None:
    """A lesson, an account, a person and a grant at every unit."""
    host = await add_host(session, keyring)
    for unit in tree.units.values():
        at = {"unit_id": unit.id, "unit_path": unit.path}
        lesson = {
            "title": "课",
            "service": ServiceKind.SELF_PROTECTION,
            "theme": "安全",
            "text": "文",
            "created_at": NOW,
        }
        session.add(Lesson(id=new_id(), **at, **lesson))
        user = User(id=new_id(), login=f"at {unit.number}", name="某人", created_at=NOW, **at)
        session.add(user)
        await session.flush()
        session.add(
            Grant(id=new_id(), user_id=user.id, role="VIEWER", valid_from=datetime(2025, 1, 1, tzinfo=UTC), **at)
        )
        named = {"uid": str(unit.number), "screen_name": "号", "token": "sealed", "state_since": NOW, "created_at": NOW}
        session.add(Account(id=new_id(), host_id=host.id, level=unit.level, **at, **named))
    await session.commit()


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(data=st.data())
async def test_every_date_shows_one_tree_after_any_sequence_of_acts(
    engine: AsyncEngine, keyring: Any, data: st.DataObject
):
    async with undone(engine) as session:
        tree = await plant_tree(session)
        await furnish(session, tree, keyring)
        lodge = {"unit_id": tree["far county"].id, "territory_id": tree["east city"].id}
        await commands.move_unit(session, Actor.operator(), now=THEN, effective_on=PLANTED, reason="属地", **lodge)
        await session.commit()
        acts = Acts(session, data)
        for _ in range(data.draw(st.integers(1, 12))):
            await acts.one()
        COUNTS.extend(acts.done)
        await check(session)


@pytest.fixture(scope="module", autouse=True)
def _every_act_was_done() -> Iterator[None]:
    """Acts that are always refused would prove nothing."""
    yield
    assert set(COUNTS) == set(VERBS)
