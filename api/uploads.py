"""Where files are handed in and fetched: by addresses of ours that carry their own proof."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from http import HTTPStatus
from uuid import UUID

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.answers import refusal
from domain.base.keyring import KeySet
from domain.terms import FileKind
from domain.uploads.addresses import holds
from domain.uploads.arrivals import Kept, Seen, expected, keep_file
from domain.uploads.models import Upload
from domain.uploads.rules import TERMS, are_of, key_of, media_type_of
from domain.wording.rules import TEXT_LIMIT
from integrations.database import AWAY, Sessions
from integrations.documents import errors as documents
from integrations.documents.inspection import inspect
from integrations.objects import Store, StoreAway
from integrations.pictures import errors as pictures
from integrations.pictures.cleaning import cleaned
from schema._base import global_id

log = structlog.get_logger()

# So many files are taken at a time, so many of one person, each in memory as a whole.
AT_ONCE, AT_ONCE_EACH = 16, 4
# A telephone in the country takes a while; who takes longer, or nearly stands still, would keep others from their turn.
ARRIVAL_SECONDS = 300.0
PACE_BYTES, PACE_SECONDS = 64 * 1024, 10.0
# One is decoded at a time: a photograph of 40 million pixels takes half a gigabyte meanwhile.
DECODED_AT_ONCE = 1
# So many pictures are read and sent at a time, each in memory as a whole: by pieces, so that whoever reads slowly keeps
# the place of one, and not for ever. Whoever finds no place waits a moment.
SHOWN_AT_ONCE, PLACE_SECONDS = 16, 5.0
SHOWN_SECONDS = 60.0
PIECE = 64 * 1024
# Never run, never taken for anything but a picture, and kept by nobody but the browser that asked.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=3600, immutable",
    "Referrer-Policy": "no-referrer",
}


class Turned(Enum):
    """Why a file is not taken, or a picture not shown: status, and words in both languages."""

    ADDRESS_UNUSABLE = (
        HTTPStatus.FORBIDDEN,
        "该地址无效或已过期,请重新获取。",
        "The address is not valid, or has expired; ask for another.",
    )
    UPLOADS_BUSY = (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "上传人数过多,请稍后再试。",
        "Too many files are coming in; try again in a moment.",
    )
    FILE_CUT = (
        HTTPStatus.BAD_REQUEST,
        "文件未完整收到,或大小与所报不符,请重新上传。",
        "The file did not arrive whole, or has another size than announced; send it again.",
    )
    PICTURE_KIND = (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "文件不是 JPEG、PNG 或 GIF 图片。",
        "The file is no picture in JPEG, PNG or GIF.",
    )
    PICTURE_BROKEN = (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "图片已损坏,无法完整读取。",
        "The picture is damaged: it cannot be read to its end.",
    )
    PICTURE_PIXELS = (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "图片的像素或帧数过多,请缩小后再上传。",
        "The picture has too many pixels, or frames; make it smaller.",
    )
    PICTURE_SIZE = (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "图片重新写出后过大,请缩小后再上传。",
        "Written anew, the picture is too large; make it smaller.",
    )
    DOCUMENT_KIND = (
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "文件内容与所报类型不符;纯文本请存为 UTF-8 编码。",
        "The file is not what it was announced as; save plain text as UTF-8.",
    )
    DOCUMENT_BROKEN = (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "文档已损坏或已加密,无法完整读取。",
        "The document is damaged or locked: it cannot be read to its end.",
    )
    DOCUMENT_ACTIVE = (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "文档含有宏、脚本、嵌入程序或自动联网的内容,请去除后再上传。",
        "The document holds macros, scripts, programs, or what is fetched from elsewhere; take them out.",
    )
    DOCUMENT_SIZE = (
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "文档解压后过大,请缩小后再上传。",
        "Unpacked, the document is too large; make it smaller.",
    )
    PICTURE_THERE = (
        HTTPStatus.CONFLICT,
        "该地址已收到另一个文件,请重新获取地址。",
        "Another file came by this address already; ask for another address.",
    )
    STORE_AWAY = (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "系统暂时无法保存文件,请稍后再试。",
        "Files cannot be kept now; try again in a moment.",
    )
    PICTURES_BUSY = (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "查看文件的人数过多,请稍后再试。",
        "Too many files are being fetched; try again in a moment.",
    )
    NOT_FOUND = (HTTPStatus.NOT_FOUND, "找不到该文件。", "There is no such file.")


class Refused(Exception):
    """What is answered instead."""

    def __init__(self, turned: Turned) -> None:
        super().__init__(turned.name)
        self.turned = turned


class Shown(Response):
    """A file that keeps its place until it is sent."""

    def __init__(self, content: bytes, *, media_type: str, place: asyncio.Semaphore) -> None:
        # A document is never opened in place of a page of ours.
        is_saved = {} if media_type.startswith("image/") else {"Content-Disposition": "attachment"}
        super().__init__(content, media_type=media_type, headers=HEADERS | is_saved)
        self._place = place

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            # Whoever is too slow gets less than was announced, and is cut off.
            with suppress(TimeoutError):
                async with asyncio.timeout(SHOWN_SECONDS):
                    await self._send(send)
        finally:
            self._place.release()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        for start in range(0, len(self.body), PIECE):
            piece = bytes(self.body[start : start + PIECE])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class Uploads:
    """Takes files, and shows them."""

    def __init__(self, *, sessions: Sessions, links: KeySet, store: Store) -> None:
        self._sessions, self._links, self._store = sessions, links, store
        self._decoders = ThreadPoolExecutor(DECODED_AT_ONCE, thread_name_prefix="pictures")
        self._places = asyncio.Semaphore(SHOWN_AT_ONCE)
        # By upload, whose it is as soon as that is known.
        self._under_way: dict[UUID, UUID | None] = {}

    def close(self) -> None:
        """What is being decoded is let finish, by itself."""
        self._decoders.shutdown(wait=False, cancel_futures=True)

    async def take(self, request: Request) -> Response:
        """The route of a file: it is there once this answers 200."""
        try:
            self._admit(request)
            upload_id: UUID = request.path_params["upload_id"]
            if upload_id in self._under_way or len(self._under_way) >= AT_ONCE:
                raise Refused(Turned.UPLOADS_BUSY)
            self._under_way[upload_id] = None
            try:
                kept = await self._take(request, upload_id)
            finally:
                del self._under_way[upload_id]
        except Refused as refused:
            return _told(refused.turned)
        except (*AWAY, StoreAway) as error:
            log.warning("upload_failed", error=f"{type(error).__name__}: {error}")
            return _told(Turned.STORE_AWAY)
        names = ("kind", "width", "height", "size", "sha256")
        facts = {name: getattr(kept, name) for name in names if hasattr(kept, name)}
        told = orjson.dumps({"id": global_id(type(kept).__name__, kept.id), **facts})
        return Response(told, media_type="application/json", headers={"Cache-Control": "no-store"})

    async def show(self, request: Request) -> Response:
        """The route of a picture, or of a file of a lesson."""
        key = f"{request.path_params['file_id']}/{request.path_params['name']}"
        try:
            self._admit(request)
            await self._find_place()
            try:
                content = await self._store.get(key)
                if content is None or not await asyncio.to_thread(are_of, key, content):
                    raise Refused(Turned.NOT_FOUND)
                return Shown(content, media_type=media_type_of(key), place=self._places)
            except BaseException:
                self._places.release()
                raise
        except Refused as refused:
            return _told(refused.turned)
        except StoreAway as error:
            log.warning("picture_not_shown", error=str(error))
            return _told(Turned.STORE_AWAY)

    async def _find_place(self) -> None:
        try:
            async with asyncio.timeout(PLACE_SECONDS):
                await self._places.acquire()
        except TimeoutError as error:
            raise Refused(Turned.PICTURES_BUSY) from error

    def _admit(self, request: Request) -> None:
        """The address is asked before anything else is read."""
        path: str = request.scope["path"]
        until, proof = request.query_params.get("until", ""), request.query_params.get("proof", "")
        if not holds(path, self._links, until=until, proof=proof, now=datetime.now(UTC)):
            raise Refused(Turned.ADDRESS_UNUSABLE)

    async def _take(self, request: Request, upload_id: UUID) -> Kept:
        async with self._sessions() as session:
            known = await expected(session, upload_id)
        if known is None:
            raise Refused(Turned.ADDRESS_UNUSABLE)
        upload, kept = known
        if list(self._under_way.values()).count(upload.created_by) >= AT_ONCE_EACH:
            raise Refused(Turned.UPLOADS_BUSY)
        self._under_way[upload_id] = upload.created_by
        content = await _body(request, upload.size)
        given = (await asyncio.to_thread(sha256, content)).hexdigest()
        if kept is None:
            return await self._keep(upload, content, given)
        if upload.sha256 != given:
            raise Refused(Turned.PICTURE_THERE)
        return kept

    async def _keep(self, upload: Upload, content: bytes, given: str) -> Kept:
        found = await asyncio.get_running_loop().run_in_executor(self._decoders, _looked_into, upload.kind, content)
        if len(found.content) > TERMS[upload.purpose].size_limit:
            raise Refused(Turned.PICTURE_SIZE)
        await self._store.put(key_of(upload.id, found.seen.sha256, found.seen.kind), found.content)
        async with self._sessions() as session:
            kept = await keep_file(session, upload_id=upload.id, now=datetime.now(UTC), given=given, seen=found.seen)
            await session.commit()
        if kept is None:
            # Another came first, at another process; these bytes are cleared away with the upload.
            raise Refused(Turned.PICTURE_THERE)
        return kept


@dataclass(frozen=True)
class Found:
    """What is to be kept of a file, and what is known of it."""

    content: bytes
    seen: Seen


def _looked_into(kind: FileKind | None, content: bytes) -> Found:
    """A document as it is, a picture written anew."""
    if kind is not None:
        try:
            inspect(content, kind)
        except documents.Unusable as error:
            raise Refused(Turned[f"DOCUMENT_{error.code}"]) from error
        # One sign more than is looked through tells that it is too long.
        text = content.decode("utf-8")[: TEXT_LIMIT + 1] if kind is FileKind.TXT else None
        return Found(content, Seen(kind, len(content), sha256(content).hexdigest(), text=text))
    try:
        picture = cleaned(content)
    except pictures.Unusable as error:
        raise Refused(Turned[f"PICTURE_{error.code}"]) from error
    size, digest = len(picture.content), sha256(picture.content).hexdigest()
    return Found(picture.content, Seen(picture.kind, size, digest, picture.width, picture.height))


async def _body(request: Request, size: int) -> bytes:
    """The bytes that were announced, no more and no less."""
    content, paced = bytearray(), 0
    clock = asyncio.get_running_loop().time
    try:
        async with asyncio.timeout(ARRIVAL_SECONDS), asyncio.timeout(PACE_SECONDS) as pace:
            async for chunk in request.stream():
                content += chunk
                if len(content) > size:
                    break
                if len(content) - paced >= PACE_BYTES:
                    paced = len(content)
                    pace.reschedule(clock() + PACE_SECONDS)
    except (ClientDisconnect, TimeoutError) as error:
        raise Refused(Turned.FILE_CUT) from error
    if len(content) != size:
        raise Refused(Turned.FILE_CUT)
    return bytes(content)


def _told(turned: Turned) -> Response:
    status, zh, en = turned.value
    return refusal(status, en, code=turned.name, zh=zh, headers={"Cache-Control": "no-store"})
