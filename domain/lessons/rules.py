"""What may be done with a lesson."""

from typing import Any

from domain.access.abilities import Ability
from domain.access.permissions import Permission
from domain.refusals import Reason
from domain.terms import LessonState


def hinders_showcase(lesson: Any) -> Reason | None:
    """A lesson becomes a showcase lesson once."""
    return Reason.LESSON_ALREADY_SHOWCASE if lesson.state is LessonState.SHOWCASE else None


def hinders_scheduling(lesson: Any) -> Reason | None:
    """Only showcase lessons are promoted."""
    return None if lesson.state is LessonState.SHOWCASE else Reason.LESSON_NOT_SHOWCASE


def texts_of(lesson: Any) -> dict[str, str]:
    """What of a lesson everybody reads once it is a showcase lesson, by field."""
    return {"title": lesson.title, "theme": lesson.theme, "text": lesson.text}


ABILITIES = (
    Ability("showcase_lesson", Permission.LESSON_SHOWCASE, hindrance=hinders_showcase, needs=frozenset({"state"})),
    Ability(
        "schedule_lesson",
        Permission.LESSON_SCHEDULE,
        is_done_elsewhere=True,
        hindrance=hinders_scheduling,
        needs=frozenset({"state"}),
    ),
)
