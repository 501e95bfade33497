"""What others say, made fit to be kept: not empty, short, without secrets, and of characters the database takes."""

import re
from urllib.parse import quote, quote_plus

from domain.refusals import Invalid, Reason

HIDDEN = "(secret)"
NAMES = "access_token|refresh_token|id_token|client_secret|app_secret|appsecret|password|passwd|secret|token|proof"
# As in an address, a form or JSON, with the quotation marks escaped or not.
NAMED = re.compile(rf"(?i)\b({NAMES})((?:\\?[\"'])?(?:=|%3D|%3A|\s*:\s*)(?:\\?[\"'])?)[^\s\"'\\&,;<>(){{}}\]]+")
HEADER = re.compile(r"(?i)\b(authorization|cookie)((?:\\?[\"'])?\s*[:=]\s*(?:b?\\?[\"'])?)[^\r\n\"'\\<>}]+")
SCHEME = re.compile(r"(?i)\b(bearer|oauth2)(\s+)[\w.~+/=-]{8,}")
# How tokens of Weibo look, wherever they stand.
WEIBO = re.compile(r"\b2\.00[\w-]{8,}")
# The database takes neither; others would only garble a page.
UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def without_secrets(text: str, *known: str) -> str:
    """The text without what looks like a secret, and without those that are known."""
    for secret in known:
        for form in {secret, quote(secret, safe=""), quote_plus(secret)} - {""}:
            text = text.replace(form, HIDDEN)
    text = HEADER.sub(rf"\1\2{HIDDEN}", text)
    text = SCHEME.sub(rf"\1\2{HIDDEN}", text)
    return WEIBO.sub(HIDDEN, NAMED.sub(rf"\1\2{HIDDEN}", text))


def kept(text: str, *known: str, limit: int) -> str:
    """The beginning of the text, without secrets: what is cut off is told by an ellipsis."""
    # Far more than is kept is not searched: whoever answers chooses how much that is.
    clean = UNFIT.sub("\N{REPLACEMENT CHARACTER}", without_secrets(text[: limit * 20], *known))
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"


def said(words: str, path: str, *, limit: int | None = None) -> str:
    """What a person said, without the blanks around it; nothing, or more than may be, is refused at its input field."""
    clean = words.strip()
    if not clean:
        raise Invalid(Reason.TEXT_EMPTY, path=path)
    if limit is not None and len(clean) > limit:
        raise Invalid(Reason.WORDS_TOO_LONG, path=path, limit=limit)
    return clean
