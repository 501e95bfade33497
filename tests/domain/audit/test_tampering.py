"""Whoever has the database and no key cannot change the log unnoticed: each way is tried, and found for what it is."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from domain.audit.findings import FindingKind
from domain.audit.heads import Head
from domain.audit.models import AuditEntry
from domain.audit.rules import GENESIS, chained
from domain.audit.seals import SEALED
from domain.base.ids import new_id
from domain.base.keyring import KeySet
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.audit import add_entries, chain, check, long_after, seal, tamper, told
from tests.factories.units import NOW

ALTERED, MISSING, CUT = FindingKind.ALTERED, FindingKind.MISSING, FindingKind.CUT
UNSIGNED, FORGED, UNSEALED = FindingKind.UNSIGNED, FindingKind.FORGED, FindingKind.UNSEALED
# Ten entries under seals at 4, 7 and 10.
BATCHES = (4, 3, 3)
OTHER = "018f0000-0000-7000-8000-000000000001"
INSERT = (
    "INSERT INTO audit_entries (id, at, act, about, unit_path, details, position, hash) "
    "VALUES (:id, now(), 'appoint', 'User', '0', '{}', :position, :hash)"
)


async def rehash(sessions: Sessions, *, first: int = 1, last: int = 99) -> bytes:
    """Make the chain anew from one position to another, as anybody can; answers the last hash."""
    async with sessions() as session:
        query = select(*SEALED, AuditEntry.position, AuditEntry.hash).order_by(AuditEntry.position)
        digest = GENESIS
        for row in (await session.execute(query)).all():
            digest = chained(digest, row) if first <= row.position <= last else row.hash
            change = text("UPDATE audit_entries SET hash = :hash WHERE id = :id")
            await session.execute(change, {"hash": digest, "id": row.id})
        await session.commit()
    return digest


async def forge(sessions: Sessions, *, position: int, digest: bytes, key_id: str = "stranger") -> None:
    """Replace all seals by one that a stranger signed."""
    keys = KeySet(key_id, {key_id: bytes(32)})
    head = Head.signed(keys, position=position, hash=digest, sealed_at=NOW)
    seal_row = "INSERT INTO audit_seals VALUES (:position, :hash, :sealed_at, :key_id, :signature)"
    await tamper(sessions, "DELETE FROM audit_seals")
    await tamper(sessions, seal_row, **vars(head))


async def test_an_untouched_log_is_clean_with_every_head_that_was_ever_kept(sessions: Sessions, keys: Keys):
    heads = await chain(sessions, keys, *BATCHES)
    report = await check(sessions, keys, *heads)
    assert report.is_clean
    assert (report.entries, report.seals, report.heads, report.unsealed) == (10, 3, 3, 0)


async def test_a_log_with_nothing_in_it_is_clean(sessions: Sessions, keys: Keys):
    assert (await check(sessions, keys)).is_clean


@pytest.mark.parametrize(
    "change",
    [
        'details = \'{"text": "another"}\'',
        "details = details || '{\"more\": 1}'",
        "details = '{}'",
        f"actor_id = '{OTHER}'",
        "actor_id = NULL",
        "act = 'cancelPost'",
        "about = 'Unit'",
        f"row_id = '{OTHER}'",
        "unit_id = NULL",
        "at = at + interval '1 microsecond'",
        "at = 'infinity'",
        "at = '-infinity'",
        "at = '4000-01-01 BC'",
        f"id = '{OTHER}'",
        "hash = '\\x00'",
        "hash = NULL",
    ],
)
@pytest.mark.parametrize("position", [1, 4, 5, 10])
async def test_an_altered_row_is_named(sessions: Sessions, keys: Keys, change: str, position: int):
    heads = await chain(sessions, keys, *BATCHES)
    await tamper(sessions, f"UPDATE audit_entries SET {change} WHERE position = {position}")
    report = await check(sessions, keys)
    assert told(report.findings) == [(ALTERED, position, position)]
    async with sessions() as session:
        named = await session.scalar(select(AuditEntry.id).where(AuditEntry.position == position))
    assert report.findings[0].entry_id == named
    assert str(report.findings[0].entry_id) in report.findings[0].words("en")
    assert not (await check(sessions, keys, heads[-1])).is_clean


async def test_numbers_that_only_look_the_same_are_told_apart(sessions: Sessions, keys: Keys):
    async with sessions() as session:
        add_entries(session, 1, details={"amount": 10_000_000_000_000_000})
        await session.commit()
    await seal(sessions, keys)
    await tamper(sessions, "UPDATE audit_entries SET details = '{\"amount\": 10000000000000000.0000000001}'")
    assert told((await check(sessions, keys)).findings) == [(ALTERED, 1, 1)]


async def test_an_altered_row_with_a_hash_that_fits_it_is_found_at_the_next(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "UPDATE audit_entries SET act = 'x' WHERE position = 5")
    await rehash(sessions, first=5, last=5)
    assert told((await check(sessions, keys)).findings) == [(ALTERED, 6, 6)]
    await rehash(sessions, first=6)
    # The whole rest was made anew: now only the seals say that something between them is not as it was.
    assert told((await check(sessions, keys)).findings) == [(ALTERED, 5, 7)]


@pytest.mark.parametrize("position", [1, 3, 4, 8])
async def test_a_deleted_row_is_named(sessions: Sessions, keys: Keys, position: int):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, f"DELETE FROM audit_entries WHERE position = {position}")
    assert told((await check(sessions, keys)).findings) == [(MISSING, position, position)]


async def test_deleted_rows_side_by_side_are_told_as_one(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "DELETE FROM audit_entries WHERE position BETWEEN 3 AND 8")
    assert told((await check(sessions, keys)).findings) == [(MISSING, 3, 8)]


async def test_a_row_behind_a_gap_is_still_checked_where_a_seal_bridges_it(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    await tamper(
        sessions,
        "DELETE FROM audit_entries WHERE position = 4",
        "UPDATE audit_entries SET act = 'x' WHERE position = 5",
    )
    assert told((await check(sessions, keys)).findings) == [(MISSING, 4, 4), (ALTERED, 5, 5)]


async def test_a_row_that_is_deleted_while_the_rest_moves_up_is_found(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "DELETE FROM audit_entries WHERE position = 3")
    await tamper(sessions, "UPDATE audit_entries SET position = -position WHERE position > 3")
    await tamper(sessions, "UPDATE audit_entries SET position = -position - 1 WHERE position < 0")
    found = told((await check(sessions, keys)).findings)
    assert found[0] == (ALTERED, 3, 3)
    assert found[-1] == (CUT, 9, 10)
    await rehash(sessions)
    assert told((await check(sessions, keys)).findings) == [(ALTERED, 1, 4), (CUT, 9, 10)]


async def test_a_tail_that_is_cut_off_is_found_by_its_seals(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "DELETE FROM audit_entries WHERE position > 5")
    assert told((await check(sessions, keys)).findings) == [(CUT, 5, 10)]


async def test_a_tail_that_is_cut_off_with_its_seals_is_found_by_a_head_kept_elsewhere(sessions: Sessions, keys: Keys):
    heads = await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "DELETE FROM audit_entries WHERE position > 7", "DELETE FROM audit_seals WHERE position > 7")
    assert (await check(sessions, keys, heads[0])).is_clean
    report = await check(sessions, keys, *heads)
    assert told(report.findings) == [(CUT, 7, 10)]
    assert report.findings[0].source == "heads:3"


async def test_a_log_that_is_emptied_is_found_by_a_head_kept_elsewhere(sessions: Sessions, keys: Keys):
    heads = await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "TRUNCATE audit_entries, audit_seals")
    assert told((await check(sessions, keys, heads[0])).findings) == [(CUT, 0, 4)]


async def test_a_cut_log_that_was_sealed_on_shows_by_the_earlier_head(sessions: Sessions, keys: Keys):
    heads = await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "DELETE FROM audit_entries WHERE position > 4", "DELETE FROM audit_seals WHERE position > 4")
    later = await chain(sessions, keys, 6)
    assert later[0].position == 10
    assert (await check(sessions, keys, *later)).is_clean
    report = await check(sessions, keys, *heads, *later)
    assert told(report.findings) == [(ALTERED, 5, 7)]
    assert report.findings[0].source == "heads:2"


async def test_a_row_that_is_taken_out_altered_and_sealed_again_shows_by_the_earlier_head(
    sessions: Sessions, keys: Keys
):
    heads = await chain(sessions, keys, *BATCHES)
    await tamper(
        sessions,
        "UPDATE audit_entries SET position = NULL, hash = NULL, act = 'x' WHERE position > 7",
        "DELETE FROM audit_seals WHERE position > 7",
    )
    await seal(sessions, keys)
    assert (await check(sessions, keys)).is_clean
    assert told((await check(sessions, keys, heads[-1])).findings) == [(ALTERED, 1, 10)]


async def test_a_chain_made_anew_under_a_strangers_seal_is_found(sessions: Sessions, keys: Keys):
    heads = await chain(sessions, keys, *BATCHES)
    await tamper(
        sessions,
        "DELETE FROM audit_entries WHERE position > 8",
        "UPDATE audit_entries SET act = 'x' WHERE position = 2",
    )
    digest = await rehash(sessions)
    for key_id in ("stranger", keys.sealing.current):
        await forge(sessions, position=8, digest=digest, key_id=key_id)
        assert told((await check(sessions, keys)).findings) == [(FORGED, 8, 8), (UNSIGNED, 1, 8)]
    found = told((await check(sessions, keys, *heads)).findings)
    assert found == [(FORGED, 8, 8), (UNSIGNED, 1, 8), (ALTERED, 1, 4), (CUT, 8, 10)]


async def test_two_rows_that_change_places_are_found(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "UPDATE audit_entries SET position = 0 WHERE position = 3")
    await tamper(sessions, "UPDATE audit_entries SET position = 3 WHERE position = 8")
    await tamper(sessions, "UPDATE audit_entries SET position = 8 WHERE position = 0")
    assert told((await check(sessions, keys)).findings) == [(ALTERED, 3, 4), (ALTERED, 8, 9)]
    await tamper(
        sessions,
        "UPDATE audit_entries one SET hash = other.hash FROM audit_entries other "
        "WHERE (one.position, other.position) IN ((3, 8), (8, 3))",
    )
    # With their hashes left in place, exactly the two are named.
    assert told((await check(sessions, keys)).findings) == [(ALTERED, 3, 3), (ALTERED, 8, 8)]


@pytest.mark.parametrize("position", [11, 15, 0, -3])
async def test_a_row_that_is_put_in_at_an_end_is_found(sessions: Sessions, keys: Keys, position: int):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, INSERT, id=new_id(), position=position, hash=b"")
    await rehash(sessions, first=11)
    found = told((await check(sessions, keys)).findings)
    assert (UNSIGNED, min(position, 11), position) in found
    # Sealing goes on, and does not make it good.
    await seal(sessions, keys, entries=2)
    assert (UNSIGNED, min(position, 11), position) in told((await check(sessions, keys)).findings) or position > 11
    assert not (await check(sessions, keys)).is_clean


async def test_a_row_that_is_put_in_between_is_found(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "UPDATE audit_entries SET position = -position WHERE position > 5")
    await tamper(sessions, "UPDATE audit_entries SET position = 1 - position WHERE position < 0")
    await tamper(sessions, INSERT, id=new_id(), position=6, hash=b"")
    assert told((await check(sessions, keys)).findings)[0][:2] == (ALTERED, 6)
    await rehash(sessions)
    # The seal at 7 is the first to say so.
    assert told((await check(sessions, keys)).findings)[0] == (ALTERED, 5, 7)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE audit_seals SET hash = sha256('x') WHERE position = 7", (FORGED, 7, 7)),
        ("UPDATE audit_seals SET signature = '\\x00' WHERE position = 7", (FORGED, 7, 7)),
        ("UPDATE audit_seals SET sealed_at = sealed_at + interval '1 day' WHERE position = 7", (FORGED, 7, 7)),
        ("UPDATE audit_seals SET sealed_at = 'infinity' WHERE position = 7", (FORGED, 7, 7)),
        ("UPDATE audit_seals SET position = 6 WHERE position = 7", (FORGED, 6, 6)),
        ("UPDATE audit_seals SET key_id = 'unknown' WHERE position = 7", (FORGED, 7, 7)),
        ("DELETE FROM audit_seals WHERE position = 10", (UNSIGNED, 8, 10)),
        ("DELETE FROM audit_seals", (UNSIGNED, 1, 10)),
        (
            "UPDATE audit_seals one SET hash = other.hash, signature = other.signature FROM audit_seals other "
            "WHERE one.position = 7 AND other.position = 4",
            (FORGED, 7, 7),
        ),
    ],
)
async def test_a_replaced_seal_is_found(
    sessions: Sessions, keys: Keys, change: str, found: tuple[FindingKind, int, int]
):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, change)
    assert told((await check(sessions, keys)).findings) == [found]


async def test_the_loss_of_the_newest_seal_stays_visible_when_sealing_goes_on(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    await tamper(sessions, "DELETE FROM audit_seals WHERE position = 10")
    await chain(sessions, keys, 2, 2)
    assert told((await check(sessions, keys)).findings) == [(UNSIGNED, 8, 10)]


async def test_a_position_as_far_away_as_can_be_does_not_keep_the_check_busy(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, *BATCHES)
    for position in (2**63 - 1, -(2**63)):
        await tamper(sessions, INSERT, id=new_id(), position=position, hash=b"")
    found = told((await check(sessions, keys)).findings)
    assert found[0] == (UNSIGNED, -(2**63), -(2**63))
    assert (MISSING, 11, 2**63 - 2) in found


async def test_what_nobody_seals_for_a_minute_is_told(sessions: Sessions, keys: Keys):
    async with sessions() as session:
        add_entries(session, 3)
        await session.commit()
    report = await check(sessions, keys, now=NOW + timedelta(seconds=59))
    assert (report.is_clean, report.unsealed) == (True, 3)
    report = await check(sessions, keys, now=long_after())
    assert told(report.findings) == [(UNSEALED, 0, 0)]
    assert "3 entries" in report.findings[0].words("en")
