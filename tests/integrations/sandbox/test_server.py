"""The sandbox as a process: its start, its end, and calls that are cut off."""

import json
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from integrations.sandbox.config import SandboxConfig
from integrations.sandbox.server import serve
from tests.integrations.sandbox.running import KEY, config, running

CHECKOUT = Path(__file__).parents[3]


@contextmanager
def process(file):
    """A sandbox in a process of its own, stopped surely."""
    command = [sys.executable, "-m", "integrations.sandbox", str(file)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout
        try:
            yield started, started.stdout.readline().strip()
        finally:
            started.kill()


@pytest.fixture
def config_file(tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps(asdict(config(state_file=tmp_path / "state.jsonl")), default=str))
    return file


@pytest.mark.faults
def test_what_was_answered_outlives_a_killed_process(config_file):
    users = [{"uid": "1000000001", "screen_name": "七中", "audience": 1}]
    with process(config_file) as (started, url):
        token = httpx.post(f"{url}/_sandbox/users", json=users, headers=KEY).json()[0]["access_token"]
        form = {"access_token": token, "status": "https://qicai.example/s/killed"}
        shared = httpx.post(f"{url}/2/statuses/share.json", data=form).json()
        started.send_signal(signal.SIGKILL)
        started.wait(10)
    with process(config_file) as (_, url):
        query = {"access_token": token}
        timeline = httpx.get(f"{url}/2/statuses/user_timeline.json", params=query).json()
    assert [status["idstr"] for status in timeline["statuses"]] == [shared["idstr"]]


@pytest.mark.faults
@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_stops_when_it_is_asked_to(config_file, signal_number):
    with process(config_file) as (started, url):
        assert httpx.get(f"{url}/_sandbox/health").json()["status"] == "ok"
        started.send_signal(signal_number)
        assert started.wait(10) in (0, -signal_number)
        assert started.stdout.read() == ""


def test_it_listens_on_loopback_only():
    with running() as sandbox:
        address = sandbox.server.servers[0].sockets[0].getsockname()
    assert sandbox.url == f"http://127.0.0.1:{address[1]}"


def test_serving_in_a_thread_reports_where(monkeypatch):
    urls = []
    listening = threading.Event()
    servers = []

    def ready(url):
        urls.append(url)
        listening.set()

    original = serve.__globals__["SandboxServer"]

    def remembered(*arguments):
        servers.append(original(*arguments))
        return servers[0]

    monkeypatch.setitem(serve.__globals__, "SandboxServer", remembered)
    thread = threading.Thread(target=serve, args=(config(),), kwargs={"ready": ready})
    thread.start()
    assert listening.wait(10)
    assert httpx.get(urls[0] + "/_sandbox/health").status_code == 200
    servers[0].should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def test_a_request_that_is_cut_off_is_not_accepted(sandbox, person):
    body = f"access_token={person.token}&status=https://qicai.example/s/cutoff".encode()
    head = (
        "POST /2/statuses/share.json HTTP/1.1\r\nHost: sandbox\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body) + 5}\r\n\r\n"
    ).encode()
    port = httpx.URL(sandbox.url).port
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head + body)
    assert person.texts() == []
    assert sandbox.accepted("cutoff") == 0


@pytest.mark.parametrize(
    "change",
    [
        {"control_key": ""},
        {"safe_domain": ""},
        {"redirect_uris": ()},
        {"growth_seconds": 0},
        {"limit_scale": float("nan")},
        {"token_seconds": -1},
    ],
)
def test_an_unusable_configuration_is_refused(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        config(**change)


def test_every_field_of_the_configuration_is_documented():
    lines = (CHECKOUT / "integrations" / "sandbox" / "config.py").read_text(encoding="utf-8").splitlines()
    for name in SandboxConfig.__dataclass_fields__:
        at = next(number for number, line in enumerate(lines) if line.startswith(f"    {name}: "))
        assert lines[at + 1].startswith('    """'), name
