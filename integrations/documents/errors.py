"""Why a document is not taken."""


class Unusable(Exception):
    """`code` is KIND (not what it says), BROKEN (cannot be read), ACTIVE (runs something), or SIZE (unpacks far)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
