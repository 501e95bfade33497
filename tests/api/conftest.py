"""Tests here speak to the real application, in this process and in one of its own."""

import json
from pathlib import Path

import pytest

from integrations.keys import Keys
from tests.factories.api_fixtures import api, country, open_api

__all__ = ["api", "country", "open_api"]


@pytest.fixture(scope="session")
def key_file(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of the tests, for processes of their own."""
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    ring = {name: key.hex() for name, key in keys.keyring.keys.items()}
    path.write_text(json.dumps({"current": keys.keyring.current, "keys": ring, "signing": keys.signing.hex()}))
    path.chmod(0o600)
    return path
