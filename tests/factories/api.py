"""A front end in small: GraphQL over HTTP against a real application in this process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette

from api.app import create_app
from api.auth import issue_token
from domain.access.models import Grant, User
from domain.base.ids import new_id
from domain.base.models import Base
from domain.terms import Role
from integrations.keys import Keys
from integrations.settings import Settings
from schema._base import global_id
from tests.factories.posts import add_account, add_host
from tests.factories.units import NOW, Tree, add_user, plant_tree

PROBLEM = "... on Problem { code path messageZh messageEn retryable }"


@dataclass(frozen=True)
class Front:
    """Speaks to the API as one person, or as nobody."""

    http: httpx.AsyncClient
    keys: Keys
    user_id: UUID | None = None

    def as_(self, user: User | None) -> "Front":
        return Front(self.http, self.keys, user.id if user else None)

    @property
    def headers(self) -> dict[str, str]:
        if self.user_id is None:
            return {}
        life = timedelta(minutes=5)
        token = issue_token(self.keys.login, self.user_id, now=datetime.now(UTC), life=life)
        return {"Authorization": f"Bearer {token}"}

    async def post(self, **body: Any) -> httpx.Response:
        """A POST of this JSON body."""
        return await self.http.post("/graphql", json=body, headers=self.headers)

    async def answer(self, document: str, **variables: Any) -> dict[str, Any]:
        """The whole answer, which must be one of GraphQL."""
        response = await self.post(query=document, variables=variables)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.answer(document, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def error(self, document: str, **variables: Any) -> dict[str, Any]:
        """The one error of an answer, which must carry a code."""
        errors = (await self.answer(document, **variables))["errors"]
        assert len(errors) == 1, errors
        assert errors[0]["extensions"]["code"], errors
        error: dict[str, Any] = errors[0]
        return error

    async def act(self, mutation: str, shown: str = "", **given: Any) -> dict[str, Any]:
        """What a mutation answers: its payload with `shown`, or a Problem."""
        name = f"{mutation[0].upper()}{mutation[1:]}"
        result = f"__typename ... on {name}Payload {{ __typename {shown} }} {PROBLEM}"
        document = f"mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ {result} }} }}"
        answer: dict[str, Any] = (await self.ask(document, input=given))[mutation]
        return answer


@asynccontextmanager
async def open_front(keys: Keys, *, database_url: str, redis_url: str, **settings: Any) -> AsyncIterator[Front]:
    """The real application behind a client, started and stopped."""
    with TemporaryDirectory(prefix="qicai-front-") as folder:
        given = {"data_dir": folder, **settings}
        app = create_app(Settings(**given), database_url=database_url, redis_url=redis_url, keys=keys)
        async with _opened(app, keys) as front:
            yield front


@asynccontextmanager
async def _opened(app: Starlette, keys: Keys) -> AsyncIterator[Front]:
    # An error that nobody foresaw is to be seen as the caller sees it: as an answer.
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://qicai.test") as http,
    ):
        yield Front(http, keys)


def id_of(row: Base) -> str:
    """The global id of a row."""
    return global_id(type(row).__name__, row.id)  # type: ignore[attr-defined]


@dataclass
class Country:
    """The small tree with an account for every unit down to the counties, and people at several levels."""

    tree: Tree
    nation: User
    media: User
    province: User
    county: User
    viewer: User
    # Sees the whole nation, and does nothing outside the east.
    guest: User


async def plant_country(session: AsyncSession, keys: Keys) -> Country:
    """Units, accounts and people, committed."""
    tree = await plant_tree(session)
    host = await add_host(session, keys.keyring)
    for name in tree.units:
        if name != "north town":
            await add_account(session, tree, name, host, keys.keyring)
    guest = await add_user(session, tree["nation"], Role.VIEWER, login="guest")
    east = tree["east"]
    grant = {"role": Role.MEDIA_MANAGER, "unit_id": east.id, "unit_path": east.path, "valid_from": NOW}
    session.add(Grant(id=new_id(), user_id=guest.id, **grant))
    await session.commit()
    return Country(
        tree=tree,
        guest=guest,
        nation=await add_user(session, tree["nation"], login="nation"),
        media=await add_user(session, tree["nation"], Role.MEDIA_MANAGER, login="media"),
        province=await add_user(session, tree["east"], Role.MEDIA_MANAGER, login="province"),
        county=await add_user(session, tree["north county"], Role.MEDIA_MANAGER, login="county"),
        viewer=await add_user(session, tree["north county"], Role.VIEWER, login="viewer"),
    )
