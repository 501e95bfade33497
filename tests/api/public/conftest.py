"""The pages over real tables."""

from tests.factories.api_fixtures import api, country, open_api

__all__ = ["api", "country", "open_api"]
