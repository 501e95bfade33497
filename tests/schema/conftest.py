"""Tests here speak to the real application."""

from tests.factories.api_fixtures import api, country, open_api

__all__ = ["api", "country", "open_api"]
