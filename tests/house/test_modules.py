"""Modules say in one line what they hold, carry a name that means something, and lie where one looks for them."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from domain.terms import Term
from tests.house.sources import ROOT, Source, code, hold, sources

MEANS_NOTHING = {
    "util", "utils", "helper", "helpers", "manager", "managers", "service", "common", "misc",
}  # fmt: skip
# Rooms of tests that mirror no room of the code.
ONLY_TESTS = {"factories", "faults", "house", "journeys"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
MIGRATION = re.compile(r"migrations/versions/(\d{4})_[a-z0-9_]+\.py")


def without_docstring(source: Source) -> Iterator[str]:
    """An empty file holds nothing that could be said."""
    first = (ast.get_docstring(source.tree) or "").partition("\n")[0]
    if source.text.strip() and not first.endswith((".", "。")):
        yield f"{source.path}:1: " + ("no docstring" if not first else f"{first!r} does not end with a full stop")


def empty_names(path: str) -> Iterator[str]:
    words = {word for part in PurePosixPath(path).with_suffix("").parts for word in part.strip("_").split("_")}
    for word in sorted(words & MEANS_NOTHING):
        yield f"{path}:1: {word!r} says nothing"


def test_every_module_says_in_one_line_what_it_holds():
    found = [breach for source in sources() for breach in without_docstring(source)]
    hold(found, rule="A module starts with a docstring whose first line says what it holds, and ends with a full stop.")


def test_every_package_of_the_code_says_what_it_holds():
    found = [f"{s.path}:1: empty" for s in code() if s.path.endswith("/__init__.py") and not s.text.strip()]
    hold(found, rule="A package of the code says in its __init__.py what it holds.")


def test_no_module_has_a_name_that_means_nothing():
    found = [breach for source in sources() for breach in empty_names(source.path)]
    hold(found, rule="A module is named by its noun or act, never utils, helpers, manager, service or common.")


def test_tests_lie_as_the_code_lies():
    found = []
    for source in sources():
        first, *folders = PurePosixPath(source.path).parent.parts or ("",)
        mirrored = folders and folders[0] not in ONLY_TESTS
        if first == "tests" and mirrored and not (ROOT.joinpath(*folders)).is_dir():
            found.append(f"{source.path}:1: there is no {'/'.join(folders)}/")
    hold(found, rule="tests/ mirrors the rooms: domain/posts/rules.py is tested in tests/domain/posts/.")


def test_every_folder_of_the_code_is_a_package():
    folders = {PurePosixPath(source.path).parent for source in code()}
    found = [
        f"{folder}/__init__.py:1: missing" for folder in sorted(folders) if not (ROOT / folder / "__init__.py").exists()
    ]
    hold(found, rule="A folder with Python files is a package, or the wheel and the import contracts pass it over.")


def test_migrations_are_numbered_one_after_the_other():
    names = sorted(s.path for s in code("migrations") if "/versions/" in s.path and not s.path.endswith("__init__.py"))
    numbers = [match[1] if (match := MIGRATION.fullmatch(name)) else name for name in names]
    assert numbers == [f"{place:04d}" for place in range(1, len(names) + 1)], "A migration is named NNNN_what.py."


def test_every_word_of_the_field_has_its_chinese_term():
    found = []
    for kind in Term.__subclasses__():
        if not CHINESE.search(kind.__doc__ or ""):
            found.append(f"domain/terms.py: {kind.__name__} gives no Chinese term in its docstring")
        found += [
            f"domain/terms.py: {kind.__name__}.{word.name} has no Chinese term"
            for word in kind
            if not CHINESE.search(word.zh)
        ]
    hold(found, rule="domain/terms.py gives every word of the field its Chinese term.")


def test_a_missing_docstring_and_an_empty_name_are_noticed():
    assert list(without_docstring(Source("domain/x.py", "import os\n"))) == ["domain/x.py:1: no docstring"]
    assert list(without_docstring(Source("domain/x.py", '"""No stop"""\n'))) != []
    assert list(without_docstring(Source("domain/x.py", '"""What it holds.\n\nMore"""\n'))) == []
    assert list(without_docstring(Source("domain/__init__.py", ""))) == []
    assert list(empty_names("domain/posts/text_utils.py")) == ["domain/posts/text_utils.py:1: 'utils' says nothing"]
    assert list(empty_names("domain/helpers/__init__.py")) != []
    assert list(empty_names("api/cli/manage.py")) == []
