"""Listening: a free port where 0 is asked for, and a message that names the variable where it fails."""

import socket

import pytest

from api.cli.serve import listen
from api.cli.services import CannotStart


def test_port_0_takes_a_free_port():
    with listen("127.0.0.1", 0, "QICAI_PORT") as one, listen("127.0.0.1", 0, "QICAI_PORT") as other:
        assert one.getsockname()[1] != other.getsockname()[1]


@pytest.mark.parametrize("variable", ["QICAI_PORT", "QICAI_SANDBOX_PORT"])
def test_a_port_in_use_is_a_message_that_names_the_variable(variable: str):
    with listen("127.0.0.1", 0, variable) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"127\.0\.0\.1:{port} .*{variable}"):
            listen("127.0.0.1", port, variable)


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine_is_a_message_that_names_the_variable(host: str):
    with pytest.raises(CannotStart, match="QICAI_HOST"):
        listen(host, 0, "QICAI_PORT")


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="There is no IPv6 here.")
def test_an_address_of_ipv6_is_listened_on():
    with listen("::1", 0, "QICAI_PORT") as listening, socket.create_connection(listening.getsockname()[:2], timeout=5):
        pass
