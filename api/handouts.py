"""Where exports, press kits and reports are fetched: by addresses of ours that carry their own proof, part by part."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answers import refusal
from api.pages import digests
from api.uploads import HEADERS, Turned
from domain.base.keyring import KeySet
from domain.exports.commands import HANDOUTS
from domain.handouts import making
from domain.handouts.rules import name_of
from domain.uploads.addresses import holds
from integrations.database import AWAY, Sessions
from integrations.objects import Store, StoreAway

log = structlog.get_logger()

# So many are sent at a time, each with one part in memory.
SENT_AT_ONCE, PLACE_SECONDS = 8, 5.0
PART = 256 * 1024
# Whoever takes no part for so long is gone, and leaves the place to others.
PART_SECONDS = 60.0
MODELS = {model.folder: model for model in HANDOUTS}
TYPES = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/jsonl; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Sent(Response):
    """A file that keeps its place until it is sent, or until nobody takes it any more."""

    def __init__(
        self, parts: AsyncIterator[bytes], *, place: asyncio.Semaphore, key: str, size: int, headers: Mapping[str, str]
    ) -> None:
        name = name_of(key)
        saved = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
        super().__init__(media_type=TYPES[name.rpartition(".")[2]], headers={**HEADERS, **saved, **headers})
        self._parts, self._place = parts, place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._send(Request(scope, receive), send)
        except (TimeoutError, StoreAway) as error:
            # The client has less than was announced, and so knows that the file is cut.
            log.warning("file_cut", error=repr(error))
        finally:
            self._place.release()

    async def _send(self, request: Request, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for part in self._parts:
            if await request.is_disconnected():
                return
            async with asyncio.timeout(PART_SECONDS):
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Handouts:
    """Sends what was asked for and made."""

    def __init__(self, *, sessions: Sessions, links: KeySet, store: Store) -> None:
        self._sessions, self._links, self._store = sessions, links, store
        self._places = asyncio.Semaphore(SENT_AT_ONCE)

    async def show(self, request: Request) -> Response:
        """The route of a file."""
        path: str = request.scope["path"]
        until, proof = request.query_params.get("until", ""), request.query_params.get("proof", "")
        if not holds(path, self._links, until=until, proof=proof, now=datetime.now(UTC)):
            return _told(Turned.ADDRESS_UNUSABLE)
        # An address that holds is one of ours, and says under which key the file is kept.
        key = path.removeprefix("/")
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            return _told(Turned.PICTURES_BUSY)
        answer: Response | None = None
        try:
            answer = await self._found(key)
        finally:
            if not isinstance(answer, Sent):
                self._places.release()
        return answer

    async def _found(self, key: str) -> Response:
        headers = {"Cache-Control": "private, no-store"}
        try:
            size = await self._store.size(key) if await self._is_wanted(key) else None
            if size and key.endswith(".html"):
                headers |= _of_page(name_of(key), await self._store.part(key, 0, min(PART, size)))
        except (*AWAY, StoreAway) as error:
            log.warning("file_not_shown", error=str(error))
            return _told(Turned.STORE_AWAY)
        if size is None:
            return _told(Turned.NOT_FOUND)
        return Sent(self._parts(key, size), place=self._places, key=key, size=size, headers=headers)

    async def _is_wanted(self, key: str) -> bool:
        """An address outlasts the wish: what was discarded meanwhile is given to nobody."""
        folder, row_id, _ = key.split("/")
        async with self._sessions() as session:
            return not await making.is_unwanted(session, MODELS[folder], UUID(row_id))

    async def _parts(self, key: str, size: int) -> AsyncIterator[bytes]:
        for start in range(0, size, PART):
            yield await self._store.part(key, start, min(PART, size - start))


def _of_page(name: str, beginning: bytes) -> dict[str, str]:
    """A page is read where it opens: nothing of it runs, and no style but its own, which stands at its beginning."""
    style = digests(beginning.decode(errors="replace"), "style")
    policy = f"default-src 'none'; style-src {style}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return {"Content-Security-Policy": policy, "Content-Disposition": f'inline; filename="{name}"'}


def _told(turned: Turned) -> Response:
    status, zh, en = turned.value
    return refusal(HTTPStatus(status), en, code=turned.name, zh=zh, headers={"Cache-Control": "no-store"})
