"""Tests here speak to the real application, in this process and in one of its own."""

from pathlib import Path

import pytest

from integrations.keys import Keys
from tests.factories.api_fixtures import api, country, open_api
from tests.factories.keys import write_keys

__all__ = ["api", "country", "open_api"]


@pytest.fixture(scope="session")
def key_file(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of the tests, for processes of their own."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    return write_keys(path, keys)
