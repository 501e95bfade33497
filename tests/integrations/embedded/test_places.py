"""The folder for sockets: short enough for every data folder, and refused when it is not surely ours."""

from pathlib import Path

import pytest

from integrations.embedded import EmbeddedError
from integrations.embedded.places import Places


def test_sockets_have_short_paths_whatever_the_data_folder_is_called(tmp_path: Path):
    places = Places(tmp_path / ("志愿者" * 20) / ("x" * 200))
    assert len(bytes(places.runtime / ".s.PGSQL.5432.lock")) < 100
    assert places.runtime == Places(places.data).runtime
    assert places.runtime != Places(tmp_path).runtime


def test_a_folder_for_sockets_that_others_can_enter_is_refused(tmp_path: Path):
    places = Places(tmp_path)
    places.open_runtime()
    try:
        places.open_runtime()
        places.runtime.chmod(0o755)
        with pytest.raises(EmbeddedError, match="QICAI_DATA_DIR"):
            places.open_runtime()
    finally:
        places.runtime.rmdir()


def test_a_link_in_place_of_the_folder_for_sockets_is_refused(tmp_path: Path):
    places = Places(tmp_path)
    (tmp_path / "trap").mkdir(mode=0o700)
    places.runtime.symlink_to(tmp_path / "trap")
    try:
        with pytest.raises(EmbeddedError, match="QICAI_DATA_DIR"):
            places.open_runtime()
    finally:
        places.runtime.unlink()
