"""Pages that list lessons and campaigns, and those that say what is not there."""

from collections.abc import Sequence
from urllib.parse import quote

from api.public.layout import Page, address, chinese, day, esc, shortened
from api.public.lesson import kind, picture_of
from api.public.words import Language, said
from domain.publicity.queries import CampaignLine, LessonLine, Place
from domain.terms import ServiceKind

SITE_PICTURE = picture_of(ServiceKind.CITY_DISCOVERY)


def lessons_page(lines: Sequence[LessonLine], language: Language, *, after: str, following: Place | None) -> Page:
    """Showcase lessons, the newest first; `following` is where the next page begins."""
    more = ""
    if following is not None:
        to = address("/lessons", language, after=place_text(following))
        more = f'<p><a rel="next" href="{esc(to)}">{esc(said("more", language))}</a></p>'
    heading, about = said("lessons", language), said("lessons_about", language)
    listed = _lessons(lines, language) or f"<p>{esc(said('no_lessons', language))}</p>"
    main = f'<h1>{esc(heading)}</h1><p class="lead">{esc(about)}</p>{listed}{more}'
    query = {"after": after} if after else {}
    return Page("/lessons", heading, about, language, main, picture=SITE_PICTURE, query=query)


def campaigns_page(lines: Sequence[CampaignLine], language: Language) -> Page:
    """Campaigns that have begun, the newest first."""
    items = "".join(f"<li>{_campaign(line, language)}</li>" for line in lines)
    listed = f'<ul class="list">{items}</ul>' if items else f"<p>{esc(said('no_campaigns', language))}</p>"
    heading, about = said("campaigns", language), said("campaigns_about", language)
    main = f'<h1>{esc(heading)}</h1><p class="lead">{esc(about)}</p>{listed}'
    return Page("/campaigns", heading, about, language, main, picture=SITE_PICTURE)


def campaign_page(line: CampaignLine, lessons: Sequence[LessonLine], language: Language) -> Page:
    """What a campaign is, and the lessons it promoted."""
    zh = chinese(language)
    facts = {"unit": f"<span{zh}>{esc(line.unit)}</span>", **_times(line, language)}
    told = "".join(f"<dt>{esc(said(word, language))}</dt><dd>{fact}</dd>" for word, fact in facts.items() if fact)
    listed = _lessons(lessons, language, level=3) or f"<p>{esc(said('no_lessons', language))}</p>"
    main = (
        f'<p class="kind">{esc(said("campaigns", language))}</p><h1{zh}>{esc(line.title)}</h1><dl>{told}</dl>'
        f"<h2>{esc(said('promoted', language))}</h2>{listed}"
    )
    path = f"/campaigns/{line.id}"
    about = "、".join(lesson.title for lesson in lessons) or said("campaigns_about", language)
    return Page(path, line.title, shortened(about), Language.ZH, main, picture=SITE_PICTURE)


def absent_page(language: Language) -> Page:
    """What is answered to an address without a page: in both languages, since whoever comes here was sent."""
    parts = []
    for each, heading, text, link in (
        (
            Language.ZH,
            "找不到这个页面",
            "链接可能有误,或课程已不再公开。您可以看看其他示范课程。",
            "查看示范课程",
        ),
        (
            Language.EN,
            "This page is not here",
            "The link may be wrong, or the lesson is public no more. There are other showcase lessons to look at.",
            "See the showcase lessons",
        ),
    ):
        level = 1 if each is language else 2
        body = f'<h{level}>{heading}</h{level}><p>{text}</p><p><a href="{address("/lessons", each)}">{link}</a></p>'
        parts.append((each is not language, f'<section lang="{each.value}">{body}</section>'))
    main = "".join(text for _, text in sorted(parts))
    return Page("", "找不到页面 Not found", "", language, main)


def busy_page(language: Language) -> Page:
    """What is answered while pages cannot be read: too many readers, or no database."""
    zh, en = "暂时无法打开", "This cannot be opened just now"
    main = (
        f'<section lang="zh-CN"><h1>{zh}</h1><p>请稍后再试。</p></section>'
        f'<section lang="en"><h2>{en}</h2><p>Please try again in a moment.</p></section>'
    )
    return Page("", f"{zh} {en}", "", language, main)


def place_text(place: Place) -> str:
    """A place in the list, as an address has it."""
    return f"{place.shown_since.isoformat()}_{place.lesson_id}"


def _lessons(lines: Sequence[LessonLine], language: Language, level: int = 2) -> str:
    zh = chinese(language)
    items = []
    for line in lines:
        to = esc(address(f"/lessons/{quote(str(line.id))}", language))
        items.append(
            f"<li>{kind(line.service, language)}"
            f'<h{level}{zh}><a href="{to}">{esc(line.title)}</a></h{level}>'
            f'<p class="says"{zh}>{esc(shortened(line.text))}</p>'
            f"<p><span{zh}>{esc(line.unit)}</span> · {day(line.shown_since, language)}</p></li>"
        )
    return f'<ul class="list">{"".join(items)}</ul>' if items else ""


def _campaign(line: CampaignLine, language: Language) -> str:
    zh = chinese(language)
    to = esc(address(f"/campaigns/{line.id}", language))
    facts = [f"<span{zh}>{esc(line.unit)}</span>", *(fact for fact in _times(line, language).values() if fact)]
    return f'<h2{zh}><a href="{to}">{esc(line.title)}</a></h2><p>{" · ".join(facts)}</p>'


def _times(line: CampaignLine, language: Language) -> dict[str, str]:
    occasion = window = ""
    if line.occasion is not None and line.occasion_date is not None:
        name = f"<span{chinese(language)}>{esc(line.occasion)}</span>"
        occasion = f"{name} {day(line.occasion_date, language)}"
    if line.window_from is not None and line.window_to is not None:
        window = said("until", language).join((day(line.window_from, language), day(line.window_to, language)))
    return {"occasion": occasion, "window": window}
