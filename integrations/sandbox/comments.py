"""Comments below statuses: invented, as many as the counts say, the same for one seed and status.

The n-th comment appears at the moment at which the count reaches n, and its id grows with that moment, so nothing of
them is kept. Names say that nobody real wrote them.
"""

import math
import random
from collections.abc import Iterator
from itertools import islice

from integrations.sandbox.calls import Call
from integrations.sandbox.dates import weibo_time
from integrations.sandbox.errors import ApiError
from integrations.sandbox.host import Host
from integrations.sandbox.records import Status

MOST = 200
"""Most comments in one answer."""

_USUAL = 50
# Ids count in 1/2^22 seconds, as those of statuses do.
_ID_EPOCH = 515_483_463
_ID_TICKS = 1 << 22
# The last comments come when all but a little of the growth is over.
_LAST = 37.0
_AUTHORS = 4_000
_OPENINGS = ("今天的课真有意思", "孩子们画得很好", "谢谢志愿者", "这堂课讲得清楚", "看得很认真", "活动办得好")
_ENDINGS = ("。", "，点赞！", "，期待下一次。", "，转给朋友看看。", "，辛苦了！", "👍")
_TELLING = "，报名请打13800138000。"


def show(call: Call) -> dict[str, object]:
    """`{"comments": [newest first], "total_number": n}` of a status; `max_id` is the first that is meant."""
    status = call.host.ledger.status(call.required("id"))
    if status is None:
        raise ApiError(20101)
    count = call.number("count", _USUAL, least=1, most=MOST)
    page = call.number("page", 1, least=1, most=1_000_000)
    since = call.number("since_id", 0, least=0, most=2**63 - 1)
    most = call.number("max_id", 0, least=0, most=2**63 - 1) or 2**63
    below = Below(call.host, status, call.now)
    found = islice(below.numbers(since, most), (page - 1) * count, page * count)
    return {
        "comments": [below.shown(number) for number in found],
        "hasvisible": False,
        "previous_cursor": 0,
        "next_cursor": 0,
        "total_number": below.total,
    }


class Below:
    """What stands below one status at a moment; comments are numbered from 1, the oldest."""

    def __init__(self, host: Host, status: Status, now: float) -> None:
        self._host = host
        self._status = status
        self._grown = host.grown(status, now).comments
        self.total = host.counts(status, now).comments

    def numbers(self, since: int, most: int) -> Iterator[int]:
        """From the newest to the oldest, those with an id above `since` and up to `most`."""
        first, last = 1, self._grown
        while first <= last:
            middle = (first + last) // 2
            if self.id_of(middle) <= most:
                first = middle + 1
            else:
                last = middle - 1
        for number in range(last, 0, -1):
            if self.id_of(number) <= since:
                return
            if not self._host.comments.deletes(self._status.idstr, number):
                yield number

    def id_of(self, number: int) -> int:
        """Grows with the number, and with the moment at which the comment appeared."""
        return int((self._at(number) - _ID_EPOCH) * _ID_TICKS) + number

    def shown(self, number: int) -> dict[str, object]:
        """A comment as the API shows it."""
        # This chooses words for show; nothing secret depends on it.
        chance = random.Random(f"{self._host.config.seed}:{self._status.idstr}:comment:{number}")  # noqa: S311
        author = chance.randrange(_AUTHORS)
        telling = self._host.comments.tells(self._status.idstr, number)
        comment_id = self.id_of(number)
        return {
            "created_at": weibo_time(self._at(number)),
            "id": comment_id,
            "idstr": str(comment_id),
            "mid": str(comment_id),
            "text": chance.choice(_OPENINGS) + (_TELLING if telling else chance.choice(_ENDINGS)),
            "source": '<a href="https://app.invalid" rel="nofollow">sandbox</a>',
            "user": {
                "id": 7_000_000_000 + author,
                "idstr": str(7_000_000_000 + author),
                "screen_name": f"模拟读者{author:04}",
                "name": f"模拟读者{author:04}",
            },
        }

    def _at(self, number: int) -> float:
        """When the count of comments reached a number."""
        final = self._host.final(self._status).comments
        part = min(number / final, 1 - math.exp(-_LAST))
        return self._status.created_at - self._host.config.growth_seconds * math.log1p(-part)
