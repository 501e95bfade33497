"""The windows on occasions and school terms, and the acts on them."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from domain.calendar import arrangements, commands, models
from domain.calendar.rules import ABILITIES, COLUMNS, TERM_ABILITIES, Rule
from domain.terms import OccasionKind, SolarTerm, TermEdge
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, one, ref, shows
from schema._reads import listed
from schema.units import Unit
from schema.wording import SEEN as WORDING_SEEN

VERSION = "Counts the edits; whoever edits gives the one that was seen."
SEEN = "The version that was seen."


@strawberry.type(description="By what an occasion finds its date (日期规则); its kind says which others are set.")
class OccasionRule:
    kind: OccasionKind
    month: Count | None
    day: Count | None = strawberry.field(description="-1 is the last day of the month.")
    nth: Count | None = strawberry.field(description="-1 is the last one of the month.")
    weekday: Count | None = strawberry.field(description="1 is Monday, 7 is Sunday.")
    solar_term: SolarTerm | None
    edge: TermEdge | None = strawberry.field(description="The day of a school term that is counted from.")
    offset_days: Count = strawberry.field(description="So many days after what the kind says; before it if negative.")


@shows(models.Occasion)
class Occasion(Node):
    name: str
    lasts_days: Count
    lead_days: Count = strawberry.field(description="So many days before it the preparations begin.")
    active_from: Count | None = strawberry.field(description="The first year in which it is kept.")
    active_to: Count | None = strawberry.field(description="The last one.")
    source: str = strawberry.field(description="Where it is known from.")
    version: Count = strawberry.field(description=VERSION)
    created_at: datetime
    retired_at: datetime | None = strawberry.field(description="Since when it is kept no more.")
    unit: Unit = one("unit", "Whose occasion it is; all below it see it.")
    viewer_can: list[Can] = can(ABILITIES)

    @strawberry.field(description="By what it finds its date.", metadata={"needs": COLUMNS})
    def rule(root: strawberry.Parent[models.Occasion]) -> OccasionRule:  # noqa: N805 - a window is never an instance
        return OccasionRule(**vars(Rule.of(root)))


@shows(models.SchoolTerm)
class SchoolTerm(Node):
    name: str
    starts_on: date
    ends_on: date = strawberry.field(description="The last day.")
    version: Count = strawberry.field(description=VERSION)
    created_at: datetime
    unit: Unit = one("unit", "Whose schools keep it, and those of all below that say nothing of their own.")
    viewer_can: list[Can] = can(TERM_ABILITIES)


@strawberry.input(description="By what an occasion finds its date; give what its kind needs, and nothing else.")
class OccasionRuleInput:
    kind: OccasionKind
    month: int | None = None
    day: int | None = strawberry.field(description="-1 is the last day of the month.", default=None)
    nth: int | None = strawberry.field(description="-1 is the last one of the month.", default=None)
    weekday: int | None = strawberry.field(description="1 is Monday, 7 is Sunday.", default=None)
    solar_term: SolarTerm | None = None
    edge: TermEdge | None = None
    offset_days: int = strawberry.field(description="Moves the date, before if negative.", default=0)


@strawberry.input(description="An important date of a unit and all below it.")
class CreateOccasionInput:
    unit_id: strawberry.ID = ref("Unit", "Whose occasion it is.")
    name: str
    rule: OccasionRuleInput
    lasts_days: int = 1
    lead_days: int = 0
    active_from: int | None = None
    active_to: int | None = None
    source: str = ""
    wording_seen: bool = strawberry.field(description=WORDING_SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The occasion declared.")
class CreateOccasionPayload:
    occasion: Occasion


@strawberry.input(description="All that an occasion is from now on.")
class EditOccasionInput:
    occasion_id: strawberry.ID = ref("Occasion", "The occasion.")
    expected_version: int = strawberry.field(description=SEEN)
    name: str
    rule: OccasionRuleInput
    lasts_days: int = 1
    lead_days: int = 0
    active_from: int | None = None
    active_to: int | None = None
    source: str = ""
    wording_seen: bool = strawberry.field(description=WORDING_SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The occasion changed.")
class EditOccasionPayload:
    occasion: Occasion


@strawberry.input(description="An occasion that is kept no more.")
class RetireOccasionInput:
    occasion_id: strawberry.ID = ref("Occasion", "The occasion.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The occasion, kept no more.")
class RetireOccasionPayload:
    occasion: Occasion


@strawberry.input(description="A term of the schools of a unit.")
class CreateSchoolTermInput:
    unit_id: strawberry.ID = ref("Unit", "Whose schools keep it.")
    name: str
    starts_on: date
    ends_on: date = strawberry.field(description="The last day.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The term written down.")
class CreateSchoolTermPayload:
    school_term: SchoolTerm


@strawberry.input(description="All that a school term is from now on.")
class EditSchoolTermInput:
    school_term_id: strawberry.ID = ref("SchoolTerm", "The term.")
    expected_version: int = strawberry.field(description=SEEN)
    name: str
    starts_on: date
    ends_on: date = strawberry.field(description="The last day.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The term corrected.")
class EditSchoolTermPayload:
    school_term: SchoolTerm


CreateOccasionResult = Annotated[CreateOccasionPayload | Problem, strawberry.union("CreateOccasionResult")]
EditOccasionResult = Annotated[EditOccasionPayload | Problem, strawberry.union("EditOccasionResult")]
RetireOccasionResult = Annotated[RetireOccasionPayload | Problem, strawberry.union("RetireOccasionResult")]
CreateSchoolTermResult = Annotated[CreateSchoolTermPayload | Problem, strawberry.union("CreateSchoolTermResult")]
EditSchoolTermResult = Annotated[EditSchoolTermPayload | Problem, strawberry.union("EditSchoolTermResult")]


@strawberry.type
class OccasionQueries:
    @strawberry.field(
        description="Occasions that you see: of units within your reach and of those above them; or those declared "
        "within a unit. Retired ones on request."
    )
    async def occasions(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        retired: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Occasion]:
        where = [] if retired else [("retired_at", None)]
        return await listed(info, models.Occasion, first, after, last, before, where, within_id)

    @strawberry.field(description="School terms that you see, of units within your reach and of those above them.")
    async def school_terms(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[SchoolTerm]:
        return await listed(info, models.SchoolTerm, first, after, last, before, None, within_id)


@strawberry.input(description="A day of an arrangement.")
class HolidayInput:
    day: date
    name: str = strawberry.field(description="The holiday it belongs to.")


@strawberry.input(description="What a notice says of a year's days off (放假安排), for the national level.")
class AddHolidaysInput:
    year: int
    source: str = strawberry.field(description="The notice, with its title and date.")
    holidays: list[HolidayInput] = strawberry.field(description="All days off, weekends joined to them as well.")
    workdays: list[HolidayInput] = strawberry.field(
        description="Weekend days at work in exchange.", default_factory=list
    )
    replaces: bool = strawberry.field(description="Instead of what is known of that year.", default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What is known of the year from now on.")
class AddHolidaysPayload:
    days: Count = strawberry.field(description="Of how many days something is said.")


AddHolidaysResult = Annotated[AddHolidaysPayload | Problem, strawberry.union("AddHolidaysResult")]


@strawberry.type
class OccasionMutations:
    @strawberry.mutation(description="Declare an important date (重要日子) of a unit and all below it.")
    async def create_occasion(self, info: Asked, input: CreateOccasionInput) -> CreateOccasionResult:
        shown = ("occasion", models.Occasion)
        return await act(info, input, commands.create_occasion, CreateOccasionPayload, shows=shown)

    @strawberry.mutation(description="Say anew what an occasion is.")
    async def edit_occasion(self, info: Asked, input: EditOccasionInput) -> EditOccasionResult:
        shown = ("occasion", models.Occasion)
        return await act(info, input, commands.edit_occasion, EditOccasionPayload, shows=shown)

    @strawberry.mutation(description="Keep an occasion no longer.")
    async def retire_occasion(self, info: Asked, input: RetireOccasionInput) -> RetireOccasionResult:
        shown = ("occasion", models.Occasion)
        return await act(info, input, commands.retire_occasion, RetireOccasionPayload, shows=shown)

    @strawberry.mutation(description="Write down a term (学期) of the schools of a unit.")
    async def create_school_term(self, info: Asked, input: CreateSchoolTermInput) -> CreateSchoolTermResult:
        shown = ("school_term", models.SchoolTerm)
        return await act(info, input, commands.create_school_term, CreateSchoolTermPayload, shows=shown)

    @strawberry.mutation(description="Correct a school term.")
    async def edit_school_term(self, info: Asked, input: EditSchoolTermInput) -> EditSchoolTermResult:
        shown = ("school_term", models.SchoolTerm)
        return await act(info, input, commands.edit_school_term, EditSchoolTermPayload, shows=shown)

    @strawberry.mutation(description="Write down a year's days off (放假安排), for the national level.")
    async def add_holidays(self, info: Asked, input: AddHolidaysInput) -> AddHolidaysResult:
        return await act(info, input, arrangements.add_holidays, AddHolidaysPayload, extras=("days",))
