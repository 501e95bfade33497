"""A key file for processes of their own."""

import json
from pathlib import Path

from domain.base.keyring import KeySet
from integrations.keys import Keys


def write_keys(path: Path, keys: Keys) -> Path:
    """These keys as a file, its owner's only."""
    sets = {"rows": keys.keyring, "login": keys.login, "links": keys.links, "sealing": keys.sealing}
    content = {name: _written(chosen) for name, chosen in sets.items()}
    path.write_text(json.dumps({**content, "installation": keys.installation.hex()}))
    path.chmod(0o600)
    return path


def _written(chosen: KeySet) -> dict[str, object]:
    return {"current": chosen.current, "keys": {name: key.hex() for name, key in chosen.keys.items()}}
