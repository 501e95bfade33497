"""`qicai audit`: the head one keeps elsewhere, and what a check of the log tells people and scripts."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from domain.audit.heads import Head
from domain.base.keyring import KeySet
from integrations.database import Sessions
from integrations.keys import Keys
from tests.api.cli.running import qicai
from tests.factories.audit import add_entries, chain, seal, tamper
from tests.factories.keys import write_keys
from workers.audit import HEADS_FILE

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def audit(database_url: str, redis_url: str, key_file: Path, tmp_path: Path) -> Run:
    """The command as a process, on the database of the test."""
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "QICAI_KEY_FILE": str(key_file)}

    def run(*arguments: str, **changes: str) -> CompletedProcess[str]:
        return qicai("audit", *arguments, folder=tmp_path, **(given | changes))

    return run


def report(done: CompletedProcess[str]) -> dict[str, Any]:
    """What `--json` prints: one object and nothing else."""
    assert done.stderr == ""
    read: dict[str, Any] = json.loads(done.stdout)
    return read


async def test_the_newest_head_is_printed_as_one_line_that_a_later_check_takes(
    sessions: Sessions, keys: Keys, audit: Run, tmp_path: Path
):
    nothing = audit("head")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert "qicai work" in nothing.stderr
    heads = await chain(sessions, keys, 3, 2)
    printed = audit("head")
    assert (printed.returncode, printed.stderr, printed.stdout) == (0, "", heads[-1].line() + "\n")
    kept = tmp_path / "kept.jsonl"
    kept.write_text(heads[0].line() + "\n\n" + printed.stdout.strip())
    await chain(sessions, keys, 4)
    found = report(audit("verify", "--head", str(kept), "--json"))
    assert found == {
        "clean": True,
        "entries": 9,
        "seals": 3,
        "heads": 2,
        "unsealed": 0,
        "found": 0,
        "findings": [],
    }


async def test_a_whole_log_is_said_to_be_whole_and_what_was_not_compared_is_said_too(
    sessions: Sessions, keys: Keys, audit: Run
):
    await chain(sessions, keys, 3)
    done = audit("verify")
    assert (done.returncode, done.stderr) == (0, "")
    assert "No head kept elsewhere was given" in done.stdout
    assert done.stdout.endswith("日志完整 The log is whole.\n")


async def test_the_file_of_the_workers_is_compared_without_being_asked_for(
    sessions: Sessions, keys: Keys, audit: Run, tmp_path: Path
):
    heads = await chain(sessions, keys, 3, 2)
    # The last line is just being written.
    (tmp_path / HEADS_FILE).write_text("".join(head.line() + "\n" for head in heads) + heads[1].line()[:40])
    done = audit("verify")
    assert (done.returncode, "2 个外存链头" in done.stdout) == (0, True)
    await tamper(sessions, "DELETE FROM audit_entries WHERE position > 3", "DELETE FROM audit_seals WHERE position > 3")
    done = audit("verify")
    assert done.returncode == 3
    assert f"the log is cut after entry 3: the head kept in {HEADS_FILE}:2 says it reached 5" in done.stdout
    assert "第 3 条之后被截断" in done.stdout
    assert done.stdout.endswith("日志不完整 The log is NOT whole.\n")


async def test_what_is_wrong_is_told_to_scripts_with_a_code_of_its_own(sessions: Sessions, keys: Keys, audit: Run):
    await chain(sessions, keys, 5)
    await tamper(
        sessions,
        "UPDATE audit_entries SET act = 'x' WHERE position = 2",
        "DELETE FROM audit_entries WHERE position = 4",
    )
    done = audit("verify", "--json")
    assert done.returncode == 3
    found = report(done)
    assert (found["clean"], found["found"]) == (False, 2)
    assert [(one["kind"], one["first"], one["last"]) for one in found["findings"]] == [
        ("ALTERED", 2, 2),
        ("MISSING", 4, 4),
    ]
    assert found["findings"][0]["entryId"] in found["findings"][0]["zh"]


async def test_entries_that_nobody_seals_are_told(sessions: Sessions, audit: Run):
    async with sessions() as session:
        add_entries(session, 2)
        await session.commit()
    done = audit("verify")
    assert done.returncode == 3
    assert "2 entries are older than a minute and not sealed" in done.stdout


async def test_whoever_has_only_the_public_key_can_check_everything(
    sessions: Sessions, keys: Keys, audit: Run, tmp_path: Path
):
    (head,) = await chain(sessions, keys, 3)
    printed = audit("head", "--public-key").stdout.strip()
    name, _, key = printed.partition(":")
    assert name == keys.sealing.current
    kept = tmp_path / "kept.jsonl"
    kept.write_text(head.line())
    stranger = str(write_stranger(tmp_path, keys))
    for given in (printed, key):
        done = audit("verify", "--public-key", given, "--head", str(kept), QICAI_KEY_FILE=stranger)
        assert done.returncode == 0, done.stdout
        # No database answers at this address, and none is asked.
        nowhere = {"DATABASE_URL": "postgresql://qicai:x@127.0.0.1:1/qicai", "QICAI_KEY_FILE": stranger}
        done = audit("verify", "--heads-only", "--public-key", given, "--head", str(kept), **nowhere)
        assert (done.returncode, "1 个外存链头" in done.stdout) == (0, True)
    other = audit("verify", "--public-key", f"{name}:{'00' * 32}", "--head", str(kept))
    assert (other.returncode, "FORGED" in other.stdout) == (3, True)
    wrong = audit("verify", "--public-key", "nonsense")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "id:hex" in wrong.stderr


async def test_a_log_signed_with_a_key_that_was_renewed_stays_verifiable(
    sessions: Sessions, keys: Keys, audit: Run, tmp_path: Path
):
    old = await seal(sessions, keys, entries=2)
    both = KeySet("sealing2", {**keys.sealing.keys, "sealing2": bytes(range(32))})
    renewed = replace(keys, sealing=both)
    new = await seal(sessions, renewed, entries=2)
    assert old
    assert new
    assert (old.key_id, new.key_id) == ("sealing1", "sealing2")
    kept = tmp_path / "kept.jsonl"
    kept.write_text(f"{old.line()}\n{new.line()}\n")
    file = str(write_keys(tmp_path / "renewed.json", renewed))
    assert audit("verify", "--head", str(kept), QICAI_KEY_FILE=file).returncode == 0
    assert len(audit("head", "--public-key", QICAI_KEY_FILE=file).stdout.splitlines()) == 2
    # Whoever lacks the new key says so.
    assert "FORGED" in audit("verify").stdout


async def test_heads_that_are_none_and_files_that_are_not_there_are_told(
    sessions: Sessions, keys: Keys, audit: Run, tmp_path: Path
):
    (head,) = await chain(sessions, keys, 1)
    kept = tmp_path / "kept.jsonl"
    kept.write_text(f"{head.line()}\nnonsense\n{json.dumps([1])}\n" + Head.line(replace(head, position=7)) + "\n")
    found = report(audit("verify", "--head", str(kept), "--json"))
    assert [(one["kind"], one["source"]) for one in found["findings"]] == [
        ("UNREADABLE", "kept.jsonl:2"),
        ("UNREADABLE", "kept.jsonl:3"),
        ("FORGED", "kept.jsonl:4"),
    ]
    missing = audit("verify", "--head", str(tmp_path / "nothing"))
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "cannot be read" in missing.stderr
    assert "Traceback" not in missing.stderr


def write_stranger(folder: Path, keys: Keys) -> Path:
    """A key file that signed nothing here."""
    others = replace(keys, sealing=KeySet("other", {"other": bytes(32)}))
    return write_keys(folder / "others.json", others)
