"""The store of bytes: a folder of this machine, or an object store that speaks S3. What a key holds never changes."""

import contextlib
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

# The doors and workers have time limits of their own; a store that hangs is not asked for minutes.
CALL = timedelta(seconds=10)
# What S3 takes at least as a part of a large object.
PART = 5 * 1024 * 1024


class StoreAway(Exception):
    """The store cannot be reached, or does not let us in; what was asked may be asked again."""


class Store:
    """Reads and writes whole objects; credentials of S3 come from the environment, as its own tools take them."""

    def __init__(self, url: str | None, folder: Path) -> None:
        self._url, self._folder = url, folder

    async def put(self, key: str, content: bytes) -> None:
        """Keep these bytes; an object is there whole or not at all."""
        try:
            await self._objects.put_async(key, content)
        except (BaseError, OSError, ValueError) as error:
            raise StoreAway(_words(error)) from error

    async def put_file(self, key: str, path: Path) -> None:
        """Keep the bytes of a file, part by part: it may be larger than memory."""
        try:
            await self._objects.put_async(key, path, chunk_size=PART, max_concurrency=2)
        except (BaseError, OSError, ValueError) as error:
            raise StoreAway(_words(error)) from error

    async def size(self, key: str) -> int | None:
        """How many bytes a key holds; None where there are none."""
        try:
            return int((await self._objects.head_async(key))["size"])
        except FileNotFoundError:
            return None
        except (BaseError, OSError, ValueError) as error:
            raise StoreAway(_words(error)) from error

    async def part(self, key: str, start: int, length: int) -> bytes:
        """Some bytes of a key, by a call of their own: whoever reads slowly keeps none of the store open."""
        try:
            return bytes(await self._objects.get_range_async(key, start=start, length=length))
        except (BaseError, OSError, ValueError) as error:
            raise StoreAway(_words(error)) from error

    async def get(self, key: str) -> bytes | None:
        """The bytes of a key; None where there are none."""
        try:
            found = await self._objects.get_async(key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None
        except (BaseError, OSError, ValueError) as error:
            raise StoreAway(_words(error)) from error

    async def clear(self, folder: str, *, but: str | None = None) -> None:
        """Delete all that lies below a folder, save for one key; what is gone already is no error."""
        try:
            found = [each["path"] async for some in self._objects.list(prefix=folder) for each in some]
            for key in found:
                if key != but:
                    await self._deleted(key)
        except (BaseError, OSError, ValueError) as error:
            raise StoreAway(_words(error)) from error

    async def _deleted(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            await self._objects.delete_async(key)

    @cached_property
    def _objects(self) -> ObjectStore:
        """Opened at the first use: whoever never stores anything makes no folder."""
        if self._url is None or self._url.startswith("file:"):
            folder = self._folder if self._url is None else Path(unquote(urlsplit(self._url).path))
            # Nobody else of this machine looks at them; a folder that is there keeps what its owner decided.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return LocalStore(folder, automatic_cleanup=True)
        # Plain HTTP only where the operator's own endpoint says so: Amazon's is asked by TLS.
        limits: Any = {"max_retries": 2, "retry_timeout": CALL}
        return S3Store.from_url(self._url, client_options={"timeout": CALL, "allow_http": True}, retry_config=limits)


class MemoryTwin(Store):
    """The memory twin of a store, for unit tests."""

    def __init__(self) -> None:
        super().__init__(None, Path())

    @cached_property
    def _objects(self) -> ObjectStore:
        return MemoryStore()


def _words(error: Exception) -> str:
    """The first line: the rest is a stack of the library's own."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0][:300]}"
