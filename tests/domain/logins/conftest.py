"""What tests of logins share."""

import pytest

from domain.logins import passwords
from tests.factories.logins import CHEAP


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """For those who guess again and again: what a hash costs is told by others, and races keep their true length."""
    monkeypatch.setattr(passwords, "HASHER", CHEAP)
    monkeypatch.setattr(passwords, "DECOY", passwords._decoy())
