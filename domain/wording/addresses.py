"""Where somebody is reached or lives: mail, accounts of chats, doors."""

import re
from collections.abc import Iterator

from domain.terms import WordingKind
from domain.wording.findings import WARNS, Finding, found
from domain.wording.folding import Folded

LOCAL, DOMAIN = 64, 255
# The sign itself, and what people write so that no machine takes it for one.
AT = re.compile(r"@|[\[({<#*]at[\])}>#*]|#|艾特")
DOT = r"(?:\.|[\[({<]dot[\])}>]|点)"
LOCAL_PART = re.compile(r"[a-z0-9._%+-]{1,64}$")
MAIL_DOMAIN = re.compile(rf"[a-z0-9][a-z0-9-]{{0,62}}(?:{DOT}[a-z0-9-]{{1,63}}){{1,8}}")
# Somebody's door: a building and a door in it.
DWELLING = re.compile(
    "(?:[0-9]{1,4}|(?<![a-z])[a-z])(?:号楼|栋|幢|座|单元)(?:[0-9]{1,2}单元)?[0-9]{1,4}(?:号房|室|号|单元|房)"
)
# A public account (公众号) is no person's.
CHAT = re.compile(
    "(?:(?<![a-z0-9])(?:wechat|weixin|vx|wx|qq)|微信|威信|扣扣|加v)"
    "(?P<mark>(?:号码|账号|帐号|号|id|群号|群|同号)?(?:[:=]|是|为)?)"
    "(?P<id>[a-z][a-z0-9_-]{5,19}|[1-9][0-9]{4,11})(?![a-z0-9])"
)


def addresses_of(text: Folded) -> list[Finding]:
    """Mail addresses, accounts of chats, and doors."""
    return [*_mails(text), *_chats(text), *_doors(text)]


def _mails(text: Folded) -> Iterator[Finding]:
    plain = text.plain
    for at in AT.finditer(plain):
        local = LOCAL_PART.search(plain[max(at.start() - LOCAL, 0) : at.start()])
        domain = MAIL_DOMAIN.match(plain, at.end(), at.end() + DOMAIN)
        if local and domain:
            yield found(WordingKind.EMAIL, WARNS, text.given, *text.span(at.start() - len(local[0]), domain.end() - 1))


def _chats(text: Folded) -> Iterator[Finding]:
    """A name of letters alone is one only where it is called so: WeChat is a word, too."""
    for match in CHAT.finditer(text.plain):
        if match["mark"] or not match["id"].isalpha():
            yield found(WordingKind.CHAT_ACCOUNT, WARNS, text.given, *text.span(match.start(), match.end() - 1))


def _doors(text: Folded) -> Iterator[Finding]:
    for match in DWELLING.finditer(text.plain):
        yield found(WordingKind.DWELLING, WARNS, text.given, *text.span(match.start(), match.end() - 1))
