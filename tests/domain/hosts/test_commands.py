"""Platforms: known by name, their secret sealed, their pauses never shortened."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring, SecretUnreadable
from domain.hosts.commands import pause, register_host
from domain.hosts.models import Host
from domain.refusals import NotPermitted
from domain.terms import HostKind
from tests.factories.deliveries import database_now
from tests.factories.posts import add_host
from tests.factories.units import NOW, actor_at, plant_tree

HOUR = timedelta(hours=1)


async def register(session: AsyncSession, actor: Actor, keyring: Keyring, *, secret: str, api_url: str) -> Host:
    host = await register_host(
        session,
        actor,
        now=NOW,
        keyring=keyring,
        kind=HostKind.WEIBO,
        name="weibo",
        api_url=api_url,
        app_key="1234",
        app_secret=secret,
        safe_domain="qicai.example",
        settling_seconds=30,
    )
    await session.commit()
    return host


async def paused_until(session: AsyncSession, host: Host) -> datetime | None:
    await session.commit()
    return (await session.execute(select(Host.paused_until).where(Host.id == host.id))).scalar_one()


async def test_a_platform_is_registered_with_its_secret_sealed(session: AsyncSession, keyring: Keyring):
    host = await register(session, Actor.operator(), keyring, secret="app secret", api_url="https://api.example")
    assert "app secret" not in host.app_secret
    assert keyring.open(host.app_secret, row=f"hosts:app_secret:{host.id}") == "app secret"
    with pytest.raises(SecretUnreadable):
        keyring.open(host.app_secret, row="hosts:app_secret:another")
    assert (host.kind, host.safe_domain, host.settling_seconds) == (HostKind.WEIBO, "qicai.example", 30)


async def test_a_known_name_is_changed_not_doubled(session: AsyncSession, keyring: Keyring):
    first = await register(session, Actor.operator(), keyring, secret="one", api_url="https://one.example")
    second = await register(session, Actor.operator(), keyring, secret="two", api_url="https://two.example")
    assert second.id == first.id
    assert second.api_url == "https://two.example"
    assert keyring.open(second.app_secret, row=f"hosts:app_secret:{first.id}") == "two"
    assert await session.scalar(select(func.count()).select_from(Host)) == 1


async def test_no_unit_registers_a_platform_not_even_the_nation(session: AsyncSession, keyring: Keyring):
    tree = await plant_tree(session)
    with pytest.raises(NotPermitted):
        await register(session, actor_at(tree["nation"]), keyring, secret="one", api_url="https://one.example")
    assert await session.scalar(select(func.count()).select_from(Host)) == 0


async def test_a_pause_lasts_until_the_instant_named(session: AsyncSession, keyring: Keyring):
    host = await add_host(session, keyring)
    until = await database_now(session) + HOUR
    await pause(session, host_id=host.id, until=until, wait=timedelta())
    assert await paused_until(session, host) == until


async def test_a_pause_without_an_end_lasts_as_long_as_we_wait(session: AsyncSession, keyring: Keyring):
    host = await add_host(session, keyring)
    before = await database_now(session)
    await pause(session, host_id=host.id, until=None, wait=HOUR)
    end = await paused_until(session, host)
    assert end is not None
    assert before <= end - HOUR + timedelta(seconds=1)
    assert end - HOUR <= await database_now(session)


@pytest.mark.parametrize("shorter", [True, False])
async def test_a_pause_never_shortens_another(session: AsyncSession, keyring: Keyring, shorter: bool):
    host = await add_host(session, keyring)
    long = await database_now(session) + 3 * HOUR
    await pause(session, host_id=host.id, until=long, wait=timedelta())
    await session.commit()
    await pause(session, host_id=host.id, until=long - HOUR if shorter else None, wait=HOUR)
    assert await paused_until(session, host) == long


async def test_a_pause_concerns_one_platform(session: AsyncSession, keyring: Keyring):
    host, other = await add_host(session, keyring), await add_host(session, keyring, name="other")
    await pause(session, host_id=host.id, until=None, wait=HOUR)
    assert await paused_until(session, other) is None
    assert await paused_until(session, host) is not None
