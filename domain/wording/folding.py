"""A text as a reader takes it: width, styles of digits, traditional and invisible signs, and blanks are no matter.

Whoever wants to get a number past a check writes it in another width or puts something into it that nobody sees.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

# Letters by their category that show as nothing at all.
BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
UNSEEN = {"Cc", "Cf", "Mn", "Me"}
DATA = files("domain.wording") / "data"
# A traditional sign (繁体字) and the simplified one that the list, the surnames and the schools are written in.
SIMPLIFIED = {pair[0]: pair[1] for pair in (DATA / "traditional.txt").read_text("utf-8").split()}


@dataclass(frozen=True)
class Folded:
    """The plain signs of a text, for each its place in the text as given, and whether a blank stood before it."""

    given: str
    plain: str
    places: list[int]
    spaced: list[bool]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where signs `first` to `last` stand in the text as given."""
        return self.places[first], self.places[last] + 1


def folded(text: str) -> Folded:
    """Every sign on its own, so that each keeps its place."""
    plain: list[str] = []
    places: list[int] = []
    spaced: list[bool] = []
    blank = False
    for place, sign in enumerate(text):
        signs = _plain(sign)
        if signs is None:
            blank = True
            continue
        for each in signs:
            plain.append(each)
            places.append(place)
            spaced.append(blank)
            blank = False
    return Folded(text, "".join(plain), places, spaced)


@lru_cache(maxsize=16384)
def _plain(sign: str) -> str | None:
    """What a sign stands for; None for a blank, and nothing for what is not seen."""
    if sign.isspace() or sign in BLANKS:
        return None
    value = unicodedata.digit(sign, None)
    if value is not None:
        return str(value)
    signs = unicodedata.normalize("NFKC", sign).lower()
    seen = [each for each in signs if unicodedata.category(each) not in UNSEEN and not each.isspace()]
    return "".join(SIMPLIFIED.get(each, each) for each in seen)


@lru_cache(maxsize=16384)
def is_mark(sign: str) -> bool:
    """Whether a sign is punctuation, or a symbol: no letter, and no digit."""
    return unicodedata.category(sign)[0] in "PS"
