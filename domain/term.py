"""What a word of the field is."""

from enum import Enum


class Term(str, Enum):  # noqa: UP042 - StrEnum takes no second value
    """A word of the field: its value is the identifier, `zh` the Chinese term."""

    zh: str

    def __new__(cls, value: str, zh: str) -> "Term":
        term = str.__new__(cls, value)
        term._value_ = value
        term.zh = zh
        return term

    def __str__(self) -> str:
        return str(self.value)
