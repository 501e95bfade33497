"""`python -m integrations.sandbox CONFIG.json [--host H] [--port P]`: serve, and print the base URL."""

import argparse
import sys
from pathlib import Path

import orjson

from integrations.sandbox.config import SandboxConfig
from integrations.sandbox.server import serve


def main() -> None:
    """Read the fields of SandboxConfig from a JSON object in a file, and serve."""
    parser = argparse.ArgumentParser(prog="python -m integrations.sandbox")
    parser.add_argument("config", type=Path, help="JSON file with the fields of SandboxConfig")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    fields = orjson.loads(arguments.config.read_bytes())
    fields["redirect_uris"] = tuple(fields.get("redirect_uris", ()))
    if fields.get("state_file"):
        fields["state_file"] = Path(fields["state_file"])
    serve(SandboxConfig(**fields), arguments.host, arguments.port, _announce)


def _announce(base_url: str) -> None:
    sys.stdout.write(base_url + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
