"""Valkey: its data, and what stands in its way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integrations.embedded.holder import Holder, gone, supervisors

pytestmark = pytest.mark.faults

Hold = Callable[..., Holder]


def test_data_survive_a_restart(data_dir: Path, hold: Hold):
    first = hold(postgres=False)
    with first.valkey() as client:
        client.set("name", "七彩")
    first.end()
    assert gone(*supervisors(data_dir))
    with hold(postgres=False).valkey() as client:
        assert client.get("name") == "七彩".encode()


def test_it_listens_on_no_port(hold: Hold):
    with hold(postgres=False).valkey() as client:
        assert client.config_get("port") == {"port": "0"}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_a_file_in_place_of_its_folder_is_an_error_that_names_the_variable(data_dir: Path, hold: Hold):
    (data_dir / "valkey").touch()
    assert "REDIS_URL" in hold(postgres=False).error
