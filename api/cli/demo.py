"""The main job, end to end, in the programme's own order of May 2013 (中国梦·七彩梦).

One showcase lesson goes from the nation to the counties, every body of the second level shows thirty wishes meanwhile,
platforms fail on purpose, and quotas and engagement come back.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.auth import issue_token
from api.cli import client
from api.cli.client import LIFE, ApiClient
from api.cli.drawing import hand_in
from api.cli.dreams import Quota, asked_of_each, bodies_of, print_quota, quota_of, show_dreams
from api.cli.moving import Moved, move_a_county, print_moved
from api.cli.personas import persona
from api.cli.processes import child
from api.cli.sandbox import Control, take_place
from api.cli.seed import Seeded, seed
from api.cli.services import CannotStart, Services, open_database, open_services
from api.cli.verdict import Verdict, judge, promises_of
from domain.access.queries import user_by_login
from domain.posts.lifecycle import SETTLED
from domain.terms import Level, Role
from integrations.database import open_sessions
from schema._base import row_of

LEAD = timedelta(seconds=2)
# What the sandbox does wrong on purpose, and to how many of a thousand posts: it takes one and gives no answer, so that
# the worker has to look before it goes on; it loses one; it says that it is broken; it takes a second over it.
FAULTS = {"drop_after_accept": 10, "drop_before_accept": 3, "error": 3, "slow": 3}
# In which the wishes go out.
WINDOW_SECONDS = 20
# The demo compresses time by settings, never by a false clock.
COMPRESSED = {
    "QICAI_ENGAGEMENT_LADDER": "2,6,12",
    "QICAI_SANDBOX_GROWTH_SECONDS": "8",
    "QICAI_SETTLING_SECONDS": "3",
    "QICAI_PORT": "0",
    "QICAI_SANDBOX_PORT": "0",
}
LESSON = {
    "title": "防溺水安全教育",
    "service": "SELF_PROTECTION",
    "theme": "文明生活",
    "text": "看短片、记六个不、学会呼救与救生圈的使用,课后画一张家附近水域的安全地图。",
    "plan": {
        "ageLeast": 8,
        "ageMost": 12,
        "minutes": 40,
        "goals": ["说出防溺水的六个不", "会呼救,会用救生圈"],
        "steps": [
            {"title": "看短片", "minutes": 10},
            {"title": "记六个不", "minutes": 10},
            {"title": "练呼救", "minutes": 15, "materials": ["救生圈"]},
        ],
        "safetyNote": "全程在教室内进行。",
        "contentGuidance": ["WATER"],
        "licence": "CC_BY",
    },
}
TEXT = "示范课程《防溺水安全教育》:看短片、记六个不、画一张身边水域安全地图。教案见"


@dataclass(frozen=True)
class Scale:
    """Which levels promote the lesson, over how long, and how long all of it may take."""

    levels: tuple[Level, ...]
    spread_seconds: int
    settle_seconds: float


SCALES = {
    "usual": Scale((Level.NATIONAL, Level.PROVINCIAL, Level.COUNTY), 25, 90.0),
    # Every grassroots unit has an account too: about 44,000.
    "full": Scale((Level.NATIONAL, Level.PROVINCIAL, Level.COUNTY, Level.GRASSROOTS), 300, 900.0),
}


@dataclass(frozen=True)
class Promoted:
    """What was scheduled, and where."""

    nation: str
    units: dict[str, int]
    accounts: int
    campaign: str
    lesson: str


@dataclass
class Outcome:
    """What the demo ends with."""

    seeded: Seeded
    promoted: Promoted
    verdict: Verdict
    quota: Quota
    engagement: list[dict[str, Any]]
    moved: Moved
    seconds: float

    @property
    def kept(self) -> bool:
        return self.verdict.kept and self.quota.is_met


def demo(*, as_json: bool, faults: bool, scale: str = "usual") -> int:
    """Run it and print what happened; 0 only if all went out as promised, and every quota is met."""
    started = time.monotonic()
    console = Console(stderr=as_json, soft_wrap=True, highlight=False)
    with open_services() as services:
        # Held only to see that nobody else works here; the demo's own sandbox takes it next.
        os.close(take_place(services.settings.data_dir))
        outcome = asyncio.run(_run(services, console, SCALES[scale], faults=faults, started=started))
    if as_json:
        sys.stdout.write(json.dumps(_as_json(outcome), ensure_ascii=False) + "\n")
    else:
        _print(console, outcome)
    return 0 if outcome.kept else 1


async def _run(services: Services, console: Console, scale: Scale, *, faults: bool, started: float) -> Outcome:
    settings = services.settings
    services.settings = settings.model_copy(update={"settling_seconds": int(COMPRESSED["QICAI_SETTLING_SECONDS"])})
    log = settings.data_dir / "log"
    with child("sandbox", environment=COMPRESSED, log=log / "sandbox.log") as sandbox:
        control = Control(sandbox.said, services.keys.derived("sandbox control"))
        console.print(
            f"Sandbox host (not Weibo) at {control.url}; its call limits are "
            f"{settings.sandbox_limit_scale:g} times Weibo's, its engagement is synthetic."
        )
        control.call("POST", "faults", json=_faults() if faults else [])
        with console.status("Importing 44,703 divisions and connecting accounts ..."):
            seeded = await seed(services, control, console.print, levels=scale.levels)
        bodies = await bodies_of(services)
        with (
            child("serve", environment=COMPRESSED, log=log / "api.log") as api,
            child("work", environment=COMPRESSED, log=log / "worker.log"),
        ):
            console.print(f"API at {api.said}/graphql; one worker. Everything below goes through the API.")
            async with httpx.AsyncClient(trust_env=False) as http:
                front = ApiClient(http, api.said, await _token(services, Role.ADMINISTRATOR))
                writer = ApiClient(http, api.said, await _token(services, Role.MEDIA_MANAGER))
                promoted = await _publish(front, writer, console, scale)
                given = {"lesson": promoted.lesson, "campaign": promoted.campaign}
                await show_dreams(front, bodies, console, **given, over=timedelta(seconds=WINDOW_SECONDS))
                await _follow(front, console, promoted.campaign, seconds=scale.settle_seconds)
                engagement = await _engagement(front, console, promoted.campaign, seconds=scale.settle_seconds)
                quota = await quota_of(front, campaign=promoted.campaign, nation=promoted.nation)
                moved = await move_a_county(services, front, console, lesson=promoted.lesson)
            verdict = await _judge(services, control, promoted.campaign)
        struck = ", ".join(f"{rule['kind']} {rule['hits']}" for rule in control.call("GET", "faults"))
        console.print(f"Faults of the sandbox that struck, each settled by the worker: {struck or 'none'}")
    seconds = round(time.monotonic() - started, 1)
    return Outcome(seeded, promoted, verdict, quota, engagement, moved, seconds)


def _faults() -> list[dict[str, Any]]:
    return [
        {"endpoint": "share", "kind": kind, "probability": thousandth / 1000, "seed": seed, **_more(kind)}
        for seed, (kind, thousandth) in enumerate(FAULTS.items())
    ]


def _more(kind: str) -> dict[str, Any]:
    return {"seconds": 1.0} if kind == "slow" else {}


async def _token(services: Services, role: Role) -> str:
    login = persona(Level.NATIONAL, role)
    async with open_database(services) as engine, open_sessions(engine)() as session:
        user = await user_by_login(session, login)
    if user is None:
        raise CannotStart(f"There is no {login}; run `qicai seed` once.")
    return issue_token(services.keys.login, user.id, now=datetime.now(UTC), life=LIFE)


async def _publish(front: ApiClient, writer: ApiClient, console: Console, scale: Scale) -> Promoted:
    start = await front.ask(client.START)
    nation = start["unit"]["id"]
    campaign = await front.ask(client.CREATE_CAMPAIGN, input={"unitId": nation, **asked_of_each()})
    # Two people: whoever wrote it does not make it a showcase lesson.
    lesson = (await writer.ask(client.CREATE_LESSON, input={"unitId": nation, **LESSON}))["createLesson"]["lesson"]
    await front.ask(client.SHOWCASE, input={"lessonId": lesson["id"], "reason": "演示:由全国级直接推出"})
    campaign_id = campaign["createCampaign"]["campaign"]["id"]
    began = time.monotonic()
    # And whoever schedules it does not approve it.
    post = await writer.ask(
        client.SCHEDULE,
        input={
            "lessonId": lesson["id"],
            "unitId": nation,
            "campaignId": campaign_id,
            "levels": [level.name for level in scale.levels],
            "text": TEXT,
            "pictureId": await hand_in(writer, nation),
            "publishAt": (datetime.now(UTC) + LEAD).isoformat(),
            "spreadSeconds": scale.spread_seconds,
            "clientMutationKey": f"demo {campaign_id}",
        },
    )
    written = post["scheduleLesson"]["post"]
    count = sum(row["count"] for row in written["states"])
    await front.ask(client.APPROVE, input={"postId": written["id"], "expectedVersion": written["version"]})
    console.print(
        f"Showcase lesson 《{lesson['title']}》 scheduled to {count:,} accounts and approved by a second person "
        f"in {time.monotonic() - began:.2f} s, "
        f"due over {scale.spread_seconds} s"
    )
    units = {row["level"]: row["count"] for row in start["unitCounts"]["levels"]}
    return Promoted(nation, units, start["accounts"]["totalCount"], campaign_id, lesson["id"])


async def _follow(front: ApiClient, console: Console, campaign: str, *, seconds: float) -> None:
    """Watch until every delivery is settled, or the time is up."""

    async def settled() -> tuple[int, int]:
        rows = (await front.ask(client.PROGRESS, id=campaign))["node"]["deliveries"]
        return sum(r["count"] for r in rows if r["state"] in SETTLED), sum(r["count"] for r in rows)

    await _until(console, "Publishing", settled, seconds=seconds)


async def _engagement(front: ApiClient, console: Console, campaign: str, *, seconds: float) -> list[dict[str, Any]]:
    """Wait until every published post was read, then let the ladder's last rung pass."""

    async def read() -> tuple[int, int]:
        rows = (await front.ask(client.RESULT, id=campaign))["node"]["engagement"]
        return sum(r["likes"]["known"] for r in rows), sum(r["published"] for r in rows)

    await _until(console, "Reading engagement", read, seconds=seconds)
    await asyncio.sleep(max(float(rung) for rung in COMPRESSED["QICAI_ENGAGEMENT_LADDER"].split(",")))
    rows: list[dict[str, Any]] = (await front.ask(client.RESULT, id=campaign))["node"]["engagement"]
    return rows


async def _until(console: Console, title: str, look: Callable[[], Any], *, seconds: float) -> None:
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    deadline = time.monotonic() + seconds
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(title, total=None)
        while time.monotonic() < deadline:
            done, total = await look()
            progress.update(task, completed=done, total=total)
            if done == total:
                return
            await asyncio.sleep(0.5)


async def _judge(services: Services, control: Control, campaign: str) -> Verdict:
    _, campaign_id = row_of(campaign)
    async with open_database(services) as engine, open_sessions(engine)() as session:
        promises = await promises_of(session, campaign_id)
    journal = control.call("POST", "journal/count", json={"codes": [promise.code for promise in promises]})
    return judge(promises, journal)


def _as_json(outcome: Outcome) -> dict[str, Any]:
    facts = asdict(outcome.verdict)
    return {
        "units": outcome.promoted.units,
        "accounts": outcome.promoted.accounts,
        "deliveries": facts.pop("states"),
        **facts,
        "quota_met": outcome.quota.is_met,
        "quota": outcome.quota.told(),
        "engagement": {
            row["level"]: {
                "published": row["published"],
                **{metric: row[metric]["value"] for metric in ("reposts", "comments", "likes")},
            }
            for row in outcome.engagement
        },
        "moved": asdict(outcome.moved),
        "seconds": outcome.seconds,
    }


def _print(console: Console, outcome: Outcome) -> None:
    table = Table(title="One campaign, by level (engagement is synthetic)")
    for column in ("level", "units", "published", "reposts", "comments", "likes"):
        table.add_column(column, justify="left" if column == "level" else "right")
    for row in outcome.engagement:
        figures = [row[metric]["value"] for metric in ("reposts", "comments", "likes")]
        table.add_row(
            row["level"],
            f"{outcome.promoted.units[row['level']]:,}",
            f"{row['published']:,} of {row['deliveries']:,}",
            *("-" if figure is None else f"{figure:,}" for figure in figures),
        )
    console.print(table)
    print_quota(console, outcome.quota)
    print_moved(console, outcome.moved)
    verdict = outcome.verdict
    console.print(
        f"Judged by the sandbox's journal: lost {verdict.lost}, sent twice {verdict.duplicates}, "
        f"early {verdict.early}, altered {verdict.altered}, unsettled {verdict.unsettled}; "
        f"late p50 {verdict.late_p50_s} s, p99 {verdict.late_p99_s} s"
    )
    console.print(f"{'Done' if outcome.kept else 'NOT as promised'} in {outcome.seconds} s. Next: `make up`.")
