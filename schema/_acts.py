"""The frame of every mutation: one act, one transaction, one line in the audit log, and a refusal as an answer."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.types import has_object_definition

from domain.access.actor import Actor
from domain.audit.entries import record
from domain.base.models import Base
from domain.reading import reader
from domain.refusals import Invalid, NotAuthenticated, NotFound, Reason, Refusal
from domain.requests.commands import earlier_result, keep_result
from schema._base import Asked, row_id_of
from schema._selection import selection_of

KEY_LENGTH = 200
# The audit log says what was decided; whole texts are in the rows.
DETAIL_LENGTH = 200
KEY = "Makes a repetition harmless: for 30 days the same key answers with the first result."


@strawberry.type(description="A foreseen refusal (业务提示): why the act was not done, and what to do.")
class Problem:
    code: str = strawberry.field(description="Stable; programs decide by it.")
    path: list[str] = strawberry.field(description="The input field at fault; empty where it is none.")
    message_zh: str = strawberry.field(name="messageZh", description="For people, in Chinese.")
    message_en: str = strawberry.field(name="messageEn", description="For people, in English.")
    retryable: bool = strawberry.field(description="Whether the same request may succeed later.")

    @classmethod
    def of(cls, refusal: Refusal) -> "Problem":
        return cls(
            code=refusal.code,
            path=list(refusal.path),
            message_zh=refusal.words("zh"),
            message_en=refusal.words("en"),
            retryable=refusal.retryable,
        )


async def act(
    info: Asked,
    input: Any,
    command: Callable[..., Awaitable[Any]],
    payload: Callable[..., Any],
    *,
    shows: tuple[str, type[Base]] | None = None,
    extras: tuple[str, ...] = (),
    shaped: Mapping[str, Callable[[Any], Any]] | None = None,
    hands: Mapping[str, Any] | None = None,
    wakes: str | None = None,
    waits: bool = False,
) -> Any:
    """Run a command with the fields of `input`, and show the row it answers as the payload's field.

    `shows` names that field and its model; `extras` are further facts of the command's answer, which then
    holds the row under the field's name. Facts are plain data, since a repetition reads them from the kept result;
    `shaped` says how the payload shows them. `hands` are what the command needs beside its input, and `wakes` names
    the work that waits after the commit. An input with `preview` set is done, shown and undone. A command that
    `waits` for long before it needs the database holds no connection meanwhile.
    """
    context = info.context
    try:
        async with context.sessions() as session:
            actor = await context.actor(session)
            if waits:
                await session.rollback()
            given = _given(input)
            key = given.pop("client_mutation_key", None)
            is_preview = given.pop("preview", False)

            async def done() -> dict[str, Any]:
                answer = await command(session, actor, now=context.now, **given, **(hands or {}))
                row = None if shows is None else getattr(answer, shows[0]) if extras else answer
                _record(session, info, input, row=row, actor_id=actor.user_id, answer=answer)
                facts = {name: getattr(answer, name) for name in extras}
                return facts if row is None else {"id": str(row.id), **facts}

            result = await (done() if is_preview else _once(session, actor, info, key, given, done))
            if shows is not None:
                result[shows[0]] = await _shown(session, actor, info, payload, shows, UUID(result.pop("id")))
            await (session.rollback() if is_preview else session.commit())
    except NotAuthenticated:
        raise
    except Refusal as refusal:
        return Problem.of(refusal)
    if wakes and not is_preview:
        await context.wake(wakes)
    return payload(**_shape(result, shaped))


async def enter(
    info: Asked,
    input: Any,
    command: Callable[..., Awaitable[Any]],
    payload: Callable[..., Any],
    *,
    extras: tuple[str, ...],
    shaped: Mapping[str, Callable[[Any], Any]] | None = None,
    hands: Mapping[str, Any] | None = None,
    is_decision: bool = True,
) -> Any:
    """The same for whoever is not logged in yet; the command's answer names the person by `user_id`.

    What such a command wrote before it refused is kept: a guess counts because it was wrong. What is no decision of
    anybody, but an app that goes on, is not written down: it would bury what was decided.
    """
    context = info.context
    try:
        async with context.sessions() as session:
            try:
                answer = await command(session, now=context.now, **_given(input), **(hands or {}))
            except Refusal:
                await session.commit()
                raise
            if is_decision:
                _record(session, info, input, row=None, actor_id=answer.user_id, answer=answer)
            await session.commit()
    except Refusal as refusal:
        return Problem.of(refusal)
    return payload(**_shape({name: getattr(answer, name) for name in extras}, shaped))


def _shape(result: dict[str, Any], shaped: Mapping[str, Callable[[Any], Any]] | None) -> dict[str, Any]:
    shapes = shaped or {}
    return {name: shapes[name](value) if name in shapes else value for name, value in result.items()}


async def _shown(
    session: AsyncSession, actor: Actor, info: Asked, payload: Any, shows: tuple[str, type[Base]], row_id: UUID
) -> Any:
    field, model = shows
    selection = selection_of(info, camel(field), of=_payload_name(payload))
    records = await reader.rows_by_id(session, actor, model, selection, ids=[row_id])
    # Whoever repeats a request may have lost sight of what the first one made.
    if row_id not in records:
        raise NotFound(model.noun)
    return records[row_id]


def _record(session: AsyncSession, info: Asked, input: Any, *, row: Any, actor_id: UUID | None, answer: Any) -> None:
    """Write the decision down, where the command says it was taken, or else where the row lies."""
    place = answer if row is None or hasattr(answer, "unit_path") else row
    path: str = getattr(place, "unit_path", "") or getattr(place, "path", "")
    record(
        session,
        at=info.context.now,
        actor_id=actor_id,
        act=info.field_name,
        about=type(row).__name__ if row is not None else "",
        row_id=getattr(row, "id", None),
        unit_id=place.id if type(place).__name__ == "Unit" else getattr(place, "unit_id", None),
        unit_path=path,
        # What a command decided of many rows is not in its input.
        details=_details(input) | getattr(answer, "decided", {}),
    )


def _details(input: Any) -> dict[str, Any]:
    """What was given, without secrets, without what describes a person, and texts by their beginning."""
    details = {}
    for field in input.__strawberry_definition__.fields:
        hidden = field.metadata.get("secret") or field.metadata.get("personal")
        value = getattr(input, field.python_name)
        if not hidden and value is not None and field.python_name != "client_mutation_key":
            details[camel(field.python_name)] = _plain(value)
    return details


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if has_object_definition(value):
        return _details(value)
    if isinstance(value, date):
        return value.isoformat()
    return value[:DETAIL_LENGTH] if isinstance(value, str) else value


async def _once(
    session: AsyncSession,
    actor: Actor,
    info: Asked,
    key: str | None,
    given: dict[str, Any],
    done: Callable[[], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    if key is None:
        return await done()
    if not 1 <= len(key) <= KEY_LENGTH:
        raise Invalid(Reason.KEY_UNUSABLE, path="clientMutationKey", limit=KEY_LENGTH)
    now, mutation = info.context.now, info.field_name
    earlier = await earlier_result(session, actor, now=now, key=key, mutation=mutation, given=given)
    if earlier is not None:
        return earlier
    result = await done()
    await keep_result(session, actor, key=key, result=result)
    return result


def _given(input: Any, above: str = "") -> dict[str, Any]:
    """The fields of an input, with global ids turned into rows, and inputs within it into the same plain data."""
    given = {}
    for field in input.__strawberry_definition__.fields:
        path = f"{above}{camel(field.python_name)}"
        given[field.python_name] = _taken(getattr(input, field.python_name), field.metadata.get("ref"), path)
    return given


def _taken(value: Any, noun: str | None, path: str) -> Any:
    if isinstance(value, list):
        taken = [_taken(each, noun, f"{path}.{place}") for place, each in enumerate(value)]
        # Rows and terms are choices: one named twice says no more, and a statement takes only so many values.
        is_choice = noun or all(isinstance(each, Enum) for each in taken)
        return list(dict.fromkeys(taken)) if is_choice else taken
    if noun and value is not None:
        return row_id_of(value, noun, path=path)
    return _given(value, f"{path}.") if has_object_definition(value) else value


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _payload_name(payload: Any) -> str:
    name: str = payload.__strawberry_definition__.name
    return name
