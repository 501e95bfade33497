"""What the domain's tests share."""

import pytest
from hypothesis import settings

from domain.base.keyring import Keyring
from integrations.keys import Keys

# A slow machine is no counter-example.
settings.register_profile("domain", deadline=None)
settings.load_profile("domain")


@pytest.fixture(scope="session")
def keyring(keys: Keys) -> Keyring:
    return keys.keyring
