"""Jobs come from a publisher of another age, and every kind of work has somebody who does it."""

import ast
import inspect
from collections.abc import Callable, Iterator
from typing import Any, cast

from integrations.queue import Work
from integrations.settings import Settings
from tests.house.sources import Source, code, dotted, hold
from workers.context import WorkerContext
from workers.jobs import JOBS
from workers.main import lanes_of


def unwelcoming(job: Callable[..., Any]) -> Iterator[str]:
    name = getattr(job, "__name__", repr(job))
    first, *others = inspect.signature(job).parameters.values()
    named = [p for p in others if p.kind is not p.VAR_KEYWORD]
    if first.kind is not first.POSITIONAL_OR_KEYWORD or any(p.kind is not p.KEYWORD_ONLY for p in named):
        yield f"{name} takes arguments by position"
    if len(named) == len(others):
        yield f"{name} refuses an argument that it does not know"


def enqueued(source: Source) -> Iterator[tuple[ast.Call, str]]:
    """The jobs that are enqueued by name, and what is handed over by position."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and dotted(node.func).endswith(".enqueue_job"):
            job, *others = [argument.value if isinstance(argument, ast.Constant) else "?" for argument in node.args]
            yield node, str(job) if not others else "?"


def test_every_job_takes_keywords_and_accepts_strangers():
    assert JOBS
    found = [fault for job in JOBS for fault in unwelcoming(job.coroutine)]
    hold(found, rule="A job is `async def job(context, *, thing_id, **_)`: publisher and worker are deployed apart.")


def test_every_enqueued_job_is_registered():
    names = {job.name for job in JOBS}
    calls = [(source, node, job) for source in code() for node, job in enqueued(source)]
    assert calls
    found = [source.at(node, f"enqueues {job!r}") for source, node, job in calls if job not in names]
    hold(found, rule="Register the job in JOBS of workers/jobs.py, and hand everything over by keyword.")


def test_every_kind_of_work_has_a_lane():
    # The lanes only remember their context; nothing is claimed here.
    lanes = lanes_of(cast(WorkerContext, None), Settings())
    assert set(lanes) == set(Work)
    assert all(lanes.values())
    names = [lane.name for group in lanes.values() for lane in group]
    assert len(names) == len(set(names))


def test_a_job_that_refuses_strangers_is_noticed():
    async def good(context: object, *, work: str, **_: object) -> None: ...
    async def by_position(context: object, work: str, **_: object) -> None: ...
    async def strict(context: object, *, work: str) -> None: ...
    async def any_number(context: object, *works: str, **_: object) -> None: ...

    assert list(unwelcoming(good)) == []
    assert list(unwelcoming(by_position)) == ["by_position takes arguments by position"]
    assert list(unwelcoming(strict)) == ["strict refuses an argument that it does not know"]
    assert list(unwelcoming(any_number)) == ["any_number takes arguments by position"]


def test_a_job_enqueued_by_position_is_noticed():
    text = "await pool.enqueue_job('look_now', work=1)\nawait pool.enqueue_job('look_now', 1)\n"
    assert [job for _, job in enqueued(Source("api/x.py", text))] == ["look_now", "?"]
