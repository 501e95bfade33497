"""The frame of every mutation: one act, one transaction, and a refusal as an answer."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.models import Base
from domain.reading import reader
from domain.refusals import Invalid, NotAuthenticated, NotFound, Reason, Refusal
from domain.requests.commands import earlier_result, keep_result
from schema._base import Asked, row_id_of
from schema._selection import selection_of

KEY_LENGTH = 200
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
    shows: tuple[str, type[Base]],
    extras: tuple[str, ...] = (),
    wakes: str | None = None,
) -> Any:
    """Run a command with the fields of `input`, and show the row it answers as the payload's field.

    `shows` names that field and its model; `extras` are further facts of the command's answer, which then
    holds the row under the field's name. `wakes` names the work that waits after the commit.
    """
    context = info.context
    field, model = shows
    try:
        async with context.sessions() as session:
            actor = await context.actor(session)
            given = _given(input)
            key = given.pop("client_mutation_key", None)

            async def done() -> dict[str, Any]:
                answer = await command(session, actor, now=context.now, **given)
                row = getattr(answer, field) if extras else answer
                return {"id": str(row.id), **{name: getattr(answer, name) for name in extras}}

            result = await _once(session, actor, info, key, given, done)
            selection = selection_of(info, field, of=_payload_name(payload))
            row_id = UUID(result.pop("id"))
            records = await reader.rows_by_id(session, actor, model, selection, ids=[row_id])
            # Whoever repeats a request may have lost sight of what the first one made.
            if row_id not in records:
                raise NotFound(model.noun)
            await session.commit()
    except NotAuthenticated:
        raise
    except Refusal as refusal:
        return Problem.of(refusal)
    if wakes:
        await context.wake(wakes)
    return payload(**{field: records[row_id]}, **result)


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


def _given(input: Any) -> dict[str, Any]:
    """The fields of an input, with global ids turned into rows."""
    given = {}
    for field in input.__strawberry_definition__.fields:
        value = getattr(input, field.python_name)
        noun = field.metadata.get("ref")
        if noun and value is not None:
            value = row_id_of(value, noun, path=_camel(field.python_name))
        if isinstance(value, list):
            # Lists are choices: a word named twice says no more, and a statement takes only so many values.
            value = list(dict.fromkeys(value))
        given[field.python_name] = value
    return given


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def _payload_name(payload: Any) -> str:
    name: str = payload.__strawberry_definition__.name
    return name
