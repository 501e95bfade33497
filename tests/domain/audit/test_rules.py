"""What is sealed of an entry, and how hashes follow from each other, byte for byte: both outlive every release."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from domain.audit.models import AuditEntry
from domain.audit.rules import GENESIS, canonical, chained, instant

PLAIN: dict[str, Any] = {
    "id": UUID(int=1),
    "at": datetime(2026, 6, 1, 9, 0, tzinfo=timezone(timedelta(hours=8))),
    "actor_id": UUID(int=2),
    "act": "cancelPost",
    "about": "Post",
    "row_id": None,
    "unit_id": UUID(int=3),
    "details": '{"text": "六一"}',
}
BYTES = (
    '{"about":"Post","act":"cancelPost","actorId":"00000000-0000-0000-0000-000000000002",'
    '"at":"2026-06-01T01:00:00.000000+00:00","details":"{\\"text\\": \\"六一\\"}",'
    '"id":"00000000-0000-0000-0000-000000000001","rowId":null,"unitId":"00000000-0000-0000-0000-000000000003"}'
)


def entry(**changes: Any) -> Any:
    return SimpleNamespace(**(PLAIN | changes))


def test_the_sealed_bytes_of_an_entry_are_these_for_ever():
    assert canonical(entry()) == BYTES.encode()
    assert sha256(b"qicai audit chain 1").digest() == GENESIS
    assert chained(GENESIS, entry()) == sha256(GENESIS + BYTES.encode()).digest()


@pytest.mark.parametrize("name", PLAIN)
def test_a_hash_follows_from_every_field(name: str):
    other = {"at": datetime(2026, 6, 1, tzinfo=UTC), "act": "x", "about": "x", "details": "{}"}.get(name, UUID(int=9))
    assert chained(GENESIS, entry(**{name: other})) != chained(GENESIS, entry())


def test_a_hash_follows_from_the_one_before():
    assert chained(sha256(b"").digest(), entry()) != chained(GENESIS, entry())


def test_every_column_is_sealed_but_those_that_change_afterwards():
    assert set(AuditEntry.__table__.columns.keys()) - set(PLAIN) == {"unit_path", "position", "hash"}


def test_an_instant_is_the_same_in_every_zone_and_keeps_its_microseconds():
    at = datetime(2026, 6, 1, 1, 0, 0, 7, tzinfo=UTC)
    assert instant(at) == instant(at.astimezone(timezone(timedelta(hours=8)))) == "2026-06-01T01:00:00.000007+00:00"
