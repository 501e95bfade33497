"""The words shipped in `data/`, as rows."""

import csv
from importlib.resources import files
from typing import Any
from uuid import NAMESPACE_URL, uuid5

DATA = files("domain.wording") / "data"


def shipped_words() -> list[dict[str, Any]]:
    """A row for each; its id follows from the word, so that whoever brings them twice brings them once."""
    rows = csv.DictReader((DATA / "label_words.csv").read_text("utf-8").splitlines())
    return [{"id": uuid5(NAMESPACE_URL, f"label-word:{row['word']}"), **row} for row in rows]
