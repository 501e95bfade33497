"""What is installed is what was locked, our names are ours, and nothing tells where it was written."""

import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from tests.house.sources import ROOMS, ROOT, hold, project_files

LOCKS = ("requirements.lock", "requirements-dev.lock")
PINNED = re.compile(r"[a-z0-9][a-z0-9._-]*==\S+( ; .+)? \\$")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}( \\)?$")
# Homes and work folders of whoever wrote a file, and the package index they used.
PLACES = re.compile(r"(?<![\w.\-~}*])/(?:root|Users|workspaces?|work|home/[a-z_][\w-]*)(?:/|\b(?![\w.-]))")
INDEXES = re.compile(
    r"(?:https?:)?//[^\s/\"'<>]*\b(?:pypi|pythonhosted|devpi|artifactory|nexus|registry|mirrors?)\b[^\s/\"'<>]*"
    r"|(?<![\w-])--(?:(?:extra-)?index-url|trusted-host|find-links)\b",
    re.IGNORECASE,
)
# Lists of facts, not texts of ours.
DATA = (".gz", ".csv", ".png", ".jpg", ".ico", ".woff2")


def unlocked(name: str, text: str) -> Iterator[str]:
    """Entries without version or hash, and whatever names a place to fetch from."""
    hashes = 1
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip().startswith("#") or not line.strip():
            continue
        if re.search(r"https?://|file:|git\+|^-", line):
            yield f"{name}:{number}: names a place: {line.strip()}"
        elif not line.startswith(" "):
            if not hashes:
                yield f"{name}:{number}: the entry before has no hash"
            hashes = 0
            if not PINNED.fullmatch(line):
                yield f"{name}:{number}: is not pinned: {line}"
        else:
            hashes += bool(HASH.search(line))
    if not hashes:
        yield f"{name}: the last entry has no hash"


def told(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        for found in [*PLACES.finditer(line), *INDEXES.finditer(line)]:
            yield f"{name}:{number}: {found[0]}"


def tracked() -> Iterator[tuple[str, str]]:
    for name in project_files():
        if not name.endswith(DATA):
            yield name, (ROOT / name).read_text("utf-8", errors="replace")


def test_no_dependency_owns_one_of_our_names():
    owners = packages_distributions()
    found = [
        f"{name} is also a top-level name of {', '.join(others)}"
        for name in (*ROOMS, "tests")
        if (others := sorted(set(owners.get(name, [])) - {"qicai"}))
    ]
    hold(found, rule="Two packages under one name shadow each other: leave the dependency, or rename the room.")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_entry_has_its_hashes_and_no_place(lock: str):
    text = (ROOT / lock).read_text("utf-8")
    assert text.count("==") > 20
    hold(
        unlocked(lock, text), rule="Renew the lock with `make lock`; pip's own configuration says where to fetch from."
    )


def test_the_locks_agree():
    pins = [set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE)) for lock in LOCKS]
    assert sorted(pins[0] - pins[1]) == [], "Tests would run on other versions than production: `make lock`."


def test_no_file_tells_where_it_was_written():
    found = [breach for name, text in tracked() for breach in told(name, text)]
    hold(found, rule="No absolute home or work path and no package index: write a path of the project, or a setting.")


def test_the_lock_that_names_its_index_is_not_kept():
    listed = subprocess.run(["git", "check-ignore", "-q", "uv.lock"], cwd=ROOT, check=False, capture_output=True)
    assert listed.returncode != 1, "uv.lock holds the address of a package index: it stays ignored."
    assert "uv.lock" not in project_files()


@pytest.mark.parametrize(
    "text",
    [
        "a==1\n",
        "a==1 \\\n    # via b\n",
        "a==1 \\\nb==1 \\\n    --hash=sha256:" + "0" * 64 + "\n",
        "a>=1 \\\n    --hash=sha256:" + "0" * 64 + "\n",
        "a @ https://example.org/a.whl \\\n    --hash=sha256:" + "0" * 64 + "\n",
        "-i somewhere\n",
    ],
)
def test_a_loose_lock_is_noticed(text: str):
    assert list(unlocked("x.lock", text)) != []


def test_a_good_lock_passes():
    text = "a==1 ; sys_platform == 'win32' \\\n    --hash=sha256:" + "0" * 64 + "\n    # via b\n"
    assert list(unlocked("x.lock", text)) == []


# Put together here, so that this file itself tells nothing.
@pytest.mark.parametrize(
    "parts",
    [
        ("", "root", "x"),
        ("", "home", "li", "x"),
        ("", "Users", "li"),
        ("", "work", "x"),
        ("file:", "", "", "home", "li"),
    ],
)
def test_a_told_place_is_noticed(parts: tuple[str, ...]):
    path = "/".join(parts)
    assert list(told("x.md", f"see {path} there")) != []
    assert list(told("x.md", f'"{path}"')) != []


@pytest.mark.parametrize("text", ["api/work/x", "./home/li", "https://example.org/home/li", "/homework", "~/work/x"])
def test_what_tells_no_place_passes(text: str):
    assert list(told("x.md", text)) == []


def test_a_told_index_is_noticed():
    for text in (
        "https://" + "pypi.example.org/simple",
        "pip --" + "index-url=x",
        "https://" + "registry.example.org/",
    ):
        assert len(list(told("x.md", text))) == 1
    assert list(told("Makefile", "uv pip compile --no-emit-index-url")) == []
