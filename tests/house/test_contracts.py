"""The import contracts of pyproject.toml hold, and every one of them can fail."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.sources import ROOMS, ROOT, code

# One offence for each contract, as a line added to a copy of the code.
OFFENCES = {
    "Imports between rooms only look down": ("domain/posts/rules.py", "import workers.lane"),
    "Nobody imports the front door": ("api/app.py", "import api.cli.main"),
    "Windows are for the API alone": ("workers/lane.py", "import schema.root"),
    "Only the front door runs migrations": ("api/health.py", "import migrations.apply"),
    "Migrations know the tables, never the noun's acts or the doors' libraries": ("migrations/env.py", "import httpx"),
    "Each noun is built only on those below it": ("domain/units/rules.py", "import domain.posts.rules"),
    "The domain knows no HTTP, no GraphQL, no queue and no log": ("domain/units/rules.py", "import structlog"),
    "Windows hold no SQL": ("schema/units.py", "import sqlalchemy"),
    "Each outside thing stands by itself": ("integrations/queue.py", "import integrations.database"),
    "The sandbox and the embedded servers import nothing of ours": (
        "integrations/sandbox/dates.py",
        "import domain.terms",
    ),
    "No room leans on its tests": ("schema/people.py", "import pytest"),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache", "--no-logo"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_import_contracts_hold():
    linted = lint_imports(ROOT)
    if linted.returncode:
        pytest.fail(f"An import contract is broken.\n{linted.stdout}{linted.stderr}", pytrace=False)


def test_every_import_contract_can_fail(tmp_path: Path):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for source in code():
        copied = tmp_path / source.path
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_text(source.text, "utf-8")
    for path, line in OFFENCES.values():
        with (tmp_path / path).open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")
    linted = lint_imports(tmp_path)
    broken = re.findall(r"^(.+) BROKEN", linted.stdout, re.MULTILINE)
    assert sorted(broken) == sorted(OFFENCES), linted.stdout + linted.stderr


def test_every_import_contract_has_its_offence_and_says_what_to_do():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    contracts = settings["contracts"]
    assert {contract["name"] for contract in contracts} == set(OFFENCES)
    assert [contract["name"] for contract in contracts if not contract.get("broken_contract_guidance")] == []
    assert settings["root_packages"] == list(ROOMS)
