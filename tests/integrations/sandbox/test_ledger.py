"""What the sandbox remembers over restarts, broken lines and full disks."""

import errno
import os

import orjson
import pytest

from integrations.sandbox.ledger import Ledger, NewUser
from integrations.sandbox.records import Picture
from integrations.sandbox.storage import CorruptStateError, StateFile
from tests.integrations.sandbox.running import DOMAIN, PNG, code_of, config, running

TEXT = f"示范课 https://{DOMAIN}/s/abc"


def ledger_at(path):
    return Ledger(config(state_file=path))


def shared(ledger, count=1, now=1_800_000_000.0):
    ledger.put_users([NewUser("7", "七中", 0.5)], now)
    for n in range(count):
        ledger.accept_share(ledger.users["7"], f"{n} {TEXT}", None, received_at=now + n, now=now + n)


def test_a_restarted_sandbox_knows_everything_it_knew(tmp_path):
    file = tmp_path / "deep" / "state.jsonl"
    with running(state_file=file, growth_seconds=0.001) as sandbox:
        person, leaver, fan = sandbox.person(), sandbox.person(), sandbox.person()
        kept = person.share("kept", picture=PNG).json()["idstr"]
        gone = person.share("gone").json()["idstr"]
        person.post("statuses/destroy", id=gone)
        fan.post("statuses/repost", id=kept, status="好课")
        sandbox.http.post("/oauth2/revokeoauth2", data={"access_token": leaver.token})
        sandbox.clock.ahead += 1
        timeline = person.get("statuses/user_timeline").json()
        fans = fan.get("statuses/user_timeline").json()
        journal = sandbox.journal()
    with running(state_file=file, growth_seconds=0.001) as sandbox:
        sandbox.clock.ahead += 1
        person.sandbox = leaver.sandbox = fan.sandbox = sandbox
        assert person.get("statuses/user_timeline").json() == timeline
        assert fan.get("statuses/user_timeline").json() == fans
        assert sandbox.journal() == journal
        assert sandbox.accepted("gone") == 1
        assert code_of(leaver.get("account/get_uid")) == 21316
        assert code_of(person.share("kept")) == 20019
        assert sandbox.known(person.uid, person.name).token == person.token
        newer = person.share("newer").json()["idstr"]
        assert int(newer) > int(kept)


def test_nothing_is_kept_without_a_state_file(tmp_path):
    with running() as sandbox:
        person = sandbox.person()
    with running() as sandbox:
        person.sandbox = sandbox
        assert code_of(person.get("account/get_uid")) == 21332
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_cut_last_line_is_forgotten_and_written_over(tmp_path, cut):
    file = tmp_path / "state.jsonl"
    ledger = ledger_at(file)
    shared(ledger, 3)
    ledger.close()
    file.write_bytes(file.read_bytes()[:-cut])
    again = ledger_at(file)
    assert [entry.seq for entry in again.journal] == [1, 2]
    again.accept_share(again.users["7"], "new " + TEXT, None, received_at=1.9e9, now=1.9e9)
    again.close()
    third = ledger_at(file)
    assert [third.status(entry.idstr).text[:3] for entry in third.journal] == ["0 示", "1 示", "new"]
    third.close()


def test_a_broken_line_in_the_middle_is_an_error(tmp_path):
    file = tmp_path / "state.jsonl"
    file.write_bytes(b'{"kind": "user"\n{}\n')
    with pytest.raises(CorruptStateError, match="line 1"):
        ledger_at(file)


def test_a_full_disk_refuses_the_post_and_leaves_no_half_line(tmp_path, monkeypatch):
    file = tmp_path / "state.jsonl"
    ledger = ledger_at(file)
    shared(ledger, 1)
    write = os.write

    def full(handle, content):
        if len(content) <= 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, content[:10])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, content: full(handle, content[:20]))
        with pytest.raises(OSError, match="No space"):
            ledger.accept_share(ledger.users["7"], "lost " + TEXT, None, received_at=1.9e9, now=1.9e9)
    assert (len(ledger.journal), ledger.alive) == (1, 1)
    shared(ledger, 1, now=1.9e9)
    ledger.close()
    again = ledger_at(file)
    assert [entry.seq for entry in again.journal] == [1, 2]
    again.close()


def test_many_events_are_written_in_one_go(tmp_path):
    state = StateFile(tmp_path / "state.jsonl")
    state.append([{"n": n} for n in range(1000)])
    state.append([])
    assert [event["n"] for event in state.replay()] == list(range(1000))
    state.close()


def test_the_state_file_holds_no_bytes_of_pictures(tmp_path):
    file = tmp_path / "state.jsonl"
    ledger = ledger_at(file)
    shared(ledger, 0)
    picture = Picture("ab" * 32, 1234, "png")
    ledger.accept_share(ledger.users["7"], TEXT, picture, received_at=1.0, now=2.0)
    ledger.close()
    last = orjson.loads(file.read_bytes().splitlines()[-1])
    assert last["picture"] == {"sha256": "ab" * 32, "size": 1234, "kind": "png"}


def test_ids_rise_even_when_the_clock_does_not():
    ledger = Ledger(config())
    shared(ledger, 1)
    for now in (1_800_000_000.0, 1_800_000_000.0, 1_700_000_000.0):
        ledger.accept_share(ledger.users["7"], f"{now} {TEXT}", None, received_at=now, now=now)
    numbers = [int(entry.idstr) for entry in ledger.journal]
    assert numbers == sorted(set(numbers))
    accepted = [entry.accepted_at for entry in ledger.journal]
    assert accepted == sorted(accepted)


def test_two_users_may_bear_one_name_and_the_first_is_found_by_it():
    ledger = Ledger(config())
    ledger.put_users([NewUser("1", "实验小学", 1.0), NewUser("2", "实验小学", 1.0)], 0.0)
    assert ledger.names["实验小学"].uid == "1"


def test_a_text_that_is_no_number_is_no_id():
    ledger = Ledger(config())
    for idstr in ("", "x", "-1", "1.5", "９", "9" * 5000):
        assert ledger.status(idstr) is None
