"""The window on what a public text must not say of children, and the acts on the list of words."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.terms import WordingKind, WordingSeverity
from domain.wording import commands, models
from domain.wording.queries import in_force, words_in_force
from domain.wording.rules import WORD_ABILITIES, check_length, findings_of
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, ref, shows
from schema._reads import listed

SEEN = "Says that what the wording warns of was seen; what blocks is not let through by it."


@strawberry.type(description="Something in a text that is to be looked at, or must not become public (用语问题).")
class WordingFinding:
    kind: WordingKind
    severity: WordingSeverity
    field: str = strawberry.field(
        description="In which of the texts, as the path of an input field: `text`, `plan.steps.1.text`; counted from 0."
    )
    start: Count = strawberry.field(description="Where it begins, in Unicode characters from 0.")
    end: Count = strawberry.field(description="Where it ends; the character there belongs to it no more.")
    piece: str
    advice_zh: str = strawberry.field(description="What to do, in Chinese.")
    advice_en: str = strawberry.field(description="What to do, in English.")


@shows(models.LabelWord)
class LabelWord(Node):
    word: str
    severity: WordingSeverity
    advice_zh: str
    advice_en: str
    version: Count = strawberry.field(description="Counts the edits; whoever edits gives the one that was seen.")
    retired_at: datetime | None = strawberry.field(description="Null while it is looked for.")
    viewer_can: list[Can] = can(WORD_ABILITIES)


@strawberry.input(description="A word that is to be looked for (标签化用语).")
class AddLabelWordInput:
    word: str
    severity: WordingSeverity = strawberry.field(description="What it does by itself; beside a named child it blocks.")
    advice_zh: str = strawberry.field(description="What to write instead, in Chinese.")
    advice_en: str = strawberry.field(description="What to write instead, in English.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The word, which is looked for from now on.")
class AddLabelWordPayload:
    word: LabelWord


@strawberry.input(description="What of a word is to be changed; what is left out stays.")
class EditLabelWordInput:
    word_id: strawberry.ID = ref("LabelWord", "The word.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    severity: WordingSeverity | None = None
    advice_zh: str | None = None
    advice_en: str | None = None
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The word as changed.")
class EditLabelWordPayload:
    word: LabelWord


@strawberry.input(description="A word that is to be looked for no more.")
class RetireLabelWordInput:
    word_id: strawberry.ID = ref("LabelWord", "The word.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The word, which is looked for no more.")
class RetireLabelWordPayload:
    word: LabelWord


AddLabelWordResult = Annotated[AddLabelWordPayload | Problem, strawberry.union("AddLabelWordResult")]
EditLabelWordResult = Annotated[EditLabelWordPayload | Problem, strawberry.union("EditLabelWordResult")]
RetireLabelWordResult = Annotated[RetireLabelWordPayload | Problem, strawberry.union("RetireLabelWordResult")]


@strawberry.type
class WordingQueries:
    @strawberry.field(description="What is found in a text, for who is still writing it; nothing of it is kept.")
    async def check_wording(self, info: Asked, text: str) -> list[WordingFinding]:
        check_length(len(text), path="text")
        async with info.context.reading() as session:
            await info.context.actor(session)
            words = await words_in_force(session)
        return findings_of(text, words)  # type: ignore[return-value]

    @strawberry.field(description="Words that label children; on request those that are looked for no more as well.")
    async def label_words(
        self,
        info: Asked,
        with_retired: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[LabelWord]:
        also = [] if with_retired else [in_force]
        return await listed(info, models.LabelWord, first, after, last, before, also=also)


@strawberry.type
class WordingMutations:
    @strawberry.mutation(description="Have a word looked for in every text; for the national level.")
    async def add_label_word(self, info: Asked, input: AddLabelWordInput) -> AddLabelWordResult:
        shown = ("word", models.LabelWord)
        return await act(info, input, commands.add_label_word, AddLabelWordPayload, shows=shown)

    @strawberry.mutation(description="Change what a word does, or what is advised instead; for the national level.")
    async def edit_label_word(self, info: Asked, input: EditLabelWordInput) -> EditLabelWordResult:
        shown = ("word", models.LabelWord)
        return await act(info, input, commands.edit_label_word, EditLabelWordPayload, shows=shown)

    @strawberry.mutation(description="Look for a word no more; for the national level.")
    async def retire_label_word(self, info: Asked, input: RetireLabelWordInput) -> RetireLabelWordResult:
        shown = ("word", models.LabelWord)
        return await act(info, input, commands.retire_label_word, RetireLabelWordPayload, shows=shown)
