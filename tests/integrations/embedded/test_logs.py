"""Logs: appended to, put aside when too large, quoted at their end."""

import os
from pathlib import Path

from integrations.embedded.logs import LARGEST, begin, ending, open_log, size


def test_a_log_that_has_grown_too_large_is_put_aside(tmp_path: Path):
    path = tmp_path / "log" / "server.log"
    for line in (b"first\n", b"second\n"):
        begin(path)
        with open_log(path) as log:
            log.write(line)
    assert path.read_text() == "first\nsecond\n"
    assert begin(path) == size(path) == 13
    os.truncate(path, LARGEST + 1)
    assert begin(path) == size(path) == 0
    assert size(path.with_suffix(".old")) == LARGEST + 1


def test_the_end_of_a_log_leaves_out_what_was_there_before(tmp_path: Path):
    path = tmp_path / "server.log"
    path.write_text("old\n")
    start = size(path)
    assert "is empty" in ending(path, start)
    with open_log(path) as log:
        log.write("\n".join(f"行 {number}" for number in range(100)).encode())
    assert "old" not in ending(path, start)
    assert ending(path, start).endswith("行 98\n行 99")
    assert "is empty" in ending(tmp_path / "absent.log")
