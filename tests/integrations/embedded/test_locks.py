"""Locks: one holder at a time, and a file that was replaced meanwhile counts for nothing."""

import os
from pathlib import Path

from integrations.embedded.locks import try_lock, wait_for_lock


def test_a_lock_has_one_holder_until_it_is_released(tmp_path: Path):
    path = tmp_path / "lock"
    held = try_lock(path)
    assert held is not None
    assert try_lock(path) is None
    assert wait_for_lock(path, seconds=0.05) is None
    os.close(held)
    again = wait_for_lock(path, seconds=5)
    assert again is not None
    os.close(again)


def test_a_lock_whose_file_was_removed_does_not_count(tmp_path: Path):
    path = tmp_path / "lock"
    held = try_lock(path)
    assert held is not None
    path.unlink()
    again = try_lock(path)
    assert again is not None
    assert os.fstat(again).st_ino == path.stat().st_ino
    for descriptor in (held, again):
        os.close(descriptor)
