"""What acts on units are asked with."""

from collections.abc import Callable
from typing import Any

from schema._base import global_id
from tests.factories.world import World


def on_units(
    world: World, id_of: Callable[[str], str], rows: dict[str, Any], *, here: str, below: str, day: str
) -> dict[str, dict[str, Any]]:
    """One input for each case."""

    def unit(name: str) -> str:
        return world.id("Unit", name)

    when = {"effectiveOn": day, "reason": "依据批复"}
    opened = {"parentId": unit(here), "code": "N1", "name": "new town", "level": "GRASSROOTS", **when}
    parts = [
        {"code": "N1", "name": "left county", "childIds": [unit(below)]},
        {"code": "N2", "name": "right county", "childIds": [unit("sibling town")]},
    ]
    return {
        "openUnit": opened,
        "openUnit in the territory of another": {**opened, "territoryId": unit("sibling county")},
        "renameUnit": {"unitId": unit(here), "name": "renamed county", **when},
        "renameUnit of the nation": {"unitId": unit("nation"), "name": "renamed nation", **when},
        "moveUnit": {"unitId": unit(below), "parentId": unit("sibling county"), **when},
        "mergeUnits": {"unitIds": [unit("sibling town")], "intoId": unit(below), **when},
        "splitUnit": {"unitId": unit(here), "parts": parts, **when},
        "closeUnit": {"unitId": unit(below), "successorId": unit("sibling town"), **when},
        "reopenUnit": {"unitId": global_id("Unit", rows["closed town"]), "parentId": unit(here), **when},
        "acceptUnitAct": {"actId": id_of("proposal")},
        "dismissUnitAct": {"actId": id_of("proposal"), "reason": "不实"},
    }
