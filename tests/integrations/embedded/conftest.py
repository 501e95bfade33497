"""A data folder of its own for each test, and the certainty that nothing is left running."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from integrations.embedded.places import Places
from tests.integrations.embedded.holder import Holder, gone, supervisors


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="qicai-test-")).resolve()
    # Another user must be able to reach what it owns below.
    folder.chmod(0o755)
    data = folder / "data"
    data.mkdir()
    yield data
    assert gone(*supervisors(data))
    shutil.rmtree(Places(data).runtime, ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture
def hold(data_dir: Path) -> Iterator[Callable[..., Holder]]:
    """Start holders of the data folder; those that the test leaves are ended before it is removed."""
    holders: list[Holder] = []

    def start(**options: Any) -> Holder:
        holders.append(Holder(data_dir, **options))
        return holders[-1]

    yield start
    for holder in holders:
        holder.kill()
