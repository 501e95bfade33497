"""Requests that carry a key, so that repeating one does not repeat the act."""
