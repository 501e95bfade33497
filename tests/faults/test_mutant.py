"""The proof of the proofs: the same faults, and a copy of the code that does not look before it sends again."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.factories.servers import eventually
from tests.faults.scene import Scene

pytestmark = pytest.mark.faults

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "domain", "integrations", "migrations", "schema", "workers")
# Whatever nobody knows of goes straight back to where it is sent from.
WITHOUT_LOOK_BACK = {
    "(State.SENDING, Event.UNCLEAR): State.UNCONFIRMED": "(State.SENDING, Event.UNCLEAR): State.SCHEDULED",
    "(State.SENDING, Event.LEASE_ENDED): State.UNCONFIRMED": "(State.SENDING, Event.LEASE_ENDED): State.SCHEDULED",
}


def mutant(folder: Path) -> Path:
    """All of the code, with another table of moves."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    table = folder / "domain" / "posts" / "lifecycle.py"
    text = table.read_text("utf-8")
    for sound, broken in WITHOUT_LOOK_BACK.items():
        assert sound in text
        text = text.replace(sound, broken)
    table.write_text(text, "utf-8")
    return folder


async def test_without_the_look_back_the_same_faults_send_posts_twice(stage: Scene, tmp_path: Path):
    await stage.promise(accounts=6, posts=2)
    stage.sandbox.fault(endpoint="share", kind="drop_after_accept", times=4)
    # The copy comes first on its path, and the folder it is started in does not.
    stage.worker(PYTHONPATH=str(mutant(tmp_path)), PYTHONSAFEPATH="1")
    await eventually(lambda: twice(stage) >= 4, 40)


async def test_with_it_they_do_not(stage: Scene):
    promised = await stage.promise(accounts=6, posts=2)
    stage.sandbox.fault(endpoint="share", kind="drop_after_accept", times=4)
    stage.worker()
    await eventually(stage.all_published, 40)
    await stage.hit(4)
    assert twice(stage) == 0
    await stage.judge(promised)


def twice(stage: Scene) -> int:
    """How many posts the platform took more than once."""
    return sum(count > 1 for count in Counter(entry["code"] for entry in stage.journal()).values())
