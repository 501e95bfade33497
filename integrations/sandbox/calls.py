"""One authorised request to the Weibo API, as its endpoints see it."""

from collections.abc import Callable
from dataclasses import dataclass

from integrations.sandbox.errors import ApiError
from integrations.sandbox.forms import Params
from integrations.sandbox.host import Host
from integrations.sandbox.records import User


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for what; moments are epoch seconds."""

    host: Host
    params: Params
    user: User
    ip: str
    received_at: float
    """When the request was complete."""
    now: float
    """When it is handled."""

    def required(self, name: str) -> str:
        """A parameter that must be there and not empty, else 10016."""
        value = self.params.text(name)
        if not value:
            raise ApiError(10016, name)
        return value

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number within bounds, else 10017."""
        value = self.params.text(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 20 and least <= int(value) <= most):
            raise ApiError(10017, name, f"int : {least} ~ {most}", value)
        return int(value)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path of the API: `name` is what fault rules call it; an uncharged one costs no limit."""

    name: str
    method: str
    answer: Callable[[Call], object]
    charged: bool = True
