"""What acts on the words that label children are asked with."""

from collections.abc import Callable
from typing import Any


def on_words(id_of: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """One input for each case."""
    seen = {"wordId": id_of("word"), "expectedVersion": 1}
    said = {"adviceZh": "请写“孩子”。", "adviceEn": "Write 孩子."}
    return {
        "addLabelWord": {"word": "另一类孩子", "severity": "WARNS", **said},
        "editLabelWord": {**seen, "severity": "BLOCKS"},
        "retireLabelWord": seen,
    }
