"""Sealed columns under another key: in batches, in order, and which key seals how much."""

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.accounts.sealing import SEALED, keys_in_use, reseal
from domain.base.keyring import Keyring
from domain.base.models import Base
from domain.hosts.models import Host
from tests.factories.accounts import UNITS, Office

NEW = Keyring("k2", {"k1": bytes(range(32)), "k2": bytes(32)})


async def test_batches_go_through_a_column_in_order(office: Office, session: AsyncSession):
    last, sizes = None, []
    while True:
        batch = await reseal(session, name="accounts:token", keyring=NEW, after=last, limit=3)
        await session.commit()
        if batch.last is None:
            break
        last = batch.last
        sizes.append(batch.resealed)
    assert sizes == [3, 3, 1]
    assert await keys_in_use(session) == {"accounts:token": {"k2": len(UNITS)}, "hosts:app_secret": {"k1": 1}}
    for row_id, token in await session.execute(select(Account.id, Account.token)):
        assert NEW.open(token, row=f"accounts:token:{row_id}") == "token"


async def test_the_secret_of_a_platform_is_sealed_anew(office: Office, session: AsyncSession):
    batch = await reseal(session, name="hosts:app_secret", keyring=NEW, after=None, limit=3)
    await session.commit()
    assert (batch.resealed, batch.unreadable, batch.last) == (1, (), office.host.id)
    row_id, secret = (await session.execute(select(Host.id, Host.app_secret))).one()
    assert NEW.open(secret, row=f"hosts:app_secret:{row_id}") == "not a secret"


async def test_a_value_moved_from_another_row_is_named_and_left(office: Office, session: AsyncSession):
    stolen = (await office.account("east")).token
    victim = office.accounts["west"]
    await session.execute(update(Account).where(Account.id == victim).values(token=stolen))
    await session.commit()
    batch = await reseal(session, name="accounts:token", keyring=NEW, after=None, limit=99)
    await session.commit()
    assert (batch.resealed, batch.unreadable) == (len(UNITS) - 1, (victim,))
    assert (await office.account("west")).token == stolen


def test_every_column_that_is_sealed_is_on_the_list():
    named = {
        f"{mapper.local_table.description}:{name}"
        for mapper in Base.registry.mappers
        for name in mapper.columns.keys()  # noqa: SIM118 - a collection of columns
        if name in ("token", "app_secret")
    }
    assert named == set(SEALED)
