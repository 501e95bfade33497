"""What a press kit says, as plain data that any writer of documents can set: composed of what is public already."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.lessons.content import Content, Step

PROGRAMME = "关爱行动·七彩课堂"
LICENCE_NOTE = "稿件供报道刊登，请注明来源单位。课程本身的使用许可：{licence}。"
CHILDREN_NOTE = "请勿添加儿童姓名；请勿刊登可辨认儿童面貌或身份的图片与内容。"


@dataclass(frozen=True)
class Section:
    """A part of the body under its heading (正文小节)."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A line of the facts box (资料栏)."""

    name: str
    value: str


@dataclass(frozen=True)
class Sheet:
    """Everything to print, in its order; the pictures' bytes come beside it, in the order of `pictures`."""

    kicker: str
    headline: str
    date_line: str
    lead: str
    body: tuple[Section, ...]
    facts: tuple[Fact, ...]
    # Caption and credit.
    pictures: tuple[tuple[str, str], ...]
    closing: tuple[Fact, ...]
    notes: tuple[str, ...]
    publisher: str


def texts_of(sheet: Sheet) -> dict[str, str]:
    """What people wrote of all that is printed, each by itself; the closing is the unit's, and names no child."""
    texts = [sheet.headline, sheet.lead, *(fact.value for fact in sheet.facts)]
    for section in sheet.body:
        texts += [section.heading, *section.paragraphs, *section.items]
    texts += [words for picture in sheet.pictures for words in picture]
    return {f"text.{place}": text for place, text in enumerate(texts)}


@dataclass(frozen=True)
class Desk:
    """Who hands the kit out, and when (供稿单位)."""

    unit: str
    contact: str
    day: date
    address: str
    pictures: tuple[tuple[str, str], ...] = ()

    @property
    def date_line(self) -> str:
        """As newspapers begin: who and when."""
        return f"{self.unit} {_day(self.day)}供稿"


def of_lesson(
    desk: Desk, content: Content, *, origin: str, since: date | None, made_of: tuple[str, str] | None
) -> Sheet:
    """The kit of a showcase lesson: what it is for, what children learn, how it is taught."""
    plan = content.plan
    whom = f" {_ages(content)}儿童" if _ages(content) else "儿童"
    lasts = f"，一课约 {plan.minutes} 分钟" if plan.minutes else ""
    lead = f"由{origin}开发的《{content.title}》是“七彩课堂”示范课程，面向{whom}{lasts}，属“{content.service.zh}”服务。"
    safety = (f"看护要求：{plan.supervision.zh}。", *((plan.safety_note,) if plan.safety_note else ()))
    guidance = (f"内容提示：{'、'.join(each.zh for each in plan.content_guidance)}。",) if plan.content_guidance else ()
    body = (
        Section("为什么上这一课", _paragraphs(content.text)),
        Section("孩子们学到什么", items=(*plan.goals, *plan.key_points)),
        Section("这一课怎么上", items=tuple(_step(step) for step in plan.steps)),
        Section("安全与看护", (*safety, *guidance)),
    )
    sources = "；".join(f"{source.title} {source.origin}".strip() for source in plan.sources)
    facts = _facts(
        ("课程", content.title),
        ("服务", content.service.zh),
        ("主题", content.theme),
        ("适用年龄", _ages(content)),
        ("时长", f"{plan.minutes} 分钟" if plan.minutes else ""),
        ("材料", "、".join(plan.materials)),
        ("来源单位", origin),
        ("改编自", f"《{made_of[0]}》（{made_of[1]}）" if made_of else ""),
        ("示范课程评定", _day(since) if since else ""),
        ("资料来源", sources),
        ("使用许可", plan.licence.zh),
    )
    note = LICENCE_NOTE.format(licence=plan.licence.zh)
    return _sheet(desk, f"示范课程 · {content.service.zh}", content.title, lead, body, facts, note)


def of_campaign(
    desk: Desk,
    *,
    title: str,
    owner: str,
    occasion: tuple[str | None, date | None],
    window: tuple[date | None, date | None],
    lessons: Sequence[tuple[Content, str]],
) -> Sheet:
    """The kit of a campaign: what it is about, and the showcase lessons that it shows."""
    name, day = occasion
    when = f"{_day(window[0])}至{_day(window[1])}" if window[0] and window[1] else ""
    at = f"在{name}前后" if name else ""
    lead = (
        f"{owner}{at}开展“{title}”活动，向社会介绍 {len(lessons)} 门“七彩课堂”示范课程"
        f"{f'，时间为{when}' if when else ''}。"
    )
    body = tuple(
        Section(f"《{content.title}》（{unit}）", _paragraphs(content.text), content.plan.goals)
        for content, unit in lessons
    )
    facts = _facts(
        ("推介", title),
        ("推介单位", owner),
        ("重要日子", f"{name}（{_day(day)}）" if name and day else name or ""),
        ("推介时间", when),
        ("示范课程", f"{len(lessons)} 门"),
        ("服务", "、".join(dict.fromkeys(content.service.zh for content, _ in lessons))),
        ("来源单位", "、".join(dict.fromkeys(unit for _, unit in lessons))),
    )
    licences = "；".join(f"《{content.title}》{content.plan.licence.zh}" for content, _ in lessons)
    return _sheet(desk, "示范课程推介", title, lead, body, facts, LICENCE_NOTE.format(licence=licences))


def _sheet(
    desk: Desk,
    kind: str,
    headline: str,
    lead: str,
    body: tuple[Section, ...],
    facts: tuple[Fact, ...],
    licence: str,
) -> Sheet:
    closing = _facts(("供稿单位", desk.unit), ("联系方式", desk.contact), ("网址", desk.address))
    return Sheet(
        kicker=f"{PROGRAMME} | {kind}",
        headline=headline,
        date_line=desk.date_line,
        lead=lead,
        body=tuple(section for section in body if section.paragraphs or section.items),
        facts=facts,
        pictures=desk.pictures,
        closing=closing,
        notes=(licence, CHILDREN_NOTE),
        publisher=desk.unit,
    )


def _facts(*given: tuple[str, str]) -> tuple[Fact, ...]:
    """What is known; a newspaper prints no empty lines."""
    return tuple(Fact(name, value) for name, value in given if value)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _step(step: Step) -> str:
    minutes = f"（{step.minutes} 分钟）" if step.minutes else ""
    text = f"：{' '.join(step.text.split())}" if step.text else ""
    return f"{step.title}{minutes}{text}"


def _ages(content: Content) -> str:
    least, most = content.plan.age_least, content.plan.age_most
    if least and most:
        return f"{least} 岁" if least == most else f"{least} 至 {most} 岁"
    return f"{least} 岁以上" if least else f"{most} 岁以下" if most else ""


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
