"""Make press kits in a process apart."""

import asyncio
from datetime import UTC, datetime
from functools import partial

from domain.handouts.making import Held
from domain.press.rules import saved_as
from domain.press.sheets import texts_of
from domain.press.telling import Told, told
from domain.refusals import Conflict, Reason
from domain.uploads.rules import are_of
from domain.wording.queries import words_in_force
from domain.wording.rules import blocks
from integrations.printing.press import printed
from workers import handouts
from workers.context import WorkerContext
from workers.handouts import Made, Progress


async def make(context: WorkerContext, held: Held) -> None:
    """Make one kit."""
    await handouts.make(context, held, partial(_make, context, held))


async def _make(context: WorkerContext, held: Held, progress: Progress) -> Made:
    async with context.sessions() as session:
        said = await told(session, held, now=datetime.now(UTC), address=context.base_url)
        words = await words_in_force(session)
    # Titles and lists change after somebody asked; it may be long, and others wait for this process.
    if await asyncio.to_thread(blocks, texts_of(said.sheet), words):
        raise Conflict(Reason.PRESS_WORDING)
    pictures = await _pictures(context, said)
    progress.percent = 30
    made = await printed(said.sheet, pictures)
    progress.percent = 80
    documents = await handouts.keep(context, held, {saved_as(kind): content for kind, content in made.items()})
    return Made(documents, {"revision": said.revision, "revisions": said.revisions})


async def _pictures(context: WorkerContext, said: Told) -> list[bytes]:
    """The very bytes that were approved; refused where some of them are gone."""
    found = []
    for key in said.keys:
        content = await context.store.get(key)
        if content is None or not await asyncio.to_thread(are_of, key, content):
            raise Conflict(Reason.PRESS_PICTURE_MISSING)
        found.append(content)
    return found
