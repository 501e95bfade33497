"""Why a picture is not taken."""


class Unusable(Exception):
    """`code` is KIND (none of those taken), BROKEN (cannot be read to its end), or PIXELS (too many of them)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
