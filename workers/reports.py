"""Make reports in a process apart."""

from datetime import UTC, datetime
from functools import partial

from domain.handouts.making import Held
from domain.reports.gathering import document_of
from domain.reports.rules import SAVED_AS
from integrations.printing.press import reported
from workers import handouts
from workers.context import WorkerContext
from workers.handouts import Made, Progress


async def make(context: WorkerContext, held: Held) -> None:
    """Make one report."""
    await handouts.make(context, held, partial(_make, context, held))


async def _make(context: WorkerContext, held: Held, progress: Progress) -> Made:
    async with context.sessions() as session:
        document = await document_of(session, report_id=held.row_id, now=datetime.now(UTC))
    progress.percent = 30
    made = await reported(document)
    progress.percent = 80
    documents = await handouts.keep(context, held, {SAVED_AS[kind]: content for kind, content in made.items()})
    return Made(documents)
