"""Names of children: never by a name alone, only by a name with what stands around it.

Chinese names carry no mark, and most surnames are words besides; so a name counts where its neighbours say that it is
one, and common words that begin like a name are left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.terms import WordingKind
from domain.wording.findings import WARNS, Finding, found
from domain.wording.folding import Folded
from domain.wording.surnames import COMPOUND, FIRM, NOT_GIVEN, NOT_NAMES, OTHER_NAMES, SPELLING, SURNAMES, TITLES

HAN = "\u4e00-\u9fff"
CHILD = "小朋友|同学|小同学|小学生"
AFTER_NAME = re.compile(CHILD)
BEFORE_NAME = re.compile("学生|同学|孩子|男孩|女孩|儿童|小朋友|名叫|名为|叫做|姓名:?")
# What a name is followed by where nothing else says that it is one; the end of the text does as well.
ENDS_NAME = re.compile(
    rf"[^{HAN}·•・‧]|的|说|在|是|和|获|今年|同学|小朋友|来自|告诉|表示|写|从|用|把|就读|$"
    # What somebody wishes or loves; 爱心, 爱国, 希望小学 and 想象 are other words.
    "|想(?![象法])|希望(?!小学|工程|之)|喜欢|爱(?![心国护党岗家])|盼"
)
# What only somebody does, so that whatever stands before it is a name.
SAYS = re.compile(r"说|告诉|表示|介绍|回忆|分享|坦言|写道|获|今年|同学|小朋友")
# A name of other peoples with a dot in it, as 买买提·艾力.
DOTTED = re.compile(rf"[{SPELLING}]{{2,6}}[·•・‧.][{SPELLING}]{{2,6}}")
# A name in letters, before a word for a child.
LETTERS = re.compile(r"[a-z]{2,20}$")
# 关三中同学 are pupils of 城关三中, and 张老师 is a grown-up.
NO_GIVEN = re.compile(f"[一二三四五六七八九十附实完][中小]|{'|'.join(sorted(TITLES))}")
TITLE = re.compile("|".join([*sorted(TITLES), "班主任", "辅导员"]))
TITLE_BEFORE = re.compile(f"(?:{TITLE.pattern})$")
TITLE_LENGTH, FORM_LENGTH = 3, 16
AGE = re.compile("([0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:周|多)?岁")
MARKS = (",", "(", ";", "、", ":", "/", "|", "-", "男", "女", "同学", "小朋友")
BEFORE_AGE = ("今年", "现年", "刚满", "年仅", "才", "已", "只有", "是", *MARKS)
# Of the years in which those were born who were children when this was written; who grew up since is told as well.
YOUNG = "20(?:0[89]|[1-9][0-9])"
DAY = rf"{YOUNG}(?:年|[-./])(?:[01]?[0-9](?:月|[-./])(?:[0-3]?[0-9][日号]?)?)?"
BIRTH = re.compile(rf"(?:出生日期|出生年月|出生|生于|生日)(?:于|是|为|:)?{DAY}|{DAY}(?:出生|生(?!产|活|效|动|态))")
BEFORE_BIRTH = ("汉族", *MARKS)
GROWN_UP = 18
NUMERALS = {numeral: value for value, numeral in enumerate("一二三四五六七八九", 1)}
Span = tuple[int, int]


@dataclass(frozen=True)
class Name:
    """A name in a text, its first and last sign, and whether what stands beside it says that it is a child's."""

    first: int
    last: int
    is_child: bool


def name_ending_at(plain: str, end: int) -> int | None:
    """Where the full name begins that ends there."""
    for length in (4, 3, 2):
        start = end - length
        if start >= 0 and _is_name(plain[start:end]):
            return start
    return None


def name_starting_at(text: Folded, start: int, *, is_sure: bool = True) -> int | None:
    """Where the full name ends that begins there, if what follows says that it is one.

    Where nothing before it does, only a surname that is no other word counts, or what only somebody does.
    """
    plain = text.plain
    for length in (4, 3, 2):
        end = start + length
        piece = plain[start:end]
        if len(piece) < length or not _is_name(piece):
            continue
        ends = ENDS_NAME.match(plain, end) or text.spaced[end]
        if ends and (is_sure or (length > 2 and is_firm(piece)) or SAYS.match(plain, end)):
            return end
    return None


def is_other_name(piece: str) -> bool:
    """Whether it is made of given names of other peoples of China, one or two of them."""
    halves = (piece[: len(piece) // 2], piece[len(piece) // 2 :])
    return piece in OTHER_NAMES or (len(piece) == 4 and OTHER_NAMES.issuperset(halves))


def is_firm(piece: str) -> bool:
    """Whether a name begins as hardly any other word does."""
    return piece[:1] in FIRM or piece[:2] in COMPOUND or is_other_name(piece)


def _is_name(piece: str) -> bool:
    if is_other_name(piece):
        return True
    compound = piece[:2] in COMPOUND
    given = piece[2:] if compound else piece[1:]
    if not 1 <= len(given) <= 2 or piece[:2] in NOT_NAMES or piece in NOT_NAMES or NO_GIVEN.fullmatch(given):
        return False
    known = compound or piece[0] in SURNAMES
    return known and all("\u4e00" <= each <= "\u9fff" and each not in NOT_GIVEN for each in given)


def children_in(text: Folded) -> Iterator[Name]:
    """Full names next to words that say that a child is meant, and none that say that a grown-up is."""
    plain = text.plain
    for match in AFTER_NAME.finditer(plain):
        end = match.start()
        start = name_ending_at(plain, end)
        letters = LETTERS.search(plain[max(end - 20, 0) : end])
        if start is not None and not has_title_before(plain, start):
            yield Name(start, end - 1, is_child=True)
        elif letters:
            yield Name(end - len(letters[0]), end - 1, is_child=False)
    for match in BEFORE_NAME.finditer(plain):
        name_end = name_starting_at(text, match.end())
        if name_end is None or TITLE.match(plain, name_end) or has_title_before(plain, match.start()):
            continue
        is_student = match[0] == "学生" and plain[max(match.start() - 1, 0) : match.start()] in ("大", "究")
        is_form = match[0].startswith("姓名")
        is_grown_up = is_student or (is_form and TITLE.search(plain, name_end, name_end + FORM_LENGTH))
        yield Name(match.end(), name_end - 1, is_child=not is_grown_up)


def dotted_in(plain: str) -> Iterator[Name]:
    """Names with a dot in them, which are nothing else."""
    for match in DOTTED.finditer(plain):
        yield Name(match.start(), match.end() - 1, is_child=bool(AFTER_NAME.match(plain, match.end())))


def has_title_before(plain: str, start: int) -> bool:
    """Whether the title of a grown-up stands right before; in 主任李华 its end looks like a surname."""
    ends = (start, start + 1)
    return any(TITLE_BEFORE.search(plain[max(end - TITLE_LENGTH, 0) : end]) for end in ends)


def ages_of(text: Folded) -> list[Finding]:
    """Names of children with their age, or their birthday."""
    spans = sorted({*_aged(text), *_born(text)})
    return [found(WordingKind.NAME_AND_AGE, WARNS, text.given, *text.span(*each)) for each in spans]


def _aged(text: Folded) -> Iterator[Span]:
    plain = text.plain
    for match in AGE.finditer(plain):
        if _years(match[1]) < GROWN_UP:
            yield from _with_name(text, match.start(), match.end(), BEFORE_AGE)


def _born(text: Folded) -> Iterator[Span]:
    for match in BIRTH.finditer(text.plain):
        yield from _with_name(text, match.start(), match.end(), BEFORE_BIRTH)


def _with_name(text: Folded, start: int, end: int, between: tuple[str, ...]) -> Iterator[Span]:
    """What is said of somebody together with the name before or behind it."""
    plain = text.plain
    before = name_ending_at(plain, _back_over(plain, start, between))
    if before is not None:
        yield before, end - 1
        return
    at = end + (plain[end : end + 1] == "的")
    word = BEFORE_NAME.match(plain, at)
    after = name_starting_at(text, word.end() if word else at)
    if after is not None:
        yield start, after - 1


def _back_over(plain: str, end: int, between: tuple[str, ...]) -> int:
    """Over what stands between a name and what is said of it, a few words at most."""
    for _ in range(5):
        word = next((each for each in between if plain.endswith(each, max(end - len(each), 0), end)), "")
        end -= len(word)
    return end


def _years(said: str) -> int:
    if said.isascii():
        return int(said)
    tens, ten, ones = said.partition("十")
    if not ten:
        return NUMERALS.get(said, GROWN_UP)
    return 10 * (NUMERALS.get(tens, GROWN_UP) if tens else 1) + NUMERALS.get(ones, 0)
