"""China's divisions as shipped with the product: the lists in `data/`, read into memory."""

import csv
import gzip
from datetime import date
from importlib.resources import files

from domain.units.rules import Division, Tree, plan_tree

DATA = files("domain.units") / "data"
# The day whose divisions the shipped lists hold.
STATE_ON = date(2023, 6, 30)


def shipped_tree() -> Tree:
    """The tree planned from the shipped lists (state of 2023-06-30; 44,703 rows and the Corps' divisions)."""
    with (DATA / "divisions.csv.gz").open("rb") as packed:
        text = gzip.decompress(packed.read()).decode()
    divisions = [Division(**row) for row in csv.DictReader(text.splitlines())]
    corps = list(csv.DictReader((DATA / "xpcc.csv").read_text("utf-8").splitlines()))
    return plan_tree(
        divisions,
        corps={row["code"]: row["name"] for row in corps},
        corps_cities={row["city_code"]: row["code"] for row in corps if row["city_code"]},
    )
