"""What a login needs of the front door: transactions of their own, signed tokens, and cookies."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.keyring import KeySet


@dataclass(frozen=True)
class Access:
    """An access token and its end."""

    token: str = field(repr=False)
    expires_at: datetime


class Door(Protocol):
    """The front door as a login sees it."""

    @property
    def links(self) -> KeySet:
        """The keys that links are made from."""

    def apart(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction that is committed when its block ends, whatever becomes of the act around it."""

    def sign(self, user_id: UUID, session_id: UUID) -> Access:
        """An access token for an app."""

    def hand_cookie(self, cookie: str, *, session_id: UUID) -> str:
        """Give a browser its cookie with the answer; returns the token that it has to send along with it."""

    def take_cookie(self) -> None:
        """Take the cookie away with the answer."""
