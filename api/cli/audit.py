"""The commands `qicai audit head` and `qicai audit verify`: the log is checked against heads kept elsewhere."""

import asyncio
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from api.cli.services import CannotStart, Services, open_database, open_services, read_keys, read_settings
from domain.audit.findings import Finding
from domain.audit.heads import Head, Witness, public_keys
from domain.audit.seals import newest_head
from domain.audit.verification import KeptHead, Report, verify_heads
from domain.audit.verification import verify as verify_log
from integrations.database import open_sessions

# Scripts tell it from a command that could not run, which ends with 1 or 2.
TAMPERED = 3

app = typer.Typer(
    help="The audit log (审计日志): its newest signed head, and whether it is whole.", no_args_is_help=True
)

Heads = Annotated[
    list[str] | None,
    typer.Option("--head", help="File of signed heads, one a line, `-` for standard input; may be given often."),
]
PublicKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--public-key", help="Check signatures with this key (`id:hex` or hex) and not with the key file's; often."
    ),
]


@dataclass(frozen=True)
class Lines:
    """A source of heads, as long as it was when the check began: a worker may go on writing to it."""

    name: str
    # None for standard input.
    path: Path | None
    # None for what is no file on disk.
    size: int | None
    is_own: bool = False

    def __iter__(self) -> Iterator[KeptHead]:
        if self.path is None:
            yield from self._read(sys.stdin.buffer)
            return
        with self.path.open("rb") as file:
            yield from self._read(file)

    def _read(self, file: Iterable[bytes]) -> Iterator[KeptHead]:
        read = 0
        for number, line in enumerate(file, 1):
            read += len(line)
            if self.size is not None and read > self.size:
                return
            # Of the workers' file, a last line without its end is being written, or its writer was killed.
            is_torn = self.is_own and not line.endswith(b"\n")
            if line.strip() and not is_torn:
                yield KeptHead(f"{self.name}:{number}", line.decode("utf-8", "replace"))


@app.command()
def head(
    public_key: Annotated[
        bool, typer.Option("--public-key", help="Print the public keys that heads are checked with instead.")
    ] = False,
) -> None:
    """Print the newest signed head as one line of JSON, to be kept elsewhere."""
    if public_key:
        keys = public_keys(read_keys(read_settings()).sealing)
        sys.stdout.write("".join(f"{name}:{key.hex()}\n" for name, key in keys.items()))
        return
    with open_services(quiet=True) as services:
        found = asyncio.run(_newest(services))
    if found is None:
        raise CannotStart("Nothing is sealed yet; a worker (`qicai work`) seals what was decided every second.")
    sys.stdout.write(found.line() + "\n")


@app.command()
def verify(
    heads: Heads = None,
    public_key: PublicKeys = None,
    heads_only: Annotated[
        bool, typer.Option("--heads-only", help="Check only the signatures of the heads; needs no database.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Check every entry and seal of the audit log, and that it holds what signed heads kept elsewhere say."""
    with ExitStack() as stack:
        settings = read_settings()
        witness = _witness(public_key) or Witness.of(read_keys(settings).sealing)
        kept = _sources(heads, settings.data_dir, heads_only=heads_only)
        if heads_only:
            report = verify_heads(witness, (line for source in kept for line in source))
        else:
            services = stack.enter_context(open_services(quiet=True))
            report = asyncio.run(_verify(services, witness, kept))
    if as_json:
        sys.stdout.write(json.dumps(_as_json(report), ensure_ascii=False) + "\n")
    else:
        _print(report)
    raise typer.Exit(0 if report.is_clean else TAMPERED)


async def _newest(services: Services) -> Head | None:
    async with open_database(services) as engine, open_sessions(engine)() as session:
        return await newest_head(session)


async def _verify(services: Services, witness: Witness, kept: Sequence[Lines]) -> Report:
    lines = (line for source in kept for line in source)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    async with open_database(services) as engine, open_sessions(engine)() as session:
        # One state of the database throughout, taken after the heads were: what is sealed meanwhile disturbs nothing.
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("核验 checking", total=None)
            return await verify_log(
                session,
                witness,
                now=datetime.now(UTC),
                heads=lines,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )


def _sources(heads: Sequence[str] | None, data_dir: Path, *, heads_only: bool) -> list[Lines]:
    """The files that were named, and the one that the workers here keep."""
    # Here, so that no other command loads what a worker needs.
    from workers.audit import HEADS_FILE

    own = data_dir / HEADS_FILE
    sources = [Lines("stdin", None, None) if name == "-" else _lines(Path(name)) for name in heads or []]
    if own.exists() and not (heads_only and sources):
        sources.append(replace(_lines(own), is_own=True))
    return sources


def _lines(path: Path) -> Lines:
    try:
        size = path.stat().st_size
        # A pipe can be opened only once.
        if not path.is_file():
            return Lines(path.name, path, None)
        with path.open("rb"):
            return Lines(path.name, path, size)
    except OSError as error:
        raise CannotStart(f"The file of heads {path} cannot be read ({error.strerror}).") from error


def _witness(given: Sequence[str] | None) -> Witness | None:
    if not given:
        return None
    named = [text.strip().rpartition(":") for text in given]
    try:
        return Witness((name or None, bytes.fromhex(key)) for name, _, key in named)
    except ValueError as error:
        form = "`id:hex`, as `qicai audit head --public-key` prints it"
        raise CannotStart(f"--public-key takes {form} ({error}).") from error


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "clean": report.is_clean,
        "entries": report.entries,
        "seals": report.seals,
        "heads": report.heads,
        "unsealed": report.unsealed,
        "found": report.found,
        "findings": [_finding(finding) for finding in report.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.kind,
        "first": finding.first,
        "last": finding.last,
        "entryId": str(finding.entry_id) if finding.entry_id else None,
        "source": finding.source or None,
        "zh": finding.words("zh"),
        "en": finding.words("en"),
    }


def _print(report: Report) -> None:
    out = Console(soft_wrap=True, highlight=False, markup=False)
    for finding in report.findings:
        out.print(f"{finding.kind:<10} {finding.words('zh')}\n{'':<10} {finding.words('en')}")
    if report.found > len(report.findings):
        more = report.found - len(report.findings)
        out.print(f"... 另有 {more} 处 / and {more} more")
    checked = f"{report.entries:,} 条 entries, {report.seals:,} 个封签 seals, {report.heads:,} 个外存链头 kept heads"
    out.print(f"已核验 checked: {checked}; {report.unsealed:,} 条未封存 not sealed yet")
    if not report.heads:
        out.print("未提供外存链头,尾部若连同封签一起被删则无法发现。")
        out.print("No head kept elsewhere was given: a tail deleted together with its seals cannot be noticed.")
    verdict = "日志完整 The log is whole." if report.is_clean else "日志不完整 The log is NOT whole."
    out.print(verdict)
