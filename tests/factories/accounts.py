"""Accounts with people around them, and what is on record of an account."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.accounts import commands
from domain.accounts.models import Account, AccountEvent, Guidance
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.hosts.models import Host
from domain.refusals import Reason, Refusal
from domain.terms import AccountChange, Role
from tests.factories.posts import add_account, add_host
from tests.factories.units import NOW, Tree, actor_at, add_user, plant_tree

UNITS = ("nation", "east", "west", "east city", "north county", "south county", "far county")


@dataclass
class Office:
    """A small country with an account for most units; acts are committed, refusals rolled back."""

    session: AsyncSession
    tree: Tree
    host: Host
    accounts: dict[str, UUID]
    people: dict[tuple[str, Role], UUID] = field(default_factory=dict)

    async def somebody(self, unit: str, role: Role = Role.ADMINISTRATOR) -> Actor:
        """A person with this role at the unit, the same one each time."""
        return actor_at(self.tree[unit], role, user_id=await self.person(unit, role))

    async def person(self, unit: str, role: Role = Role.ADMINISTRATOR) -> UUID:
        if (unit, role) not in self.people:
            user = await add_user(self.session, self.tree[unit], role, login=f"{unit} {role} {new_id()}")
            self.people[unit, role] = user.id
        return self.people[unit, role]

    async def act(self, name: str, actor: Actor, *, now: datetime = NOW, **given: Any) -> Any:
        answer = await getattr(commands, name)(self.session, actor, now=now, **given)
        await self.session.commit()
        return answer

    async def refused(self, name: str, actor: Actor, *, now: datetime = NOW, **given: Any) -> tuple[Reason, str]:
        """Why an act is refused, and the input field at fault."""
        with pytest.raises(Refusal) as caught:
            await getattr(commands, name)(self.session, actor, now=now, **given)
        await self.session.rollback()
        assert caught.value.words("zh") != caught.value.words("en")
        return caught.value.reason, ".".join(caught.value.path)

    async def account(self, unit: str) -> Account:
        """The unit's account as it is in the database."""
        return await self.session.get_one(Account, self.accounts[unit], populate_existing=True)

    async def guidance(self, unit: str, title: str = "县级账号") -> UUID:
        """A guidance that the unit wrote."""
        guidance: Guidance = await self.act(
            "write_guidance", await self.somebody(unit), unit_id=self.tree[unit].id, title=title, text="每周一条。"
        )
        return guidance.id

    async def history(self, unit: str) -> list[AccountEvent]:
        """What is on record of the unit's account since it was connected."""
        own = (AccountEvent.account_id == self.accounts[unit], AccountEvent.change != AccountChange.CONNECTED)
        # In the order of writing: many happen at one instant of a test. Rows alone take places that others left.
        query = (
            select(AccountEvent).where(*own).order_by(text("account_events.xmin::text::bigint, account_events.ctid"))
        )
        return list((await self.session.execute(query)).scalars())

    async def disable(self, user_id: UUID) -> None:
        user = await self.session.get_one(User, user_id)
        user.disabled_at = NOW
        await self.session.commit()


async def open_office(session: AsyncSession, keyring: Keyring) -> Office:
    """All of it committed."""
    tree, host = await plant_tree(session), await add_host(session, keyring)
    accounts = {unit: (await add_account(session, tree, unit, host, keyring)).id for unit in UNITS}
    for unit in tree.units.values():
        # Tests read units after a refusal was rolled back.
        session.expunge(unit)
    return Office(session, tree, host, accounts)
