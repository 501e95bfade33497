"""Log lines: JSON for machines, readable for people, and nothing of the libraries that would drown ours."""

import json
import os
import pty
import subprocess
import sys

import pytest

SPEAK = """
import logging, sys
import structlog
from integrations.logs import set_up_logs

set_up_logs(sys.argv[1])
log = structlog.get_logger()
log.debug("quiet")
with structlog.contextvars.bound_contextvars(request="r1"):
    log.info("delivered", unit="贵阳市", count=2)
logging.getLogger("somebody").warning("from %s", "elsewhere")
logging.getLogger("httpx").info("HTTP Request: GET https://api.example/?access_token=secret")
logging.getLogger("arq.worker").info("a job")
try:
    {}["gone"]
except KeyError:
    log.exception("failed")
"""
CARELESS = """
import logging, sys
import structlog
from integrations.logs import set_up_logs

set_up_logs("INFO")
log = structlog.get_logger()
ADDRESS = "https://api.example/2/x.json?access_token=2.00SECRETSECRET&uid=1"
try:
    raise ValueError(f"cannot read {ADDRESS}")
except ValueError as error:
    log.exception("failed", detail=str(error), headers="{'Authorization': 'Bearer SECRETSECRET'}")
    logging.getLogger("somebody").exception("from %s", ADDRESS)
"""


def speak(level: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", SPEAK, level], capture_output=True, text=True, check=True, encoding="utf-8", timeout=30
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_lines_are_json_where_nobody_looks_on():
    lines = [json.loads(line) for line in speak("INFO")]
    assert [line["event"] for line in lines] == ["delivered", "from elsewhere", "failed"]
    delivered, elsewhere, failed = lines
    assert delivered["timestamp"].endswith("Z")
    assert (delivered["level"], elsewhere["level"], failed["level"]) == ("info", "warning", "error")
    assert (delivered["unit"], delivered["count"], delivered["request"]) == ("贵阳市", 2, "r1")
    assert "request" not in failed
    assert failed["exception"].splitlines()[-1] == "KeyError: 'gone'"


def test_chinese_stays_readable():
    assert any("贵阳市" in line for line in speak("INFO"))


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_request_lines_of_libraries_with_secrets_in_them_are_never_shown(level: str):
    said = "\n".join(speak(level))
    assert "secret" not in said
    assert "a job" not in said
    assert ("quiet" in said) == (level == "DEBUG")


def test_only_what_is_as_bad_as_the_level_is_shown():
    assert [json.loads(line)["event"] for line in speak("ERROR")] == ["failed"]


def test_lines_are_readable_on_a_terminal():
    ours, theirs = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", SPEAK, "INFO"], stderr=theirs) as process:
        os.close(theirs)
        said = b""
        # The end of the other side is an error on Linux.
        try:
            while part := os.read(ours, 65536):
                said += part
        except OSError:
            pass
        finally:
            os.close(ours)
    assert process.returncode == 0
    text = said.decode()
    assert "delivered" in text
    assert "贵阳市" in text
    assert '{"' not in text
    assert "KeyError" in text


@pytest.mark.parametrize("on_terminal", [False, True])
def test_no_line_and_no_traceback_tells_a_secret(on_terminal: bool):
    ask = "import sys; sys.stderr.isatty = lambda: True\n" if on_terminal else ""
    done = subprocess.run(
        [sys.executable, "-c", ask + CARELESS], capture_output=True, text=True, check=True, encoding="utf-8", timeout=30
    )
    assert "SECRET" not in done.stderr, done.stderr
    assert done.stderr.count("cannot read https://api.example/2/x.json?access_token=(secret)&uid=1") == 3
    assert "UserWarning" not in done.stderr
