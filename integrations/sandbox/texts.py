"""How the platform measures a text, and what it looks for in one."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

TEXT_LIMIT = 140
"""Longest text of a post, in counted characters."""

# Only ASCII belongs to a link: Chinese text may follow it without a space.
_URL = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.IGNORECASE)
_TOPIC = re.compile(r"#[^#]*[^#\s][^#]*#")
_SENTENCE_END = ".,;:!?)'"


def counted_length(text: str) -> int:
    """Length by the platform's rule: U+0000-00FF half, to U+FFFF one, above two; rounded up."""
    if text.isascii():
        return (len(text) + 1) // 2
    halves = 0
    for character in text:
        if character <= "\xff":
            halves += 1
        elif character <= "\uffff":
            halves += 2
        else:
            halves += 4
    return (halves + 1) // 2


def has_topic(text: str) -> bool:
    """Whether the text holds a `#topic#`; the `#` of a link's fragment is not a mark."""
    return "#" in text and _TOPIC.search(_URL.sub(" ", text)) is not None


def first_safe_url(text: str, safe_domain: str) -> str | None:
    """The first link to the safe domain or a sub-domain, without the punctuation that ends a sentence."""
    domain = safe_domain.lower()
    for url, host in _links(text):
        if host == domain or host.endswith("." + domain):
            return url
    return None


def short_code(url: str) -> str | None:
    """The last segment of a link's path, or None when the path is empty."""
    return urlsplit(url).path.rstrip("/").rpartition("/")[2] or None


def _links(text: str) -> Iterator[tuple[str, str]]:
    for match in _URL.finditer(text):
        url = match.group().rstrip(_SENTENCE_END)
        try:
            host = urlsplit(url).netloc.lower()
        except ValueError:
            continue
        yield url, host
