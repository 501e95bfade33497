"""The frame of every page: head, sections, style and policy. Whatever comes from outside is escaped."""

import html
import re
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from importlib.resources import files
from urllib.parse import urlencode, urlsplit

from api.public.words import Language, said
from domain.base.dates import today

_STYLE = (files("api.public") / "style.css").read_text("utf-8")
_DIGEST = b64encode(sha256(_STYLE.encode()).digest()).decode()
# No script at all: a page is read, nothing in it runs. What search engines read beside it is data.
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# A part of a description; a page of results shows no more.
DESCRIPTION = 150


@dataclass(frozen=True)
class Page:
    """What is in the frame; `path` is its address without the language, and empty where it has none to be kept."""

    path: str
    title: str
    description: str
    # In which language title and description are, where not in that of the page.
    title_language: Language
    main: str
    head: str = ""
    picture: str = ""
    query: dict[str, str] = field(default_factory=dict)


def framed(page: Page, language: Language, *, base_url: str) -> str:
    """The whole document."""
    # The API may stand below a path. No text of ours or of others holds these attributes: quotes are escaped.
    below = urlsplit(base_url).path
    document = _document(page, language, base_url)
    return document.replace('href="/', f'href="{below}/').replace('src="/', f'src="{below}/')


def _document(page: Page, language: Language, base_url: str) -> str:
    site = esc(said("site", language))
    turned = language.other
    switch = (
        f'<a class="turn" lang="{turned.value}" hreflang="{turned.value}" href="{{}}">{said("other", language)}</a>'
    )
    switch = switch.format(esc(address(page.path or "/lessons", turned, **page.query)))
    return f"""<!doctype html>
<html lang="{language.value}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" type="image/svg+xml" href="/icon.svg">
<title>{esc(page.title)} - {site}</title>
{_described(page, language, base_url)}{page.head}<style>{_STYLE}</style>
</head>
<body>
<a class="skip" href="#main">{esc(said("skip", language))}</a>
<header class="site"><div class="wide">
<a class="brand" href="{esc(address("/lessons", language))}">{site}</a>
<nav aria-label="{esc(said("nav", language))}">{_sections(page, language)}</nav>
{switch}
</div></header>
<main id="main" class="wide">
{page.main}
</main>
<footer><div class="wide"><p>{esc(said("site_about", language))}</p>
<p><a href="{esc(address("/lessons.atom", language))}">{esc(said("feed", language))}</a></p></div></footer>
</body>
</html>
"""


def _described(page: Page, language: Language, base_url: str) -> str:
    """What search engines and those who share a link are told."""
    if not page.path:
        return '<meta name="robots" content="noindex">\n'
    here = base_url + address(page.path, language, **page.query)
    links = [("canonical", "", here)]
    links += [("alternate", each.value, base_url + address(page.path, each, **page.query)) for each in Language]
    links.append(("alternate", "x-default", base_url + plain_address(page.path, **page.query)))
    told = [
        f'<link rel="{rel}"{f" hreflang={chr(34)}{tag}{chr(34)}" if tag else ""} href="{esc(to)}">'
        for rel, tag, to in links
    ]
    feed = f'{esc(said("site", language))}" href="{esc(address("/lessons.atom", language))}'
    told += [
        f'<link rel="alternate" type="application/atom+xml" title="{feed}">',
        f'<meta name="description" content="{esc(page.description)}">',
    ]
    properties = {
        "og:type": "article",
        "og:site_name": said("site", language),
        "og:title": page.title,
        "og:description": page.description,
        "og:url": here,
        "og:locale": "zh_CN" if language is Language.ZH else "en_GB",
    }
    if page.picture:
        properties |= {
            "og:image": base_url + page.picture,
            "og:image:type": "image/png",
            "og:image:width": "1200",
            "og:image:height": "630",
            "og:image:alt": said("site", language),
        }
        told.append('<meta name="twitter:card" content="summary_large_image">')
    told += [f'<meta property="{name}" content="{esc(content)}">' for name, content in properties.items()]
    return "".join(f"{line}\n" for line in told)


def _sections(page: Page, language: Language) -> str:
    links = []
    for path, word in (("/lessons", "lessons"), ("/campaigns", "campaigns")):
        current = ' aria-current="page"' if page.path == path else ""
        links.append(f'<a href="{esc(address(path, language))}"{current}>{esc(said(word, language))}</a>')
    return " ".join(links)


def address(path: str, language: Language, **query: str) -> str:
    """The address of a page in a language, whatever the browser would rather read."""
    return plain_address(path, **query, lang=language.short)


def plain_address(path: str, **query: str) -> str:
    """The address of a page in the language that the browser would rather read."""
    return f"{path}?{urlencode(query)}" if query else path


def esc(text: str) -> str:
    """Text as HTML and XML have it; what XML cannot hold at all is left out."""
    return html.escape(re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text), quote=True)


def chinese(language: Language) -> str:
    """The attribute of what is written in Chinese within a page: lessons and units are, whatever the page speaks."""
    return "" if language is Language.ZH else f' lang="{Language.ZH.value}"'


def paragraphs(text: str) -> str:
    """A text of several lines."""
    return "".join(f"<p>{esc(line)}</p>" for line in text.splitlines() if line.strip())


def shortened(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= DESCRIPTION else f"{line[: DESCRIPTION - 1]}…"


def day(at: datetime | date, language: Language) -> str:
    """A date, as HTML marks it."""
    on = today(at) if isinstance(at, datetime) else at
    shown = f"{on.year}年{on.month}月{on.day}日" if language is Language.ZH else f"{on.day} {on:%B} {on.year}"
    return f'<time datetime="{on.isoformat()}">{shown}</time>'
