"""Where Chinese text may break: nearly anywhere, but no line begins with a comma or ends with an opening bracket."""

import re
from collections.abc import Callable

# 避头尾: the rules of Chinese typesetting, and those of Latin letters within it.
STARTS_NO_LINE = frozenset("，。、；：？！）》〉」』】〕”’…—·％‰℃,.;:?!)]}%>")
ENDS_NO_LINE = frozenset("（《〈「『【〔“‘([{<")
# A word or a number, with the sign behind it, or one character.
PIECE = re.compile(r"[0-9A-Za-z._~:/?#@&=+%-]+|.", re.DOTALL)


def broken(text: str, *, wide: Callable[[str], float], first: float, rest: float) -> list[str]:
    """The lines of a text; the first may have less room than the rest. A word longer than a line is cut."""
    pieces = [part for piece in PIECE.findall(text) for part in ([piece] if wide(piece) <= rest / 2 else piece)]
    lines, start, used, room = [], 0, 0.0, first
    place = 0
    while place < len(pieces):
        used += wide(pieces[place])
        if used > room and place > start:
            place = _break(pieces, start, place)
            lines.append("".join(pieces[start:place]))
            start, used, room = place, 0.0, rest
        else:
            place += 1
    return [*lines, "".join(pieces[start:])]


def _break(pieces: list[str], start: int, place: int) -> int:
    """The last place at or before one where a line may end; that very one, where there is none."""
    for at in range(place, start, -1):
        if pieces[at][0] not in STARTS_NO_LINE and pieces[at - 1][-1] not in ENDS_NO_LINE:
            return at
    return place
