"""The closed set of errors, and handles that keep their token to themselves."""

from datetime import UTC, datetime

from domain.hosts import port
from domain.hosts.port import Handle, HostError, RateLimited


def test_the_docstring_draws_every_error():
    kinds = [kind for kind in HostError.__subclasses__() if kind.__module__ == port.__name__]
    drawn = [line.split()[1] for line in (HostError.__doc__ or "").splitlines() if "──" in line]
    assert drawn == [kind.__name__ for kind in kinds]


def test_an_error_carries_the_platforms_code_and_words():
    error = port.ContentRejected("contains forbidden words", code="20018")
    assert (error.code, error.detail, str(error)) == ("20018", "contains forbidden words", "contains forbidden words")


def test_a_limit_says_who_is_limited_and_until_when():
    until = datetime(2026, 6, 1, tzinfo=UTC)
    error = RateLimited("too many", code="10023", scope="account", until=until)
    assert (error.scope, error.until, error.code) == ("account", until, "10023")
    assert RateLimited("too many", scope="host").until is None


def test_the_repr_of_a_handle_shows_no_token():
    assert "2.00secret" not in repr(Handle(uid="1", token="2.00secret"))
