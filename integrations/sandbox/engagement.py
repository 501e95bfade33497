"""Synthetic reposts, comments and likes: three correlated log-normal draws that grow with a status's age.

Followers are synthetic too: they grow slowly, and fall on some days.

The parameters were measured on 7,951 posts of one national news account in 2020 (reposts, comments, likes).
"""

import math
import random
from typing import NamedTuple

MEANS = (6.79, 7.12, 9.42)
"""Means of the natural logarithms, at audience 1.0."""

DEVIATIONS = (1.35, 1.24, 1.50)
"""Standard deviations of the natural logarithms."""

CORRELATIONS = (0.78, 0.78, 0.91)
"""Of the logarithms: reposts with comments, reposts with likes, comments with likes."""

MAX_COUNT = 2**63 - 1
"""No count is above this."""

FOLLOWERS = 100_000_000
"""How many follow a user at audience 1.0 when it is new."""

FOLLOWERS_GROWTH = 0.002
"""The part of them that comes with every day."""

FOLLOWERS_WAVE = 0.01
"""The part of them by which a day lies above or below that."""

_LOG_MAX = math.log(MAX_COUNT)


class Counts(NamedTuple):
    """Whole numbers from 0 to MAX_COUNT."""

    reposts: int
    comments: int
    likes: int


def drawn_logarithms(seed: int, idstr: str) -> tuple[float, float, float]:
    """Natural logarithms of (reposts, comments, likes) at audience 1.0, the same for one seed and id."""
    # This chooses numbers for show; nothing secret depends on it.
    normal = random.Random(f"{seed}:{idstr}").gauss  # noqa: S311
    first, second, third = normal(0, 1), normal(0, 1), normal(0, 1)
    standard = (
        first,
        _B1 * first + _B2 * second,
        _C1 * first + _C2 * second + _C3 * third,
    )
    reposts, comments, likes = (
        mean + deviation * z for mean, deviation, z in zip(MEANS, DEVIATIONS, standard, strict=True)
    )
    return reposts, comments, likes


def final_counts(seed: int, idstr: str, audience: float) -> Counts:
    """What the counts of a status tend to, for an audience relative to the national news account."""
    shift = math.log(audience)
    return Counts(*(_whole(logarithm + shift) for logarithm in drawn_logarithms(seed, idstr)))


def counts_at(final: Counts, age_seconds: float, growth_seconds: float) -> Counts:
    """The part of the final counts that is reached at an age: final x (1 - exp(-age / growth))."""
    if age_seconds <= 0:
        return Counts(0, 0, 0)
    part = -math.expm1(-age_seconds / growth_seconds)
    if part >= 1:
        return final
    return Counts(*(min(count, int(count * part)) for count in final))


def followers_at(seed: int, uid: str, audience: float, age_seconds: float, day: int) -> int:
    """How many follow a user on a day, the same for one seed, user and day."""
    # This chooses numbers for show; nothing secret depends on it.
    wave = random.Random(f"{seed}:{uid}:{day}").uniform(-1, 1)  # noqa: S311
    grown = 1 + FOLLOWERS_GROWTH * max(age_seconds, 0.0) / 86_400 + FOLLOWERS_WAVE * wave
    return min(MAX_COUNT, round(audience * FOLLOWERS * grown))


def _whole(logarithm: float) -> int:
    if logarithm >= _LOG_MAX:
        return MAX_COUNT
    return min(MAX_COUNT, int(math.exp(logarithm)))


def _cholesky() -> tuple[float, float, float, float, float]:
    """The lower triangle of the correlation matrix's root, without its first row, which is 1."""
    reposts_comments, reposts_likes, comments_likes = CORRELATIONS
    b2 = math.sqrt(1 - reposts_comments**2)
    c2 = (comments_likes - reposts_comments * reposts_likes) / b2
    c3 = math.sqrt(1 - reposts_likes**2 - c2**2)
    return reposts_comments, b2, reposts_likes, c2, c3


_B1, _B2, _C1, _C2, _C3 = _cholesky()
