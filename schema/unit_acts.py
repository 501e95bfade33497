"""The window on changes of the tree, and the acts that make them."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from domain.terms import Level, UnitActKind, UnitActState, UnitKind
from domain.units import commands, models
from domain.units.acts import given_of
from domain.units.rules import UNIT_ACT_ABILITIES
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, global_id, one, ref, shows
from schema._reads import chosen, listed
from schema.units import Unit

ON = "The day from which it is so: past, today, or to come; what was decided for a later day stands."
WHY = "Why, for whoever reads the history."
PREVIEW = "Answers what it would touch, and does nothing."


@strawberry.type(description="Why a planned change could not be done when its day came (未能生效原因).")
class UnitActFailure:
    code: str = strawberry.field(description="As the code of a Problem.")
    path: list[str]
    message_zh: str = strawberry.field(name="messageZh")
    message_en: str = strawberry.field(name="messageEn")


@strawberry.type(description="A part of a unit that is split (拆分部分).")
class UnitPart:
    code: str
    name: str
    child_ids: list[strawberry.ID]


@strawberry.type(description="What a change was asked to do, by the names of its input (变更内容).")
class UnitActDetails:
    code: str | None
    name: str | None
    level: Level | None
    kind: UnitKind | None
    parent_id: strawberry.ID | None
    parent_code: str | None = strawberry.field(description="Of a parent that was not open yet when it was proposed.")
    territory_id: strawberry.ID | None
    territory_code: str | None
    leaves_territory: bool
    unit_ids: list[strawberry.ID]
    into_id: strawberry.ID | None
    successor_id: strawberry.ID | None
    parts: list[UnitPart]


def details_of(kept: dict[str, Any]) -> UnitActDetails:
    """What the row keeps, with ids as everybody knows them."""
    given: dict[str, Any] = given_of(kept)

    def unit(name: str) -> strawberry.ID | None:
        return global_id("Unit", given[name]) if given.get(name) else None

    return UnitActDetails(
        code=given.get("code"),
        name=given.get("name"),
        level=given.get("level"),
        kind=given.get("kind"),
        parent_id=unit("parent_id"),
        parent_code=given.get("parent_code"),
        territory_id=unit("territory_id"),
        territory_code=given.get("territory_code"),
        into_id=unit("into_id"),
        successor_id=unit("successor_id"),
        leaves_territory=given.get("leaves_territory", False),
        unit_ids=[global_id("Unit", each) for each in given.get("unit_ids", ())],
        parts=[
            UnitPart(
                code=part["code"], name=part["name"], child_ids=[global_id("Unit", each) for each in part["child_ids"]]
            )
            for part in given.get("parts", ())
        ],
    )


@shows(models.UnitAct)
class UnitAct(Node):
    kind: UnitActKind
    state: UnitActState
    effective_on: date
    reason: str
    proposed_at: datetime
    decided_at: datetime | None
    done_at: datetime | None
    dismissal: str | None = strawberry.field(description="Why it was dismissed.")
    unit: Unit | None = one("unit", "The unit it is about; null for one that is not open yet.")
    viewer_can: list[Can] = can(UNIT_ACT_ABILITIES)

    @strawberry.field(description="What exactly is to be done.", metadata={"needs": ("details",)})
    def details(root: strawberry.Parent[Any]) -> UnitActDetails:  # noqa: N805 - a window is never an instance
        return details_of(root.details)

    @strawberry.field(description="Why it could not be done.", metadata={"needs": ("failure",)})
    def failure(root: strawberry.Parent[Any]) -> UnitActFailure | None:  # noqa: N805 - a window is never an instance
        why = root.failure
        if why is None:
            return None
        return UnitActFailure(code=why["code"], path=why["path"], message_zh=why["zh"], message_en=why["en"])


@strawberry.type(description="How many rows of a table stand at units that move or are closed.")
class TouchedRows:
    table: str
    count: Count


@strawberry.type(description="What a change of the tree touches (影响范围), counted before it is done.")
class UnitTouches:
    units: Count = strawberry.field(description="Units that change or move.")
    names: list[str] = strawberry.field(description="The first 20 of them.")
    rows: list[TouchedRows] = strawberry.field(description="What stands at them, by table.")
    grants_ended: Count = strawberry.field(description="Grants that end, since their unit is closed.")


def touches_of(found: dict[str, Any]) -> UnitTouches:
    """The facts of a command as its payload shows them."""
    rows = [TouchedRows(table=table, count=Count(count)) for table, count in sorted(found["rows"].items())]
    return UnitTouches(
        units=Count(found["units"]),
        names=found["names"],
        rows=rows,
        grants_ended=Count(found["grants_ended"]),
    )


@strawberry.input(description="A unit to be opened (设立).")
class OpenUnitInput:
    parent_id: strawberry.ID = ref("Unit", "The unit above.")
    code: str = strawberry.field(description="Division code (区划代码).")
    name: str
    level: Level = strawberry.field(description="Any level below that of the unit above; it never changes.")
    kind: UnitKind = UnitKind.TERRITORIAL
    territory_id: strawberry.ID | None = ref("Unit", "In whose territory it lies, if not the parent's.", default=None)
    effective_on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=WHY)
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="Another name, code or kind for a unit (更名); what is left out stays.")
class RenameUnitInput:
    unit_id: strawberry.ID = ref("Unit", "The unit.")
    name: str | None = None
    code: str | None = None
    kind: UnitKind | None = None
    effective_on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=WHY)
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="Another parent or territory for a unit and all below it (划转); what is left out stays.")
class MoveUnitInput:
    unit_id: strawberry.ID = ref("Unit", "The unit.")
    parent_id: strawberry.ID | None = ref("Unit", "The unit above it then (隶属).", default=None)
    territory_id: strawberry.ID | None = ref("Unit", "In whose territory it lies then (属地).", default=None)
    leaves_territory: bool = strawberry.field(description="It lies where its parent does again.", default=False)
    effective_on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=WHY)
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="Units to be closed into another one of their level (合并).")
class MergeUnitsInput:
    unit_ids: list[strawberry.ID] = ref("Unit", "The units that are closed.")
    into_id: strawberry.ID = ref("Unit", "The unit that takes over their children, accounts and people.")
    effective_on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=WHY)
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="A part of a split unit.")
class UnitPartInput:
    code: str = strawberry.field(description="One of them may keep the code of the split unit.")
    name: str
    child_ids: list[strawberry.ID] = ref("Unit", "The units below the split one that go to this part.")


@strawberry.input(description="A unit to be closed into new ones (拆分).")
class SplitUnitInput:
    unit_id: strawberry.ID = ref("Unit", "The unit.")
    parts: list[UnitPartInput] = strawberry.field(description="The first takes over its accounts and people.")
    effective_on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=WHY)
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="A unit to be closed (撤销), with nothing below it any more.")
class CloseUnitInput:
    unit_id: strawberry.ID = ref("Unit", "The unit.")
    successor_id: strawberry.ID | None = ref("Unit", "Who takes over its accounts and people.", default=None)
    effective_on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=WHY)
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="A closed unit to be opened again (恢复).")
class ReopenUnitInput:
    unit_id: strawberry.ID = ref("Unit", "The unit.")
    parent_id: strawberry.ID = ref("Unit", "The unit above it then.")
    effective_on: date = strawberry.field(description=ON)
    reason: str = strawberry.field(description=WHY)
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="A proposed change, or one that failed, to be done.")
class AcceptUnitActInput:
    act_id: strawberry.ID = ref("UnitAct", "The change.")
    effective_on: date | None = strawberry.field(description="Another day than proposed.", default=None)
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="A change that is not to be done.")
class DismissUnitActInput:
    act_id: strawberry.ID = ref("UnitAct", "The change, proposed, planned or failed.")
    reason: str = strawberry.field(description=WHY)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type
class DecidedUnitAct:
    act: UnitAct
    touches: UnitTouches


@strawberry.type(description="The unit opened, or to be opened.")
class OpenUnitPayload(DecidedUnitAct):
    pass


@strawberry.type(description="The unit renamed, or to be renamed.")
class RenameUnitPayload(DecidedUnitAct):
    pass


@strawberry.type(description="The unit moved, or to be moved.")
class MoveUnitPayload(DecidedUnitAct):
    pass


@strawberry.type(description="The units merged, or to be merged.")
class MergeUnitsPayload(DecidedUnitAct):
    pass


@strawberry.type(description="The unit split, or to be split.")
class SplitUnitPayload(DecidedUnitAct):
    pass


@strawberry.type(description="The unit closed, or to be closed.")
class CloseUnitPayload(DecidedUnitAct):
    pass


@strawberry.type(description="The unit opened again, or to be.")
class ReopenUnitPayload(DecidedUnitAct):
    pass


@strawberry.type(description="The change accepted: done, or planned for its day.")
class AcceptUnitActPayload(DecidedUnitAct):
    pass


@strawberry.type(description="The change dismissed.")
class DismissUnitActPayload:
    act: UnitAct


OpenUnitResult = Annotated[OpenUnitPayload | Problem, strawberry.union("OpenUnitResult")]
RenameUnitResult = Annotated[RenameUnitPayload | Problem, strawberry.union("RenameUnitResult")]
MoveUnitResult = Annotated[MoveUnitPayload | Problem, strawberry.union("MoveUnitResult")]
MergeUnitsResult = Annotated[MergeUnitsPayload | Problem, strawberry.union("MergeUnitsResult")]
SplitUnitResult = Annotated[SplitUnitPayload | Problem, strawberry.union("SplitUnitResult")]
CloseUnitResult = Annotated[CloseUnitPayload | Problem, strawberry.union("CloseUnitResult")]
ReopenUnitResult = Annotated[ReopenUnitPayload | Problem, strawberry.union("ReopenUnitResult")]
AcceptUnitActResult = Annotated[AcceptUnitActPayload | Problem, strawberry.union("AcceptUnitActResult")]
DismissUnitActResult = Annotated[DismissUnitActPayload | Problem, strawberry.union("DismissUnitActResult")]

SHOWN = ("act", models.UnitAct)
TOUCHES = ("touches",)
SHAPED = {"touches": touches_of}


@strawberry.type
class UnitActQueries:
    @strawberry.field(description="Changes of the tree that concern units you see: proposed, planned, done, dismissed.")
    async def unit_acts(
        self,
        info: Asked,
        states: list[UnitActState] | None = None,
        kinds: list[UnitActKind] | None = None,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[UnitAct]:
        where = [*chosen("state", states), *chosen("kind", kinds)]
        return await listed(info, models.UnitAct, first, after, last, before, where, within_id)


@strawberry.type
class UnitActMutations:
    @strawberry.mutation(description="Open a unit below another, on a date.")
    async def open_unit(self, info: Asked, input: OpenUnitInput) -> OpenUnitResult:
        return await act(info, input, commands.open_unit, OpenUnitPayload, shows=SHOWN, extras=TOUCHES, shaped=SHAPED)

    @strawberry.mutation(description="Give a unit another name, code or kind, from a date on.")
    async def rename_unit(self, info: Asked, input: RenameUnitInput) -> RenameUnitResult:
        return await act(
            info, input, commands.rename_unit, RenameUnitPayload, shows=SHOWN, extras=TOUCHES, shaped=SHAPED
        )

    @strawberry.mutation(
        description="Put a unit with all below it under another parent or into another territory, from a date on."
    )
    async def move_unit(self, info: Asked, input: MoveUnitInput) -> MoveUnitResult:
        return await act(info, input, commands.move_unit, MoveUnitPayload, shows=SHOWN, extras=TOUCHES, shaped=SHAPED)

    @strawberry.mutation(description="Close units into one of their level, which takes over what they had.")
    async def merge_units(self, info: Asked, input: MergeUnitsInput) -> MergeUnitsResult:
        return await act(
            info, input, commands.merge_units, MergeUnitsPayload, shows=SHOWN, extras=TOUCHES, shaped=SHAPED
        )

    @strawberry.mutation(description="Close a unit into new ones, among which its children are divided.")
    async def split_unit(self, info: Asked, input: SplitUnitInput) -> SplitUnitResult:
        return await act(info, input, commands.split_unit, SplitUnitPayload, shows=SHOWN, extras=TOUCHES, shaped=SHAPED)

    @strawberry.mutation(description="Close a unit that has nothing below it.")
    async def close_unit(self, info: Asked, input: CloseUnitInput) -> CloseUnitResult:
        return await act(info, input, commands.close_unit, CloseUnitPayload, shows=SHOWN, extras=TOUCHES, shaped=SHAPED)

    @strawberry.mutation(description="Open a closed unit again.")
    async def reopen_unit(self, info: Asked, input: ReopenUnitInput) -> ReopenUnitResult:
        return await act(
            info, input, commands.reopen_unit, ReopenUnitPayload, shows=SHOWN, extras=TOUCHES, shaped=SHAPED
        )

    @strawberry.mutation(description="Decide that a proposed change, or one that failed, is done.")
    async def accept_unit_act(self, info: Asked, input: AcceptUnitActInput) -> AcceptUnitActResult:
        return await act(
            info, input, commands.accept_unit_act, AcceptUnitActPayload, shows=SHOWN, extras=TOUCHES, shaped=SHAPED
        )

    @strawberry.mutation(description="Decide that a change which is not done yet will not be done.")
    async def dismiss_unit_act(self, info: Asked, input: DismissUnitActInput) -> DismissUnitActResult:
        return await act(info, input, commands.dismiss_unit_act, DismissUnitActPayload, shows=SHOWN)
