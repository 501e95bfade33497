"""The one error that callers see when an embedded server cannot be had."""


class EmbeddedError(Exception):
    """An embedded server cannot be had; the text says what failed, why, and which variable to set instead."""
