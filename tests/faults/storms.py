"""What the platform does to us: small faults all the time, and limits, outages and dead tokens now and then."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from domain.accounts.commands import NewAccount, connect_accounts
from domain.accounts.models import Account
from domain.hosts.models import Host
from domain.terms import AccountState
from tests.faults.run import Run
from tests.integrations.sandbox.running import Person

# The first rule that strikes a request decides about it.
FAULTS: list[dict[str, Any]] = [
    {"endpoint": "share", "kind": "drop_after_accept", "probability": 0.05, "seed": 1},
    {"endpoint": "share", "kind": "drop_before_accept", "probability": 0.03, "seed": 2},
    {"endpoint": "share", "kind": "truncate", "probability": 0.03, "seed": 3},
    {"endpoint": "share", "kind": "html", "http": 502, "accept": True, "probability": 0.03, "seed": 4},
    {"endpoint": "share", "kind": "error", "code": 10001, "accept": True, "probability": 0.03, "seed": 5},
    {"endpoint": "share", "kind": "accept_late", "seconds": 0.5, "probability": 0.03, "seed": 7},
    {"endpoint": "share", "kind": "hang", "seconds": 3, "accept": True, "probability": 0.02, "seed": 8},
    {"endpoint": "share", "kind": "hang", "seconds": 1, "accept": False, "probability": 0.03, "seed": 11},
    {"endpoint": "timeline", "kind": "error", "code": 10002, "probability": 0.05, "seed": 9},
    {"endpoint": "share", "kind": "slow", "seconds": 0.3, "probability": 0.5, "seed": 10},
]
OUTAGE = [{"endpoint": "*", "kind": "drop_before_accept"}]
HOST_LIMIT = [{"endpoint": "*", "kind": "error", "code": 10022}]
ACCOUNT_CODES = (10023, 10024, 20016)
STORM_SECONDS, OUTAGE_SECONDS, CALL_SECONDS = 4.0, 5.0, 1.7
SEEDS, ORDERED = 100, "platform: faults ordered"
INSIDE_A_PAUSE = "requests inside a pause"
PAUSES_OVER = (
    "UPDATE accounts SET paused_until = now() WHERE paused_until > now()",
    "UPDATE hosts SET paused_until = now() WHERE paused_until > now()",
    "UPDATE deliveries SET try_at = now() WHERE problem = 'RATE_LIMITED' AND state = 'SCHEDULED'",
    "UPDATE deliveries SET look_at = now() WHERE problem = 'RATE_LIMITED' AND state = 'UNCONFIRMED'",
)


def begin(run: Run, *rules: dict[str, Any]) -> None:
    """Order these faults before the usual ones, and count what the ones before did."""
    end(run)
    # Other seeds each time: an account's first request would have the same fate after every storm.
    run.done[ORDERED] += 1
    usual = [rule | {"seed": rule["seed"] + SEEDS * run.done[ORDERED]} for rule in FAULTS]
    run.stage.sandbox.control("POST", "faults", json=[*rules, *usual])


def end(run: Run) -> None:
    """The platform does nothing to us any more."""
    for rule in run.stage.sandbox.control("GET", "faults").json():
        kind = f"{rule['kind']} {rule['code']}" if rule["kind"] == "error" else rule["kind"]
        run.done[f"platform: {kind} at {rule['endpoint']}"] += rule["hits"]
    run.stage.sandbox.control("DELETE", "faults")


async def next_storm(run: Run) -> None:
    """One after the other, each over when this ends."""
    storms = (be_away, limit_accounts, kill_a_token, limit_us)
    storm = storms[run.done["platform: storms"] % len(storms)]
    run.done["platform: storms"] += 1
    try:
        await storm(run)
    finally:
        begin(run)
        # Until whoever was answered last has written it down.
        await asyncio.sleep(CALL_SECONDS)
        await run.surely(lambda: end_pauses(run))
    run.done[f"platform: {storm.__name__.replace('_', ' ')}"] += 1


async def be_away(run: Run) -> None:
    begin(run, *OUTAGE)
    await asyncio.sleep(OUTAGE_SECONDS)


async def limit_accounts(run: Run) -> None:
    """Some accounts have used up their calls, others go on."""
    uids = run.dice.sample([person.uid for person in run.stage.people], len(ACCOUNT_CODES))
    coded = zip(uids, ACCOUNT_CODES, strict=True)
    begin(run, *({"endpoint": "*", "kind": "error", "code": code, "uid": uid} for uid, code in coded))
    paused = select(func.count()).select_from(Account).where(Account.uid.in_(uids), Account.paused_until > func.now())
    await _limited(run, paused, len(uids))


async def limit_us(run: Run) -> None:
    """All of us have."""
    begin(run, *HOST_LIMIT)
    paused = select(func.count()).select_from(Host).where(Host.paused_until > func.now())
    await _limited(run, paused, 1)


async def _limited(run: Run, paused: Any, count: int) -> None:
    """Wait for the pauses, and count what is asked in them."""
    loop = asyncio.get_running_loop()
    until = loop.time() + STORM_SECONDS
    asked = None
    while loop.time() < until:
        await asyncio.sleep(0.1)
        async with run.stage.sessions() as session:
            is_paused = await session.scalar(paused) == count
        if is_paused and asked is None:
            # What was under way when the first was answered is no request inside the pause.
            await asyncio.sleep(0.5)
            asked = _hits(run, count)
    if asked is not None:
        run.done["platform: pauses watched"] += 1
        run.done[INSIDE_A_PAUSE] += _hits(run, count) - asked


async def end_pauses(run: Run) -> None:
    """As if the five minutes of each had run out: no clock is moved, and no run lasts as long as they do."""
    async with run.stage.sessions() as session:
        for statement in PAUSES_OVER:
            await session.execute(text(statement))
        await session.commit()


def _hits(run: Run, rules: int) -> int:
    return sum(rule["hits"] for rule in run.stage.sandbox.control("GET", "faults").json()[:rules])


async def kill_a_token(run: Run) -> None:
    """The platform takes back what an owner allowed; the keeper notices, and connects the account again."""
    person = run.dice.choice(run.stage.people)
    run.stage.sandbox.control("POST", "tokens/revoke", json={"uids": [person.uid]})
    dead = select(Account.id).where(Account.uid == person.uid, Account.state == AccountState.UNAUTHORIZED)
    try:
        for _ in range(40):
            await asyncio.sleep(0.1)
            async with run.stage.sessions() as session:
                if await session.scalar(dead):
                    run.done["platform: accounts found without leave"] += 1
                    return
    finally:
        await run.surely(lambda: reconnect(run, person))


async def reconnect(run: Run, person: Person) -> None:
    """By whoever keeps the accounts of the province."""
    fresh = run.stage.sandbox.known(person.uid, person.name)
    now = datetime.now(UTC)
    async with run.stage.sessions() as session:
        account = (await session.scalars(select(Account).where(Account.uid == person.uid))).one()
        wanted = NewAccount(
            account.unit_id, person.uid, person.name, token=fresh.token, token_expires_at=now + timedelta(days=30)
        )
        given: dict[str, Any] = {"keyring": run.stage.keys.keyring, "host_id": account.host_id, "accounts": [wanted]}
        await connect_accounts(session, run.keeper, now=now, **given)
        await session.commit()


async def reconnect_all(run: Run) -> None:
    """Every account whose token is dead."""
    async with run.stage.sessions() as session:
        dead = set(await session.scalars(select(Account.uid).where(Account.state == AccountState.UNAUTHORIZED)))
    for person in run.stage.people:
        if person.uid in dead:
            await reconnect(run, person)
