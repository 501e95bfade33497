"""A school by its name with a child's full name: together they tell who the child is.

A name next to a word for a child blocks. A name that only stands where names of pupils stand warns: it may be a
grown-up's. Whoever is called by a title of grown-ups is not told at all.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from domain.terms import WordingKind, WordingSeverity
from domain.wording.findings import BLOCKS, WARNS, Finding, found
from domain.wording.folding import Folded
from domain.wording.names import (
    HAN,
    TITLE,
    Name,
    Span,
    children_in,
    dotted_in,
    has_title_before,
    is_firm,
    name_ending_at,
    name_starting_at,
)

NUMERAL = "一二三四五六七八九十"
SCHOOL = re.compile(
    "小学|中学|学校|幼儿园|附小|附中|实小|完小|中心校"
    # 天河一小, and neither 十一小时 nor 三中全会.
    f"|[{NUMERAL}]小(?![学时组队步长段份部型朋孩明伙])|[{NUMERAL}]中(?![学心国间央全午])"
)
# A school after these is any school, and none by its name.
ANY_SCHOOL = frozenset("在到去回进离本你我他她该各全们的所个每几座往和与及从对入返里中大年上是校某,。、!?;:()")
NEAR_BEFORE, NEAR_AFTER = 24, 12
STOPS = re.compile("[。!?]")
CLASS = f"(?:[{NUMERAL}0-9]年级|[初高][一二三](?!等)|[大中小]班)|[{NUMERAL}0-9]?[(]?[{NUMERAL}0-9]{{1,2}}[)]?班"
PUPIL = "小学生|学生|同学|小朋友|小记者|少先队员|队员|班长|代表"
# Between a school and the name of a pupil; `told` is what makes a name likely.
AFTER_SCHOOL = re.compile(f'的?(?P<told>(?:(?:{CLASS})的?){{0,2}}(?:{PUPIL}){{0,2}}[:,、(“"]?)')
GROWN_UP = re.compile(rf"的?(?:{CLASS})?[{HAN}]{{0,4}}?(?:{TITLE.pattern})")
IS_PUPIL = re.compile(f"的?(?:(?:{CLASS})的?){{0,2}}(?:一?名)?(?:{PUPIL})(?![{HAN}])|读书|上学|念书|就读")
IS_OF_CLASS = re.compile(f"[^{HAN}]|的?(?:{CLASS})|$")
# Between a name and the school; what stands between that and the school's first sign is the rest of its name.
JOINS = re.compile("(?:同学|小朋友)?[,(]?(?:现|今年|目前)?(?:就读于|就读|毕业于|来自|是|系|为|读于|上学于|在|,|\\()")
SCHOOL_NAME = re.compile(rf"[{HAN}0-9]{{0,16}}$")
# What may stand before a name: marks, and how people are introduced.
LEFT = frozenset("的是和与及有由让叫名为对给者员长生手兵师友人学")
LIST_LENGTH = 20


def schools_of(text: Folded) -> list[Finding]:
    """Schools with a full name in the same sentence."""
    told = _told(text)
    return [
        found(WordingKind.SCHOOL_AND_NAME, severity, text.given, *text.span(*span)) for span, severity in told.items()
    ]


def _told(text: Folded) -> dict[Span, WordingSeverity]:
    """Each name once, with its nearest school, as grave as what says most of it."""
    plain = text.plain
    schools = [match.span() for match in SCHOOL.finditer(plain) if _is_named(text, *match.span())]
    if not schools:
        return {}
    names: dict[int, tuple[Span, WordingSeverity]] = {}
    for name in (*children_in(text), *dotted_in(plain)):
        if name.is_child or name.last not in names:
            near = _near(plain, schools, name)
            if near:
                names[name.last] = near, BLOCKS if name.is_child else WARNS
    for start, end in schools:
        for name in (*_before(text, start, end), *_after(text, end)):
            span = min(start - 2, name.first), max(end - 1, name.last)
            names.setdefault(name.last, (span, BLOCKS if name.is_child else WARNS))
    return dict(sorted(names.values(), key=lambda each: each[1] is BLOCKS))


def _near(plain: str, schools: Sequence[Span], name: Name) -> Span | None:
    """From the one to the other, where both stand in one sentence."""
    place = bisect_left(schools, (name.first, 0))
    for start, end in schools[max(place - 1, 0) : place + 1]:
        near = name.first - end <= NEAR_BEFORE if start < name.first else start - name.last <= NEAR_AFTER
        span = min(start - 2, name.first), max(end - 1, name.last)
        if near and not STOPS.search(plain, *span):
            return span
    return None


def _is_named(text: Folded, start: int, end: int) -> bool:
    """Whether a school is named, of which two signs are shown; pupils are no school, nor is a line of a form."""
    plain = text.plain
    name = plain[max(start - 2, 0) : start]
    after = plain[end : end + 1]
    is_school = after != "生" and not (after == ":" and text.spaced[start])
    # 师大附小 is one by its name.
    is_any = name[1:] in ANY_SCHOOL and name[1:] + plain[start : start + 1] != "大附"
    return is_school and len(name) == 2 and not is_any and all("\u4e00" <= sign <= "\u9fff" for sign in name)


def _before(text: Folded, start: int, end: int) -> Iterator[Name]:
    """Who is said to be of a school: 王小明就读于天河小学, 王小明(天河小学三年级)."""
    plain = text.plain
    begin = max(start - NEAR_BEFORE, 0)
    if GROWN_UP.match(plain, end):
        return
    is_pupil = bool(IS_PUPIL.match(plain, end))
    for join in JOINS.finditer(plain, begin, start):
        word = join[0].removeprefix("同学").removeprefix("小朋友").lstrip(",(")
        first = name_ending_at(plain, join.start())
        if first is None or not SCHOOL_NAME.match(plain, join.end(), start) or STOPS.search(plain, first, start):
            continue
        if not _is_introduced(text, first) or has_title_before(plain, first):
            continue
        is_child = is_pupil or word.endswith(("就读于", "就读", "读于", "上学于"))
        is_sure = (
            is_child or word.endswith(("来自", "毕业于")) or (not word and _is_mark_enough(text, first, join, end))
        )
        is_likely = join.start() - first > 2 and is_firm(plain[first : join.start()])
        if is_sure or (is_likely and word.endswith("在")):
            yield Name(first, join.start() - 1, is_child)


def _is_introduced(text: Folded, first: int) -> bool:
    """Whether a name may begin there."""
    before = text.plain[first - 1 : first]
    return not before or text.spaced[first] or before in LEFT or not "\u4e00" <= before <= "\u9fff"


def _is_mark_enough(text: Folded, first: int, join: re.Match[str], end: int) -> bool:
    """A mark alone joins a name that stands by itself to a school that does: 王小明,天河小学,三年级."""
    plain = text.plain
    is_likely = join.start() - first > 2 or is_firm(plain[first : join.start()])
    return is_likely and bool(IS_OF_CLASS.match(plain, end))


def _after(text: Folded, end: int) -> Iterator[Name]:
    """Who is told right after a school: 天河小学五年级的王小明说, 天河小学:王小明、李小红."""
    plain = text.plain
    if GROWN_UP.match(plain, end):
        return
    head = AFTER_SCHOOL.match(plain, end)
    first = head.end() if head else end
    is_list = bool(head) and plain[first - 1 : first] == ":"
    is_sure = bool(head and head["told"].strip(',、(“"'))
    for _ in range(LIST_LENGTH):
        is_likely = is_list and any(is_firm(plain[first : first + length]) for length in (4, 2))
        last = name_starting_at(text, first, is_sure=is_sure or is_likely)
        if last is None or TITLE.match(plain, last):
            return
        yield Name(first, last - 1, is_child=False)
        first = last + (plain[last : last + 1] in ("、", ",", "和"))
