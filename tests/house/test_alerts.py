"""Alerts speak of what is measured, and each of them is explained."""

import importlib
import re
from collections.abc import Iterable, Iterator

from prometheus_client import REGISTRY
from prometheus_client.registry import Collector

from domain.posts.lifecycle import Event
from domain.terms import HoldReason
from tests.house.sources import ROOT, code, hold

ALERTS = "docs/operations/alerts.yml"
RUNBOOK = "docs/how-to/runbook.md"
METRIC = re.compile(r"\bqicai_[a-z_]+\b")
MATCHER = re.compile(r'(\w+)=~?"([^"]+)"')
STANDINGS = {"overdue", "sending", "unclear", "held", "needs_person"}
WORDS = {"standing": STANDINGS, "event": {event.value for event in Event}, "reason": {r.value for r in HoldReason}}


def text_of(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def exposed() -> set[str]:
    """The metrics of API and workers, as they are exposed; whatever counts is imported for it."""
    for source in code("api", "workers"):
        if "prometheus_client import" in source.text:
            importlib.import_module(source.module)
    collectors: Iterable[Collector] = REGISTRY._collector_to_names
    kinds = [metric for collector in collectors for metric in collector.collect()]
    return {f"{kind.name}_total" if kind.type == "counter" else kind.name for kind in kinds}


def unmeasured(page: str, measured: set[str]) -> Iterator[str]:
    for number, line in enumerate(page.splitlines(), 1):
        for name in METRIC.findall(line):
            if name not in measured:
                yield f"{ALERTS}:{number}: {name}"


def unknown_words(page: str) -> Iterator[str]:
    for number, line in enumerate(page.splitlines(), 1):
        for label, given in MATCHER.findall(line):
            for word in given.split("|"):
                if word not in WORDS.get(label, set()):
                    yield f"{ALERTS}:{number}: {label}={word!r}"


def names(page: str) -> list[str]:
    return re.findall(r"^ +- alert: (\w+)$", page, re.MULTILINE)


def test_every_metric_of_an_alert_is_exposed():
    hold(unmeasured(text_of(ALERTS), exposed()), rule="No process exposes this: add it, or mend the rule.")


def test_every_metric_that_the_runbook_names_is_exposed():
    hold(unmeasured(text_of(RUNBOOK), exposed()), rule="No process exposes this: add it, or mend the page.")


def test_every_label_of_an_alert_has_a_value_that_occurs():
    hold(unknown_words(text_of(ALERTS)), rule="Nothing is ever counted under this word.")


def test_every_alert_is_explained_and_every_explanation_has_its_alert():
    alerts, chapters = names(text_of(ALERTS)), re.findall(r"^## (\w+)$", text_of(RUNBOOK), re.MULTILINE)
    assert alerts
    assert len(set(alerts)) == len(alerts)
    assert alerts == chapters


def test_every_alert_says_how_urgent_it_is_what_is_the_matter_and_where_to_read_on():
    rules = text_of(ALERTS).split("- alert: ")[1:]
    for rule in rules:
        name = rule.split("\n")[0]
        assert re.search(r"labels: \{severity: (page|ticket)\}", rule), name
        assert re.search(r'summary: "[^"]+\."', rule), name
        assert f"runbook: {RUNBOOK}#{name.lower()}" in rule, name
        assert re.search(r"^ +expr: \S", rule, re.MULTILINE), name


def test_a_metric_and_a_word_that_are_not_there_are_noticed():
    assert list(unmeasured("expr: qicai_nothing_total > 1", {"qicai_some"})) == [f"{ALERTS}:1: qicai_nothing_total"]
    assert list(unknown_words('expr: x{standing="overdue", reason=~"SILENCED|NEVER"}')) == [
        f"{ALERTS}:1: reason='NEVER'"
    ]
    assert {"qicai_postgres_up", "qicai_deliveries_settled_total"} <= exposed()
