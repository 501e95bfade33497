"""What machines read of the pages: the feed of new lessons, the map of the site, and the word to robots."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from api.public.layout import address, esc, plain_address, shortened
from api.public.words import Language, named, said
from domain.publicity.queries import LessonLine

_XML = '<?xml version="1.0" encoding="utf-8"?>\n'


def atom(lines: Sequence[LessonLine], language: Language, *, base_url: str) -> str:
    """The newest showcase lessons (RFC 4287); whoever made them is not named, their unit is."""
    entries = "".join(_entry(line, language, base_url) for line in lines)
    newest = max((line.shown_since for line in lines), default=datetime(2010, 1, 1, tzinfo=UTC))
    here, page = base_url + address("/lessons.atom", language), base_url + address("/lessons", language)
    return (
        f'{_XML}<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language.value}">\n'
        f"<id>{esc(here)}</id><title>{esc(said('site', language))} {esc(said('lessons', language))}</title>\n"
        f"<subtitle>{esc(said('lessons_about', language))}</subtitle><updated>{_instant(newest)}</updated>\n"
        f'<link rel="self" type="application/atom+xml" href="{esc(here)}"/>'
        f'<link rel="alternate" type="text/html" href="{esc(page)}"/>\n{entries}</feed>\n'
    )


def _entry(line: LessonLine, language: Language, base_url: str) -> str:
    to = base_url + address(f"/lessons/{line.id}", language)
    at = _instant(line.shown_since)
    return (
        f'<entry xml:lang="zh-CN"><id>urn:uuid:{line.id}</id><title>{esc(line.title)}</title>'
        f"<published>{at}</published><updated>{at}</updated><author><name>{esc(line.unit)}</name></author>"
        f'<category term="{line.service.value}" label="{esc(named(line.service, language))}"/>'
        f'<link rel="alternate" type="text/html" href="{esc(to)}"/>'
        f"<summary>{esc(shortened(line.text))}</summary></entry>\n"
    )


def sitemap(lessons: Sequence[tuple[UUID, datetime]], campaigns: Sequence[UUID], *, base_url: str) -> str:
    """Every page there is, under the address that leaves the language to the browser."""
    entries = [_location(base_url, "/lessons"), _location(base_url, "/campaigns")]
    entries += [_location(base_url, f"/lessons/{row_id}", at) for row_id, at in lessons]
    entries += [_location(base_url, f"/campaigns/{row_id}") for row_id in campaigns]
    return f'{_XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{"".join(entries)}</urlset>\n'


def _location(base_url: str, path: str, at: datetime | None = None) -> str:
    changed = "" if at is None else f"<lastmod>{_instant(at)}</lastmod>"
    return f"<url><loc>{esc(base_url + plain_address(path))}</loc>{changed}</url>\n"


def robots(*, base_url: str) -> str:
    """Pages are for everybody; what lies behind short links and the API is not to be crawled."""
    return f"User-agent: *\nDisallow: /s/\nDisallow: /graphql\nSitemap: {base_url}/sitemap.xml\n"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
