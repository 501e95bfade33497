"""What a plan may say, and what stands in the way of an act on a lesson."""

from types import SimpleNamespace
from typing import Any

import pytest

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.lessons import rules
from domain.lessons.content import Content, Plan, lines, plain
from domain.refusals import Invalid, Reason
from domain.terms import ContentGuidance, LessonState, Licence, ServiceKind, SupervisionLevel
from tests.factories.lessons import plan
from tests.factories.units import NOW

STEP = {"title": "看短片", "minutes": 10, "text": "", "materials": []}


def test_a_plan_is_kept_and_read_back_as_it_is():
    checked = rules.checked_plan(plan())
    assert Plan.of(plain(checked)) == checked
    assert (checked.steps[0].title, checked.steps[0].materials) == ("看短片", ("短片",))
    content = Content("课", ServiceKind.STUDY_HELP, "", "文", "某队", checked)
    assert Content.of(content.kept()) == content


def test_a_column_of_before_has_the_plan_that_says_least():
    assert Plan.of({}) == Plan()
    assert (Plan().licence, Plan().supervision) == (Licence.PROGRAMME, SupervisionLevel.PRESENT)
    # Whatever a later release keeps besides.
    assert Plan.of({"mood": "glad", "minutes": None}) == Plan()


@pytest.mark.parametrize(
    ("fields", "reason", "path"),
    [
        ({"age_least": 2}, Reason.NUMBER_UNFIT, "plan.ageLeast"),
        ({"age_most": 19}, Reason.NUMBER_UNFIT, "plan.ageMost"),
        ({"age_least": 12, "age_most": 8}, Reason.AGES_UNFIT, "plan.ageMost"),
        ({"minutes": 0}, Reason.NUMBER_UNFIT, "plan.minutes"),
        ({"minutes": 481}, Reason.NUMBER_UNFIT, "plan.minutes"),
        ({"minutes": 29}, Reason.STEPS_TOO_LONG, "plan.minutes"),
        ({"goals": ["会", " "]}, Reason.TEXT_EMPTY, "plan.goals.1"),
        ({"goals": ["目标"] * 31}, Reason.TOO_MANY, "plan.goals"),
        ({"key_points": ["点" * 501]}, Reason.WORDS_TOO_LONG, "plan.keyPoints.0"),
        ({"steps": [STEP | {"title": ""}]}, Reason.TEXT_EMPTY, "plan.steps.0.title"),
        ({"steps": [STEP, STEP | {"minutes": 0}]}, Reason.NUMBER_UNFIT, "plan.steps.1.minutes"),
        ({"steps": [STEP | {"materials": [""]}]}, Reason.TEXT_EMPTY, "plan.steps.0.materials.0"),
        ({"sources": [{"title": "", "origin": ""}]}, Reason.TEXT_EMPTY, "plan.sources.0"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(fields: dict[str, Any], reason: Reason, path: str):
    with pytest.raises(Invalid) as caught:
        rules.checked_plan(plan(**fields))
    assert (caught.value.reason, ".".join(caught.value.path)) == (reason, path)


def test_steps_may_take_less_time_than_the_lesson_and_the_ends_are_included():
    assert rules.checked_plan(plan(minutes=30)).minutes == 30
    assert rules.checked_plan(plan(minutes=None)).minutes is None
    ages = rules.checked_plan(plan(age_least=3, age_most=18))
    assert (ages.age_least, ages.age_most) == (3, 18)
    assert rules.checked_plan(plan(age_least=8, age_most=8)).age_most == 8


def test_every_field_is_told_in_lines_for_people():
    content = Content("课", ServiceKind.STUDY_HELP, "", "文", "某队", rules.checked_plan(plan()))
    told = lines(content)
    assert told["steps"] == "看短片(10 分钟)\n讲一讲看到了什么。\n短片\n画地图(20 分钟)\n"
    assert (told["ages"], told["minutes"], told["service"]) == ("8-12", "40", "学业辅导")
    assert (told["contentGuidance"], told["sources"]) == (f"{ContentGuidance.WATER.zh}\n", "防溺水六不 公开宣传资料\n")
    assert set(lines(Content("", ServiceKind.STUDY_HELP, "", "")).values()) == {
        "",
        "学业辅导",
        SupervisionLevel.PRESENT.zh,
        Licence.PROGRAMME.zh,
    }


@pytest.mark.parametrize("licence", Licence)
def test_a_licence_says_whether_others_may_adapt(licence: Licence):
    lesson = SimpleNamespace(plan={"licence": licence.value})
    allowed = licence in (Licence.CC_BY, Licence.CC_BY_NC)
    assert rules.hinders_adapting(lesson) is (None if allowed else Reason.LICENCE_FORBIDS)


def why_not(act: str, actor: Actor, **fields: Any) -> Reason | None:
    people: dict[str, Any] = {"written_by": None, "nominated_by": None, "took_part": []}
    row: Any = SimpleNamespace(**{"unit_path": "1.", "revision": 1, "version": 1, "plan": {}} | people | fields)
    (ability,) = [ability for ability in rules.ABILITIES if ability.act == act]
    refusal = ability.why_not(actor, row, now=NOW)
    return None if refusal is None else refusal.reason


def test_what_may_be_done_follows_the_state():
    actor = Actor.operator()
    reviewed = LessonState.UNDER_REVIEW
    assert why_not("edit_lesson", actor, state=LessonState.DRAFT) is None
    assert why_not("edit_lesson", actor, state=reviewed) is Reason.LESSON_STAYS
    assert why_not("showcase_lesson", actor, state=reviewed) is Reason.LESSON_STAYS
    assert why_not("showcase_lesson", actor, state=LessonState.SHOWCASE) is Reason.LESSON_ALREADY_SHOWCASE
    assert why_not("showcase_lesson", actor, state=LessonState.SHOWCASE, version=2) is None
    assert why_not("withdraw_lesson", actor, state=LessonState.DRAFT) is Reason.LESSON_STAYS


@pytest.mark.parametrize("column", ["written_by", "nominated_by", "took_part"])
def test_nobody_who_took_part_makes_it_a_showcase_lesson(column: str):
    actor = Actor(new_id(), "somebody", Actor.operator().scopes)
    mine, others = ([each] if column == "took_part" else each for each in (actor.user_id, new_id()))
    fields: dict[str, Any] = {"state": LessonState.DRAFT, column: mine}
    assert why_not("showcase_lesson", actor, **fields) is Reason.SHOWCASER_IS_AUTHOR
    assert why_not("showcase_lesson", actor, **(fields | {column: others})) is None
    assert why_not("showcase_lesson", Actor.public(), **fields) is Reason.NOT_PERMITTED


@pytest.mark.parametrize(("least", "most", "told"), [(6, None, "6-"), (None, 6, "-6"), (6, 6, "6-6"), (None, None, "")])
def test_a_least_and_a_greatest_age_are_told_apart(least: int | None, most: int | None, told: str):
    content = Content("课", ServiceKind.STUDY_HELP, "", "文", plan=Plan(age_least=least, age_most=most))
    assert lines(content)["ages"] == told
