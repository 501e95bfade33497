"""PostgreSQL and Valkey for those who have none: from wheels, shared, stopped with their last user."""

from integrations.embedded.client import Lease, lease
from integrations.embedded.errors import EmbeddedError

__all__ = ["EmbeddedError", "Lease", "lease"]
