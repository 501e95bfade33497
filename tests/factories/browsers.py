"""A real browser, driven over its own protocol: Chromium as the machine has it."""

import asyncio
import base64
import itertools
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import orjson
from websockets.asyncio.client import ClientConnection, connect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 30.0
PHONE, DESKTOP = (390, 844), (1280, 900)


def chromium() -> str | None:
    """Where Chromium is, if anywhere."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@dataclass
class Tab:
    """One tab; `complaints` are what the browser itself said was wrong."""

    socket: ClientConnection
    complaints: list[str] = field(default_factory=list)
    loaded: int = 0
    numbers: Any = field(default_factory=itertools.count)

    async def call(self, method: str, **given: Any) -> dict[str, Any]:
        """One command, and its answer; what happens meanwhile is noted."""
        number = next(self.numbers)
        await self.socket.send(orjson.dumps({"id": number, "method": method, "params": given}).decode())
        async with asyncio.timeout(PATIENCE):
            while (said := orjson.loads(await self.socket.recv())).get("id") != number:
                self._note(said)
        assert "error" not in said, said
        result: dict[str, Any] = said["result"]
        return result

    async def open(self, url: str, *, size: tuple[int, int] = DESKTOP) -> None:
        """Load a page in a window of this size."""
        width, height = size
        given = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": size == PHONE}
        await self.call("Emulation.setDeviceMetricsOverride", **given)
        before = self.loaded
        await self.call("Page.navigate", url=url)
        await self._load(before)

    async def follow(self, selector: str) -> None:
        """Click on a link, and wait for where it leads."""
        before = self.loaded
        await self.run(f"document.querySelector('{selector}').click()")
        await self._load(before)

    async def _load(self, before: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.loaded == before:
                self._note(orjson.loads(await self.socket.recv()))

    async def run(self, expression: str) -> Any:
        """The value of an expression in the page, by our hand and not by the page's leave."""
        found = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def breaches(self) -> list[str]:
        """What axe-core finds, at levels A and AA and by good practice."""
        await self.run((files("axe_core_python") / "axe.min.js").read_text("utf-8"))
        run = "axe.run().then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | ')))"
        found: list[str] = await self.run(run)
        return found

    async def picture(self, path: Path) -> None:
        """The whole page as it looks."""
        found = await self.call("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(found["data"]))

    def _note(self, said: dict[str, Any]) -> None:
        if said.get("method") == "Page.loadEventFired":
            self.loaded += 1
        if said.get("method") == "Log.entryAdded":
            entry = said["params"]["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}".strip())


@asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[Tab]:
    """A browser of our own, with one tab, until the block ends."""
    program = chromium()
    assert program is not None
    # Its own sandbox needs rights that a container or root does not have; it reads nothing here but our pages.
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    options += ["--no-proxy-server", "--disable-background-networking", "--remote-debugging-port=0"]
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        f"--user-data-dir={folder}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            port = await _port(folder / "DevToolsActivePort")
        async with httpx.AsyncClient(trust_env=False) as http:
            (page, *_) = [
                each for each in (await http.get(f"http://127.0.0.1:{port}/json")).json() if each["type"] == "page"
            ]
        async with connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None) as socket:
            tab = Tab(socket)
            for domain in ("Page", "Log"):
                await tab.call(f"{domain}.enable")
            yield tab
    finally:
        process.terminate()
        await process.wait()


async def _port(path: Path) -> str:
    """Where it listens, as soon as it says so."""
    while True:
        words = (await asyncio.to_thread(path.read_text)).split() if await asyncio.to_thread(path.exists) else []
        if len(words) == 2:
            return words[0]
        await asyncio.sleep(0.05)
