"""People to log in as: one of every role at every level, all of them invented."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.logins import passwords
from domain.people.commands import enrol
from domain.terms import Level, Role
from domain.units.models import Unit

# One chain from the nation to a street of Guangzhou: the level's word in a login, and the code of the unit.
PLACES = {
    Level.NATIONAL: ("national", "0"),
    Level.PROVINCIAL: ("province", "44"),
    Level.PREFECTURE: ("prefecture", "4401"),
    Level.COUNTY: ("county", "440106"),
    Level.GRASSROOTS: ("town", "440106001"),
}
WORDS = {
    Role.ADMINISTRATOR: "admin",
    Role.MEDIA_MANAGER: "media",
    Role.VIEWER: "viewer",
    Role.AUDITOR: "auditor",
    Role.PARTNER_EDUCATION: "education",
    Role.PARTNER_CIVIL_AFFAIRS: "civil-affairs",
    Role.PARTNER_WOMEN: "women",
    Role.PARTNER_NEXT_GENERATION: "next-generation",
}


def persona(level: Level, role: Role) -> str:
    """The login of one of them, such as `county-media`."""
    return f"{PLACES[level][0]}-{WORDS[role]}"


async def make_personas(session: AsyncSession, *, now: datetime, password: str | None = None) -> list[str]:
    """Make them, or give back what was taken from them; answers the logins of those whose unit is closed by now.

    With a password they log in as people do; without one `qicai token` is the only way, and an old password stays.
    """
    codes = [code for _, code in PLACES.values()]
    found = await session.scalars(select(Unit).where(Unit.code.in_(codes), Unit.closed_on.is_(None)))
    units = {unit.code: unit for unit in found}
    made, left_out = [], []
    for level, (_, code) in PLACES.items():
        for role in WORDS:
            login, name = persona(level, role), f"{level.zh}{role.zh}(演示)"
            if code not in units:
                left_out.append(login)
                continue
            user = await enrol(session, Actor.operator(), now=now, login=login, name=name, role=role, unit=units[code])
            made.append(user.id)
    back: dict[str, Any] = {"disabled_at": None, "disabled_reason": None, "disabled_height": None}
    if password is not None:
        back |= {"password_hash": await passwords.hashed(password), "password_set_at": now}
    await session.execute(update(User).where(User.id.in_(made)).values(back))
    return left_out
