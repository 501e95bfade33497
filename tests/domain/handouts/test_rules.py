"""A file is kept under its row, its name and its hash, and saved under its name."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.handouts.rules import documents_in, key_of, name_of

DIGEST = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("name", ["press-kit.pdf", "deliveries.csv", "accounts.jsonl"])
def test_a_file_is_known_by_its_hash_and_saved_by_its_name(name: str):
    key = key_of("press", UUID(int=7), name, DIGEST)
    stem, _, ending = name.rpartition(".")
    assert key == f"press/{UUID(int=7)}/{stem}-{DIGEST}.{ending}"
    assert name_of(key) == name


def test_the_files_of_a_row_are_told_with_the_end_of_the_row():
    ends = datetime(2026, 6, 8, tzinfo=UTC)
    kept = {"a.csv": {"sha256": DIGEST, "size": 0}}
    (found,) = documents_in("exports", UUID(int=7), kept, expires_at=ends)
    assert (found.name, found.sha256, found.size, found.expires_at) == ("a.csv", DIGEST, 0, ends)
    assert found.key == key_of("exports", UUID(int=7), "a.csv", DIGEST)
