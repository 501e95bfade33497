"""The page of a showcase lesson, with what search engines read of it."""

from collections.abc import Sequence
from typing import Any

import orjson

from api.public.layout import Page, chinese, day, esc, paragraphs, shortened
from api.public.words import Language, named, said
from domain.lessons.content import Attachment, Plan, Step
from domain.publicity.queries import LessonLine, LessonSheet
from domain.terms import Licence, ServiceKind

LICENCES = {
    Licence.CC_BY: "https://creativecommons.org/licenses/by/4.0/",
    Licence.CC_BY_NC: "https://creativecommons.org/licenses/by-nc/4.0/",
    Licence.CC_BY_ND: "https://creativecommons.org/licenses/by-nd/4.0/",
}


def lesson_page(sheet: LessonSheet, language: Language, *, base_url: str) -> Page:
    """The whole lesson as it was showcased."""
    line, plan, zh = sheet.line, sheet.plan, chinese(language)
    path = f"/lessons/{line.id}"
    parts = [
        kind(line.service, language),
        f"<h1{zh}>{esc(line.title)}</h1>",
        _facts(sheet, language),
        f"<h2>{esc(said('about', language))}</h2><div{zh}>{paragraphs(line.text)}</div>",
        _listed("goals", plan.goals, language),
        _listed("key_points", plan.key_points, language),
        _steps(plan.steps, language),
        _listed("materials", plan.materials, language),
        _safety(plan, language),
        _pictures(sheet, language),
        _listed("sources", [f"{each.title} {each.origin}".strip() for each in plan.sources], language),
    ]
    main = f"<article>{''.join(parts)}</article>"
    data = _data(sheet, language, base_url + path, base_url)
    # A lesson that says "</script>" must not end the data.
    json = orjson.dumps(data).decode().replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    head = f'<script type="application/ld+json">{json}</script>\n'
    return Page(path, line.title, shortened(line.text), Language.ZH, main, head=head, picture=picture_of(line.service))


def kind(service: ServiceKind, language: Language) -> str:
    """The service of a lesson with its colour."""
    return f'<p class="kind {service.value.lower()}">{esc(named(service, language))}</p>'


def picture_of(service: ServiceKind) -> str:
    """Where the picture is that goes with a shared link."""
    return f"/share/{service.value.lower()}.png"


def _facts(sheet: LessonSheet, language: Language) -> str:
    line, plan, zh = sheet.line, sheet.plan, chinese(language)
    licence = esc(named(plan.licence, language))
    if plan.licence in LICENCES:
        licence = f'<a rel="license" href="{LICENCES[plan.licence]}">{licence}</a>'
    facts = {
        "theme": f"<span{zh}>{esc(line.theme)}</span>" if line.theme else "",
        "unit": f"<span{zh}>{esc(line.unit)}</span>",
        "ages": _ages(plan, language),
        "minutes": f"{plan.minutes}{said('minutes_unit', language)}" if plan.minutes else "",
        "supervision": esc(named(plan.supervision, language)),
        "guidance": esc(_joined([named(each, language) for each in plan.content_guidance], language)),
        "licence": licence,
        "shown_since": day(line.shown_since, language),
    }
    if sheet.origin is not None:
        title, unit = sheet.origin
        facts["adapted"] = f"<span{zh}>《{esc(title)}》 {esc(unit)}</span>"
    told = [f"<dt>{esc(said(word, language))}</dt><dd>{fact}</dd>" for word, fact in facts.items() if fact]
    return f"<dl>{''.join(told)}</dl>"


def _ages(plan: Plan, language: Language) -> str:
    text = _age_range(plan)
    return f"{text}{said('years', language)}" if text else ""


def _age_range(plan: Plan) -> str:
    """As schema.org has it too: 8-12, or open at one end."""
    if plan.age_least is None and plan.age_most is None:
        return ""
    least, most = (str(age or "") for age in (plan.age_least, plan.age_most))
    return least if least == most else f"{least}-{most}"


def _joined(words: Sequence[str], language: Language) -> str:
    return (";" if language is Language.ZH else "; ").join(words)


def _listed(word: str, entries: Sequence[str], language: Language) -> str:
    if not entries:
        return ""
    items = "".join(f"<li>{esc(entry)}</li>" for entry in entries)
    return f"<h2>{esc(said(word, language))}</h2><ul{chinese(language)}>{items}</ul>"


def _steps(steps: Sequence[Step], language: Language) -> str:
    if not steps:
        return ""
    items = "".join(f"<li>{_step(step, language)}</li>" for step in steps)
    return f'<h2>{esc(said("steps", language))}</h2><ol class="steps">{items}</ol>'


def _step(step: Step, language: Language) -> str:
    zh = chinese(language)
    minutes = f"<span>{step.minutes}{said('minutes_unit', language)}</span>" if step.minutes else ""
    text = f"<div{zh}>{paragraphs(step.text)}</div>" if step.text else ""
    colon = ":" if language is Language.ZH else ": "
    things = f"<span{zh}>{esc('、'.join(step.materials))}</span>"
    materials = f"<p>{esc(said('materials', language))}{colon}{things}</p>" if step.materials else ""
    return f"<h3><b{zh}>{esc(step.title)}</b>{minutes}</h3>{text}{materials}"


def _safety(plan: Plan, language: Language) -> str:
    if not plan.safety_note:
        return ""
    note = f"<div{chinese(language)}>{paragraphs(plan.safety_note)}</div>"
    return f'<section class="safety"><h2>{esc(said("safety", language))}</h2>{note}</section>'


def _pictures(sheet: LessonSheet, language: Language) -> str:
    """Each with what it shows, who made it, and what may be done with it."""
    zh, items = chinese(language), []
    for each in sheet.pictures:
        by = f" · <span{zh}>{esc(each.credit)}</span>" if each.credit else ""
        licence = f'<a rel="license" href="{LICENCES[each.licence]}">{esc(named(each.licence, language))}</a>'
        # What it says of itself stands below it, and would be read out twice.
        shown = f'<img src="{esc(_picture_path(sheet.line, each))}" alt="" loading="lazy">'
        items.append(
            f"<figure>{shown}<figcaption><span{zh}>{esc(each.title)}</span>{by} · {licence}</figcaption></figure>"
        )
    return f"<h2>{esc(said('pictures', language))}</h2>{''.join(items)}" if items else ""


def _picture_path(line: LessonLine, picture: Attachment) -> str:
    """Where a picture is, for as long as the lesson shows it."""
    return f"/lessons/{line.id}/pictures/{picture.file_id}"


def _data(sheet: LessonSheet, language: Language, url: str, base_url: str) -> dict[str, Any]:
    """A LearningResource of schema.org: the same facts as on the page, and no more."""
    line, plan = sheet.line, sheet.plan
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "@id": url,
        "url": url,
        "name": line.title,
        "description": line.text,
        "inLanguage": Language.ZH.value,
        "learningResourceType": "lesson plan",
        "about": [said_ for said_ in (named(line.service, language), line.theme) if said_],
        "isAccessibleForFree": True,
        "datePublished": line.shown_since.isoformat(),
        "image": base_url + picture_of(line.service),
        "publisher": {"@type": "Organization", "name": line.unit},
    }
    optional = {
        "typicalAgeRange": _age_range(plan),
        "timeRequired": f"PT{plan.minutes}M" if plan.minutes else "",
        "teaches": list(plan.goals),
        "license": LICENCES.get(plan.licence, ""),
    }
    if sheet.pictures:
        data["associatedMedia"] = [
            {
                "@type": "ImageObject",
                "name": each.title,
                "contentUrl": base_url + _picture_path(line, each),
                "encodingFormat": f"image/{each.kind.value.lower()}",
                "license": LICENCES[each.licence],
                "creditText": each.credit or line.unit,
            }
            for each in sheet.pictures
        ]
    if sheet.origin is not None:
        data["isBasedOn"] = {"@type": "LearningResource", "name": sheet.origin[0]}
    return data | {name: value for name, value in optional.items() if value}
