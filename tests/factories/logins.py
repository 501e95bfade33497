"""People who can log in, and a front door without HTTP."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from argon2 import PasswordHasher
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.base.keyring import KeySet
from domain.logins import commands, links, passwords
from domain.logins import sessions as life
from domain.logins.door import Access
from domain.logins.models import Session
from domain.refusals import Refusal
from domain.terms import LinkPurpose, SessionEnd, SessionKind
from domain.units.models import Unit
from integrations.database import Sessions
from tests.factories.units import NOW, actor_at, add_user, plant_tree

PASSWORD = "seven colours of cloud"
OTHER = "eleven lanterns by the lake"
# A hash that costs nearly nothing, and would protect nobody: for tests that hash often and tell nothing of hashes.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
LINKS = KeySet("links1", {"links1": b"l" * 32})


@dataclass
class MemoryDoor:
    """The front door's twin: it remembers what it handed out."""

    sessions: Sessions
    links: KeySet = LINKS
    now: datetime = NOW
    cookies: list[str | None] = field(default_factory=list)

    def apart(self) -> Any:
        return self.sessions.begin()

    def sign(self, user_id: UUID, session_id: UUID) -> Access:
        return Access(f"{user_id} {session_id}", self.now + timedelta(minutes=10))

    def hand_cookie(self, cookie: str, *, session_id: UUID) -> str:
        self.cookies.append(cookie)
        return f"csrf {session_id}"

    def take_cookie(self) -> None:
        self.cookies.append(None)


def wide(text: str) -> str:
    """The same text in full width, as an input method for Chinese may give it."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def hash_of(password: str) -> str:
    """The hash of a password by the costs in use, made once for all tests."""
    return _hash_of(password, passwords.HASHER)


@lru_cache
def _hash_of(password: str, hasher: PasswordHasher) -> str:
    return hasher.hash(password)


async def give_password(session: AsyncSession, user: User, password: str = PASSWORD) -> None:
    """Let somebody log in; committed."""
    given = {"password_hash": hash_of(password), "password_set_at": NOW}
    await session.execute(update(User).where(User.id == user.id).values(given))
    await session.commit()


async def add_person(session: AsyncSession, login: str = "li", **options: Any) -> User:
    """Somebody with a password in a tree of their own, committed."""
    tree = await plant_tree(session)
    user = await add_user(session, tree["east"], login=login, **options)
    await give_password(session, user)
    return user


async def logged_in(
    session: AsyncSession, user: User, *, sessions: Sessions, kind: SessionKind = SessionKind.APP, now: datetime = NOW
) -> tuple[life.Login, MemoryDoor]:
    """A session of somebody, committed, and the door with its cookie."""
    door = MemoryDoor(sessions, now=now)
    login = await life.open_session(session, user, now=now, door=door, kind=kind, label="test")
    await session.commit()
    return login, door


async def done(sessions: Sessions, command: Callable[..., Awaitable[Any]], *who: Any, **given: Any) -> Any:
    """What a command answers, or the code of its refusal; kept either way, as the frame for strangers does."""
    async with sessions() as session:
        try:
            answer = await command(session, *who, **{"now": NOW, **given})
        except Refusal as refused:
            await session.commit()
            return refused.code
        await session.commit()
        return answer


async def log_in(sessions: Sessions, login: str = "li", password: str = PASSWORD, **given: Any) -> Any:
    """What somebody hears who tries to log in: the login, or a code."""
    asked = {"browser": False, "label": "", "door": MemoryDoor(sessions), **given}
    return await done(sessions, commands.log_in, login=login, password=password, **asked)


async def redeem(sessions: Sessions, token: str, password: str = OTHER, **given: Any) -> Any:
    """What somebody hears who uses a link."""
    asked = {"door": MemoryDoor(sessions), **given}
    return await done(sessions, commands.redeem_link, token=token, password=password, **asked)


async def change(sessions: Sessions, user: User, old: str, new: str = OTHER, session_id: UUID | None = None) -> Any:
    """What a person hears who asks for another password."""
    actor = actor_at(Unit(id=user.unit_id, path=user.unit_path), user_id=user.id)
    door = MemoryDoor(sessions)
    return await done(sessions, commands.change_password, actor, door=door, session_id=session_id, old=old, new=new)


async def link_for(session: AsyncSession, user: User, purpose: LinkPurpose = LinkPurpose.RESET, **given: Any) -> str:
    """The token of a new link, committed."""
    asked = {"created_by": None, "now": NOW, "keys": LINKS, **given}
    _, token = await links.make_link(session, user_id=user.id, purpose=purpose, **asked)
    await session.commit()
    return token


async def ends(session: AsyncSession) -> list[SessionEnd | None]:
    """How the sessions ended, the oldest first; None for those that last."""
    return list(await session.scalars(select(Session.end).order_by(Session.created_at, Session.id)))
