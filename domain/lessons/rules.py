"""What a lesson may say, and what may be done with it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from domain.access.abilities import Ability
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.words import said
from domain.lessons.content import Content, Plan, Source, Step, lines
from domain.lessons.lifecycle import Event, can
from domain.refusals import Conflict, Hindered, Invalid, Reason, Refusal
from domain.terms import FiveGood, LessonState, Licence
from domain.wording.rules import check_length

WORDS_LONGEST, TEXT_LONGEST, ENTRIES = 500, 20_000, 30
AGE_LEAST, AGE_MOST = 3, 18
MINUTES_LONGEST = 480
# The programme began in 2010. A class is not larger than a hall, nor a day longer than twelve class hours.
TAUGHT_LEAST = date(2010, 1, 1)
CLASSES, CHILDREN_A_CLASS, HOURS_A_CLASS = 100, 200, 12
# Totals told to whoever reads no row grow by so many records at a time: one of them cannot be worked out.
RECORDS_TOLD = 5
QUOTA = 1000
SCORE_LEAST, SCORE_MOST = 1, 5
# What reviewers choose a lesson for: a call that vouches for it vouches for this.
SUBSTANCE = ("title", "text", "goals", "steps")
ADAPTABLE = frozenset({Licence.CC_BY, Licence.CC_BY_NC})


def optional(words: str, path: str, *, limit: int = WORDS_LONGEST) -> str:
    """What a person may say or leave out, without the blanks around it."""
    return said(words, path, limit=limit) if words.strip() else ""


def checked_plan(given: Mapping[str, Any]) -> Plan:
    """The plan as it is kept; what cannot be meant is refused with its place."""
    plan = Plan(
        age_least=within(given["age_least"], AGE_LEAST, AGE_MOST, path="plan.ageLeast"),
        age_most=within(given["age_most"], AGE_LEAST, AGE_MOST, path="plan.ageMost"),
        minutes=within(given["minutes"], 1, MINUTES_LONGEST, path="plan.minutes"),
        goals=_entries(given["goals"], "plan.goals"),
        key_points=_entries(given["key_points"], "plan.keyPoints"),
        steps=tuple(
            _step(step, f"plan.steps.{place}") for place, step in enumerate(_few(given["steps"], "plan.steps"))
        ),
        materials=_entries(given["materials"], "plan.materials"),
        safety_note=optional(given["safety_note"], "plan.safetyNote", limit=TEXT_LONGEST),
        supervision=given["supervision"],
        content_guidance=tuple(given["content_guidance"]),
        licence=given["licence"],
        sources=tuple(
            Source(said(s["title"], path := f"plan.sources.{place}", limit=WORDS_LONGEST), optional(s["origin"], path))
            for place, s in enumerate(_few(given["sources"], "plan.sources"))
        ),
    )
    if plan.age_least is not None and plan.age_most is not None and plan.age_least > plan.age_most:
        raise Invalid(Reason.AGES_UNFIT, path="plan.ageMost")
    total = sum(step.minutes or 0 for step in plan.steps)
    if plan.minutes is not None and total > plan.minutes:
        raise Invalid(Reason.STEPS_TOO_LONG, path="plan.minutes", total=total)
    return plan


def _step(given: Mapping[str, Any], path: str) -> Step:
    return Step(
        title=said(given["title"], f"{path}.title", limit=WORDS_LONGEST),
        minutes=within(given["minutes"], 1, MINUTES_LONGEST, path=f"{path}.minutes"),
        text=optional(given["text"], f"{path}.text", limit=TEXT_LONGEST),
        materials=_entries(given["materials"], f"{path}.materials"),
    )


def within(number: int | None, least: int, limit: int, *, path: str) -> int | None:
    """A number, if one is given, between two others."""
    if number is not None and not least <= number <= limit:
        raise Invalid(Reason.NUMBER_UNFIT, path=path, least=least, limit=limit)
    return number


def check_taught(taught_on: date, classes: int, children: int, class_hours: int, *, latest: date) -> None:
    """Refuse a day that is not past yet, and numbers that no such day can have had."""
    if not TAUGHT_LEAST <= taught_on <= latest:
        raise Invalid(Reason.DAY_UNFIT, path="taughtOn", least=TAUGHT_LEAST.isoformat(), limit=latest.isoformat())
    within(classes, 1, CLASSES, path="classes")
    within(children, 1, classes * CHILDREN_A_CLASS, path="children")
    within(class_hours, 1, classes * HOURS_A_CLASS, path="classHours")


def _entries(given: Sequence[str], path: str) -> tuple[str, ...]:
    return tuple(said(each, f"{path}.{place}", limit=WORDS_LONGEST) for place, each in enumerate(_few(given, path)))


def _few(given: Sequence[Any], path: str) -> Sequence[Any]:
    if len(given) > ENTRIES:
        raise Invalid(Reason.TOO_MANY, path=path, limit=ENTRIES)
    return given


def is_concerned(place: str, nominating: str, calling: str) -> bool:
    """Whether somebody at a place has an interest in what a unit nominates.

    That is whoever belongs to the unit, below it, or above it on the way to the unit that calls. That unit and those
    above it ask all below alike, and have none.
    """
    is_between = nominating.startswith(place) and len(place) > len(calling)
    return place.startswith(nominating) or is_between


def checked_scores(given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Scores as they are kept: each good once."""
    if sorted(each["good"] for each in given) != sorted(FiveGood):
        raise Invalid(Reason.GOODS_UNFIT, path="scores")
    return {
        each["good"].value: {
            "score": within(each["score"], SCORE_LEAST, SCORE_MOST, path=f"scores.{place}.score"),
            "remark": optional(each["remark"], f"scores.{place}.remark"),
        }
        for place, each in enumerate(given)
    }


def means(scores: Sequence[Mapping[str, Any]]) -> dict[FiveGood, tuple[float, list[str]]]:
    """For each good the mean of what was given, and the remarks."""
    found = {}
    for good in FiveGood:
        given = [one[good.value] for one in scores]
        remarks = [each["remark"] for each in given if each["remark"]]
        found[good] = (round(sum(each["score"] for each in given) / len(given), 2), remarks)
    return found


def refuse_unless(lesson: Any, event: Event, path: str = "lessonId") -> None:
    """Refuse what the state of a lesson does not allow."""
    if not can(lesson.state, event):
        raise Conflict(Reason.LESSON_STAYS, path=path, state=lesson.state)


def is_showcased_as_it_is(lesson: Any) -> bool:
    """Nothing newer than what is public waits to be showcased."""
    return lesson.state is LessonState.SHOWCASE and lesson.revision == lesson.version


def is_unreviewed(lesson: Any) -> bool:
    """Nobody chose it in a call: reviewers never saw it."""
    return lesson.state is not LessonState.POLISHING or lesson.chosen_revision is None


def polished(before: Content, after: Content) -> list[str]:
    """What of the substance that reviewers judged reads otherwise now."""
    old, new = lines(before), lines(after)
    return [field for field in SUBSTANCE if old[field] != new[field]]


def took_part(actor: Actor, lesson: Any) -> bool:
    """A second person makes it a showcase lesson: nobody who wrote, nominated or reviewed it since it last was one."""
    people = (lesson.written_by, lesson.nominated_by, *lesson.took_part)
    return actor.person_id is not None and actor.person_id in people


def hinders_scheduling(lesson: Any) -> Reason | None:
    """Only showcase lessons are promoted."""
    return None if lesson.state is LessonState.SHOWCASE else Reason.LESSON_NOT_SHOWCASE


def hinders_adapting(lesson: Any) -> Reason | None:
    """Only what its licence lets others change is adapted."""
    return None if Plan.of(lesson.plan).licence in ADAPTABLE else Reason.LICENCE_FORBIDS


def texts_of(content: Content) -> dict[str, str]:
    """What of a lesson everybody reads once it is a showcase lesson, each entry by the path it is written at.

    The names of its authors are for its unit.
    """
    plan = content.plan
    texts = {"title": content.title, "theme": content.theme, "text": content.text}
    lists = {"goals": plan.goals, "keyPoints": plan.key_points, "materials": plan.materials}
    for name, entries in lists.items():
        texts |= {f"plan.{name}.{place}": entry for place, entry in enumerate(entries)}
    for place, step in enumerate(plan.steps):
        at = f"plan.steps.{place}"
        texts |= {f"{at}.title": step.title, f"{at}.text": step.text}
        texts |= {f"{at}.materials.{number}": entry for number, entry in enumerate(step.materials)}
    texts["plan.safetyNote"] = plan.safety_note
    for place, source in enumerate(plan.sources):
        texts |= {f"plan.sources.{place}.title": source.title, f"plan.sources.{place}.origin": source.origin}
    for place, file in enumerate(content.attachments):
        at = f"attachments.{place}"
        texts |= {f"{at}.title": file.title, f"{at}.credit": file.credit, f"{at}.text": file.text}
    return texts


def names_in(content: Content) -> dict[str, str]:
    """Where a lesson names people: looked through whenever it is written, since no draft has to hold a number."""
    credited = {f"attachments.{place}.credit": each.credit for place, each in enumerate(content.attachments)}
    return {"authors": content.authors} | credited


def check_lengths(texts: Mapping[str, str], *, path: str | None = None) -> None:
    """Refuse what would be too long to be looked through once it is to be public: a list counts as a whole."""
    wholes: dict[str, int] = {}
    for field, text in texts.items():
        parts = field.split(".")
        whole = ".".join(parts[: 2 if parts[0] == "plan" else 1])
        wholes[whole] = wholes.get(whole, 0) + len(text)
    for whole, length in wholes.items():
        check_length(length, path=path or whole)


class OnLesson(Ability):
    """An act that the state of a lesson allows or not, and says so with the state."""

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        refusal = super().why_not(actor, row, now=now)
        if refusal is None and not can(row.state, EVENTS[self.act]):
            return Conflict(Reason.LESSON_STAYS, state=row.state)
        return refusal


class Discarding(Ability):
    """Only a draft that never was public is discarded; what else was made of it is found when it is tried."""

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        refusal = super().why_not(actor, row, now=now)
        if refusal is None and row.state is not LessonState.DRAFT:
            return Conflict(Reason.LESSON_STAYS, state=row.state)
        if refusal is None and row.once_showcased:
            return Hindered.by(Reason.LESSON_USED)
        return refusal


class Showcasing(OnLesson):
    """Whoever took part in a lesson does not make it a showcase lesson."""

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        refusal = super().why_not(actor, row, now=now)
        if refusal is None and is_showcased_as_it_is(row):
            return Hindered.by(Reason.LESSON_ALREADY_SHOWCASE)
        if refusal is None and took_part(actor, row):
            return Hindered.by(Reason.SHOWCASER_IS_AUTHOR)
        return refusal


def hinders_correcting(practice: Any) -> Reason | None:
    """What was taken back stays so."""
    return None if practice.withdrawn_at is None else Reason.PRACTICE_WITHDRAWN


EVENTS = {
    "edit_lesson": Event.EDITED,
    "nominate_lesson": Event.NOMINATED,
    "showcase_lesson": Event.SHOWCASED,
    "withdraw_lesson": Event.WITHDRAWN,
}
STATE = frozenset({"state"})
WHO = frozenset({"revision", "version", "written_by", "nominated_by", "took_part"})
ABILITIES = (
    OnLesson("edit_lesson", Permission.LESSON_EDIT, needs=STATE),
    OnLesson("nominate_lesson", Permission.LESSON_EDIT, needs=STATE),
    Showcasing("showcase_lesson", Permission.LESSON_SHOWCASE, needs=STATE | WHO),
    OnLesson("withdraw_lesson", Permission.LESSON_SHOWCASE, needs=STATE),
    Discarding("discard_lesson", Permission.LESSON_EDIT, needs=STATE | {"once_showcased"}),
    Ability(
        "adapt_lesson",
        Permission.LESSON_EDIT,
        is_done_elsewhere=True,
        hindrance=hinders_adapting,
        needs=frozenset({"plan"}),
    ),
    Ability("record_practice", Permission.LESSON_EDIT, is_done_elsewhere=True),
    Ability(
        "schedule_lesson",
        Permission.LESSON_SCHEDULE,
        is_done_elsewhere=True,
        hindrance=hinders_scheduling,
        needs=STATE,
    ),
)
PRACTICE_ABILITIES = tuple(
    Ability(act, Permission.LESSON_EDIT, hindrance=hinders_correcting, needs=frozenset({"withdrawn_at"}))
    for act in ("edit_practice", "withdraw_practice")
)
