"""What can be set and what can be run is written down, and what is written down is there."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import typer.main

from api.cli.main import app
from integrations.settings import Settings
from tests.house.sources import ROOT, hold, project_files

SETTINGS = "docs/reference/settings.md"
COMMANDS = "docs/reference/commands.md"
READMES = ("README.md", "README.zh-CN.md")
VARIABLE = re.compile(r"`(QICAI_[A-Z_]+)`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def text_of(path: str) -> str:
    file = ROOT / path
    if not file.exists():
        pytest.fail(f"{path} is missing.", pytrace=False)
    return file.read_text("utf-8")


def variables() -> list[str]:
    """The environment variable of every setting."""
    prefix = Settings.model_config.get("env_prefix", "")
    fields = Settings.model_fields.items()
    return [str(field.validation_alias or f"{prefix}{name.upper()}") for name, field in fields]


def commands() -> dict[str, Any]:
    # Typer brings its own copy of click, whose classes have no public name.
    group: Any = typer.main.get_command(app)
    return {name: command for name, command in group.commands.items() if not command.hidden}


def options(command: Any) -> Iterator[str]:
    """The options of a command as one would write them; of a switch, the way that is not the default."""
    for option in command.params:
        if option.param_type_name == "option" and not option.hidden:
            switched = option.secondary_opts if option.secondary_opts and option.default else option.opts
            yield switched[0]


def unwritten(names: Iterable[str], page: str) -> list[str]:
    """What has no table row, or line, of its own that begins with its name in code marks."""
    return [name for name in names if not re.search(rf"^[|*\-\s]*`{re.escape(name)}`", page, re.MULTILINE)]


def dead_links(path: str, page: str, files: Iterable[str]) -> Iterator[str]:
    known = set(files)
    folder = path.rpartition("/")[0]
    for number, line in enumerate(page.splitlines(), 1):
        for target in LINK.findall(line):
            name = _resolved(folder, target)
            if name not in known and not any(file.startswith(f"{name}/") for file in known):
                yield f"{path}:{number}: {target}"


def _resolved(folder: str, target: str) -> str:
    parts = folder.split("/") if folder else []
    for part in target.strip("/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def test_every_setting_is_described():
    found = [
        f"integrations/settings.py: {n}" for n, f in Settings.model_fields.items() if len(f.description or "") < 10
    ]
    hold(found, rule="A setting has a description that a person can act on.")


def test_every_setting_is_documented():
    hold(
        unwritten(variables(), text_of(SETTINGS)),
        rule=f"Give the setting a line in {SETTINGS}: `NAME`, default, meaning.",
    )


def test_every_documented_setting_is_there():
    pages = {path: text_of(path) for path in project_files() if path.endswith(".md")}
    found = [f"{path}: {name}" for path, page in pages.items() for name in VARIABLE.findall(page)]
    hold(
        [line for line in found if line.split(": ")[1] not in variables()],
        rule="The setting is gone; so should its line be.",
    )


def test_every_command_and_option_is_documented():
    page = text_of(COMMANDS)
    hold(unwritten([f"qicai {name}" for name in commands()], page), rule=f"Give the command a line in {COMMANDS}.")
    found = [f"qicai {n} {o}" for n, command in commands().items() for o in options(command) if f"`{o}`" not in page]
    hold(found, rule=f"Name the option in {COMMANDS}, or hide it.")


def test_every_documented_command_is_there():
    pages = {path: text_of(path) for path in project_files() if path.endswith(".md")}
    named = [(path, name) for path, page in pages.items() for name in re.findall(r"`qicai ([a-z-]+)[` ]", page)]
    assert named
    hold([f"{path}: qicai {name}" for path, name in named if name not in commands()], rule="There is no such command.")


@pytest.mark.parametrize("readme", READMES)
def test_a_newcomer_is_told_the_two_commands(readme: str):
    page = text_of(readme)
    assert "make demo" in page
    assert "make test" in page


def test_every_link_between_documents_leads_somewhere():
    files = project_files()
    found = [link for path in files if path.endswith(".md") for link in dead_links(path, text_of(path), files)]
    hold(found, rule="The file is not there: write it, or take the link out.")


def test_every_make_target_that_is_written_down_is_there():
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    pages = {path: text_of(path) for path in project_files() if path.endswith(".md")}
    named = [(path, name) for path, page in pages.items() for name in re.findall(r"`make ([a-z-]+)`", page)]
    assert named
    hold([f"{path}: make {name}" for path, name in named if name not in targets], rule="There is no such target.")


def test_ci_runs_what_people_run():
    lines = [line for line in text_of(".ci/run").splitlines() if line.strip() and not line.startswith("#")]
    assert lines[-1].removeprefix("exec ") == "make check"
    assert [line for line in lines[:-1] if not line.startswith(("set ", "cd "))] == []
    assert (ROOT / ".ci/run").stat().st_mode & 0o111


def test_what_is_not_written_down_is_noticed():
    page = "| `QICAI_PORT` | 8000 | The port; see `QICAI_HOST`. |\n- `qicai demo`: the main job\n"
    assert unwritten(["QICAI_PORT", "QICAI_HOST", "qicai demo", "qicai up"], page) == ["QICAI_HOST", "qicai up"]
    assert {"DATABASE_URL", "QICAI_DATA_DIR"} <= set(variables())
    assert set(options(commands()["demo"])) == {"--json", "--no-faults", "--scale"}
    assert list(options(commands()["serve"])) == []


def test_a_dead_link_is_noticed():
    page = "[a](../b/c.md) [d](d.md#part) [web](https://example.org/x)\n[folder](../b/)\n"
    assert list(dead_links("docs/a/x.md", page, ["docs/b/c.md", "docs/a/d.md"])) == []
    assert list(dead_links("docs/a/x.md", page, ["docs/b/c.md"])) == ["docs/a/x.md:1: d.md"]
