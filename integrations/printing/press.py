"""How a worker has documents printed: by a process apart, which neither holds up nor takes down what sends posts."""

import asyncio
import base64
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from domain.press.sheets import Sheet
from domain.reports.document import Document
from domain.terms import PressFormat, ReportFormat

# The longest lesson that can be written takes 20 on an idle machine; ours give way to what sends posts.
PRINT_SECONDS = 120.0
TOLD = 500


class PressBroke(Exception):
    """The printing process ended without a document, or took too long."""


async def printed(sheet: Sheet, pictures: Sequence[bytes]) -> Mapping[PressFormat, bytes]:
    """The documents of a sheet."""
    found = await _written({"sheet": sheet, "pictures": [base64.b64encode(content).decode() for content in pictures]})
    return {kind: found[kind.value] for kind in PressFormat}


async def reported(document: Document) -> Mapping[ReportFormat, bytes]:
    """A report in its forms."""
    found = await _written({"report": document})
    return {kind: found[kind.value] for kind in ReportFormat}


async def _written(given: Mapping[str, Any]) -> dict[str, bytes]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "integrations.printing", stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(PRINT_SECONDS):
            made, complaint = await process.communicate(orjson.dumps(given))
    except TimeoutError as error:
        raise PressBroke(f"nothing was printed in {PRINT_SECONDS:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise PressBroke(f"ended with {process.returncode}: {complaint.decode(errors='replace')[-TOLD:]}")
    return {kind: base64.b64decode(content) for kind, content in orjson.loads(made).items()}
