"""Findings are told in both languages, neighbours as one, and never too many."""

from uuid import UUID

import pytest

from domain.audit.findings import KEPT, TEXTS, Finding, FindingKind, Findings

ALTERED, MISSING = FindingKind.ALTERED, FindingKind.MISSING


@pytest.mark.parametrize(("kind", "is_elsewhere"), list(TEXTS))
def test_every_finding_has_its_words(kind: FindingKind, is_elsewhere: bool):
    finding = Finding(kind, 3, 5, source="kept.jsonl:2" if is_elsewhere else "", count=4)
    for language in ("zh", "en"):
        words = finding.words(language)
        assert "{" not in words
        assert ("kept.jsonl:2" in words) == is_elsewhere
    assert finding.words("zh") != finding.words("en")


def test_every_kind_is_worded():
    assert {kind for kind, _ in TEXTS} == set(FindingKind)


def test_one_place_is_named_with_its_entry_and_several_as_a_stretch():
    assert "entry 3 (00000000-0000-0000-0000-000000000009) is" in Finding(ALTERED, 3, 3, UUID(int=9)).words("en")
    assert "entry 3-5 is missing" in Finding(MISSING, 3, 5).words("en")


def test_neighbours_of_one_kind_are_one_finding():
    findings = Findings()
    for finding in (Finding(ALTERED, 1, 1), Finding(ALTERED, 2, 4), Finding(MISSING, 5, 5), Finding(MISSING, 7, 7)):
        findings.add(finding)
    assert findings.kept == [Finding(ALTERED, 1, 4), Finding(MISSING, 5, 5), Finding(MISSING, 7, 7)]
    assert findings.total == 3
    assert findings.touches(4, 4)
    assert not findings.touches(6, 6)


def test_of_a_log_in_ruins_only_so_much_is_kept_and_all_is_counted():
    findings = Findings()
    for number in range(0, KEPT * 6, 2):
        findings.add(Finding(ALTERED, number, number))
    assert (len(findings.kept), findings.total) == (KEPT, KEPT * 3)
