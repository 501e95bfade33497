"""The files of the project as the walls read them: listed once, parsed once, and how a breach is told."""

import ast
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("api", "schema", "workers", "integrations", "domain", "migrations")
Function = ast.FunctionDef | ast.AsyncFunctionDef
# Where the project is not a git checkout, these are not part of it.
NOT_OURS = {"var", "dist", "build", "node_modules", "__pycache__"}


@dataclass(frozen=True)
class Source:
    """A Python file, or a snippet that stands for one."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        return self.path.partition("/")[0]

    @property
    def functions(self) -> Iterator[Function]:
        return (node for node in self.nodes if isinstance(node, Function))

    def at(self, node: ast.AST, breach: str) -> str:
        """One line of a report: where, and what is wrong there."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {breach}"


@cache
def project_files() -> tuple[str, ...]:
    """Every file of the project, new ones not yet added to git included."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = list(_walk())
    return tuple(sorted(name for name in set(listed) if name and (ROOT / name).is_file()))


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the project."""
    names = [name for name in project_files() if name.endswith(".py")]
    return tuple(Source(name, (ROOT / name).read_text("utf-8")) for name in names)


def code(*rooms: str) -> list[Source]:
    """The Python files of some rooms, or of all; tests are none of them."""
    return [source for source in sources() if source.room in (rooms or ROOMS)]


def hold(breaches: Iterable[str], *, rule: str) -> None:
    """Fail with every breach on a line of its own, below the rule that says what to do instead."""
    found = list(breaches)
    if found:
        pytest.fail("\n".join([f"{len(found)} x {rule}", *found]), pytrace=False)


def dotted(node: ast.AST) -> str:
    """A name as written, as in `datetime.now`; empty for anything that is not plain names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        above = dotted(node.value)
        return f"{above}.{node.attr}" if above else ""
    return ""


def _walk() -> Iterator[str]:
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if not (name.startswith(".") or name in NOT_OURS or "egg-info" in name)]
        yield from (os.path.relpath(Path(folder, name), ROOT) for name in names)
