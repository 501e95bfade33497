"""The lists of themes, which the national level keeps: one for a name and the year from which it is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.words import said
from domain.lessons import rules
from domain.lessons.models import Lesson, LessonRevision, Theme
from domain.refusals import Conflict, Invalid, Reason
from domain.units.queries import nation_path


@dataclass(frozen=True)
class ThemesEdited:
    """How many themes came, came back, were retired, and were deleted."""

    added: int
    returned: int
    retired: int
    deleted: int


def in_use(entity: type[Theme]) -> ColumnElement[bool]:
    """Themes that a list names today."""
    return entity.retired_at.is_(None)


async def edit_themes(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    list_name: str,
    since: int,
    names: Sequence[str],
    seen_names: Sequence[str] = (),
) -> ThemesEdited:
    """Say the themes of a list in their order, a new list too; those that any lesson bears are retired, not deleted."""
    actor.require(Permission.LESSON_SHOWCASE, at=await nation_path(session), path="listName")
    list_name = said(list_name, "listName", limit=rules.WORDS_LONGEST)
    rules.within(since, rules.TAUGHT_LEAST.year, now.year + 1, path="since")
    wanted = _checked(names)
    # Themes change once in years: one edit after the other, those of the seed too.
    await session.execute(text("LOCK TABLE themes IN SHARE ROW EXCLUSIVE MODE"))
    of_list = Theme.list_name == list_name, Theme.since == since
    query = select(Theme).where(*of_list).order_by(Theme.place).execution_options(populate_existing=True)
    known = {theme.name: theme for theme in await session.scalars(query)}
    standing = [name for name, theme in known.items() if theme.retired_at is None]
    if list(seen_names) != standing:
        raise Conflict(Reason.THEMES_CHANGED, path="seenNames", names="、".join(standing) or "-")
    gone = [name for name in standing if name not in wanted]
    kept = await _borne(session, gone)
    for name in gone:
        if name in kept:
            known[name].retired_at = now
        else:
            await session.delete(known.pop(name))
    returned = [name for name in wanted if name in known and known[name].retired_at is not None]
    added = [name for name in wanted if name not in known]
    await session.flush()
    # Out of the way first: a place belongs to one theme at a time.
    await session.execute(update(Theme).where(*of_list).values(place=-Theme.place))
    for place, name in enumerate([*wanted, *(name for name in known if name not in wanted)], 1):
        if name in added:
            session.add(Theme(id=new_id(), list_name=list_name, since=since, place=place, name=name))
        else:
            theme = known[name]
            theme.retired_at = None if name in wanted else theme.retired_at
            await session.execute(update(Theme).where(Theme.id == theme.id).values(place=place))
    await session.flush()
    return ThemesEdited(len(added), len(returned), len(kept), len(gone) - len(kept))


def _checked(names: Sequence[str]) -> list[str]:
    """Names as they are kept, each once."""
    if len(names) > rules.ENTRIES:
        raise Invalid(Reason.TOO_MANY, path="names", limit=rules.ENTRIES)
    return list(dict.fromkeys(said(name, "names", limit=rules.WORDS_LONGEST) for name in names))


async def _borne(session: AsyncSession, names: Sequence[str]) -> set[str]:
    """Those that any revision of a lesson bears."""
    theme = LessonRevision.content["theme"].astext
    borne = select(func.coalesce(theme, Lesson.theme)).select_from(Lesson).outerjoin(LessonRevision).distinct()
    return set(await session.scalars(borne.where(or_(theme.in_(names), Lesson.theme.in_(names))))) & set(names)
