"""The key file: what seals secrets, signs tokens, links and the log. Made at the first start, its owner's only.

It may be replaced under a running process, by `qicai rotate-keys` or by hand: whoever uses a key looks whether it was.
"""

import hmac
import json
import os
import secrets
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from domain.base.keyring import Keyring, KeySet

if sys.platform != "win32":
    import fcntl

log = structlog.get_logger()

KEY_BYTES = 32
# Each set rotates by itself: what seals rows, what signs access tokens, what links are made from, what signs the log.
SETS = ("rows", "login", "links", "sealing")


# What a file raises that is no key file.
UNUSABLE = (OSError, ValueError, KeyError, TypeError, AttributeError)


class KeyFileError(Exception):
    """The key file cannot be read or made; the message says why."""


@dataclass(frozen=True)
class Keys:
    """Keys of one installation."""

    keyring: Keyring
    login: KeySet
    links: KeySet
    sealing: KeySet
    # Never rotated: what processes of one installation recognise each other by.
    installation: bytes = field(repr=False)

    def derived(self, purpose: str) -> str:
        """A secret for one purpose, the same in every process of the installation."""
        return hmac.new(self.installation, purpose.encode(), "sha256").hexdigest()


class _File:
    """The sets of a key file as last read; read again where the file was replaced since."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.seen = self._mark()
        self.content = _read(path)
        self.sets = {name: _set(self.content[name]) for name in SETS}
        self.trouble = ""

    def fresh(self) -> Mapping[str, KeySet]:
        """The sets as the file has them now; while it cannot be read, as it had them before."""
        try:
            mark = self._mark()
            if mark != self.seen:
                content = _read(self.path)
                self.sets = {name: _set(content[name]) for name in SETS}
                self.seen, self.trouble = mark, ""
        except UNUSABLE as error:
            trouble = f"{type(error).__name__}: {error}"
            # Told once, not at every use of a key.
            if trouble != self.trouble:
                log.error("key_file_unusable", path=str(self.path), error=trouble)
            self.trouble = trouble
        return self.sets

    def _mark(self) -> tuple[int, int, int]:
        stat = self.path.stat()
        return stat.st_mtime_ns, stat.st_ino, stat.st_size


class _LiveSet(KeySet):
    """A set that follows the file. `keys` looks at it and `current` does not, so that the two fit together."""

    def __init__(self, file: _File, name: str) -> None:
        object.__setattr__(self, "_file", file)
        object.__setattr__(self, "_name", name)

    @property
    def current(self) -> str:
        return self._set(self._file.sets).current

    @property
    def keys(self) -> Mapping[str, bytes]:
        return self._set(self._file.fresh()).keys

    def _set(self, sets: Mapping[str, KeySet]) -> KeySet:
        return sets[self._name]

    _file: _File
    _name: str


class _LiveKeyring(_LiveSet, Keyring):
    """A keyring that follows the file."""


def load_keys(path: Path) -> Keys:
    """Read the key file, or make one; two processes that start at once end up with the same keys."""
    with _told(path):
        if not path.exists():
            _make(path)
        file = _File(path)
        installation = _key(file.content["installation"], longer=True)
        login, links, sealing = (_LiveSet(file, name) for name in SETS[1:])
        return Keys(_LiveKeyring(file, "rows"), login, links, sealing, installation)


def add_keys(path: Path, names: Collection[str], *, now: datetime) -> dict[str, str]:
    """Add a fresh key to each of these sets and make it current; answers its id by set. No key is lost."""
    with _told(path), _turn(path):
        content = _read(path)
        for name in names:
            fresh = new_set()
            chosen = content[name]
            chosen["keys"] |= fresh["keys"]
            chosen["current"] = fresh["current"]
            _stamp(chosen, now)
        _replace(path, content)
        return {name: content[name]["current"] for name in names}


def retired_keys(path: Path, *, now: datetime) -> dict[str, dict[str, datetime]]:
    """The keys of each set that are not current any more, and since when; one of unknown age is so from now on."""
    with _told(path), _turn(path):
        content = _read(path)
        before = json.dumps(content)
        for name in SETS:
            _stamp(content[name], now)
        if json.dumps(content) != before:
            _replace(path, content)
        return {
            name: {key: datetime.fromisoformat(at) for key, at in content[name]["retired"].items()} for name in SETS
        }


def drop_keys(path: Path, dropped: Mapping[str, Collection[str]]) -> None:
    """Take keys out of the file for good; a current one stays whoever asks."""
    with _told(path), _turn(path):
        content = _read(path)
        for name, keys in dropped.items():
            chosen = content[name]
            for key in set(keys) - {chosen["current"]}:
                chosen["keys"].pop(key, None)
                chosen.get("retired", {}).pop(key, None)
        _replace(path, content)


def _stamp(content: dict[str, Any], now: datetime) -> None:
    known = content.get("retired", {})
    old = [key for key in content["keys"] if key != content["current"]]
    content["retired"] = {key: known.get(key, now.isoformat()) for key in old}


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever is wrong with the file is one error that names the setting."""
    try:
        yield
    except UNUSABLE as error:
        raise KeyFileError(f"The key file {path} is unusable ({error}). Set QICAI_KEY_FILE.") from error


@contextmanager
def _turn(path: Path) -> Iterator[None]:
    """One at a time: two who change the file at once would each lose the other's key."""
    lock = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _read(path: Path) -> dict[str, Any]:
    content = upgraded(json.loads(path.read_text("utf-8")))
    for name in SETS:
        _set(content[name])
    _key(content["installation"], longer=True)
    return content


def upgraded(content: dict[str, Any]) -> dict[str, Any]:
    """A key file of 0.1.0 had one set and one signing key: everything else follows from that one.

    What follows is the same in every process, so that nobody has to write the file for it.
    """
    if "signing" not in content:
        return content
    signing = bytes.fromhex(content["signing"])

    def derived(name: str) -> dict[str, Any]:
        key = hmac.new(signing, f"qicai {name} key".encode(), "sha256").hexdigest()
        return {"current": f"{name}0", "keys": {f"{name}0": key}}

    return {
        "rows": {"current": content["current"], "keys": content["keys"]},
        **{name: derived(name) for name in SETS[1:]},
        "installation": content["signing"],
    }


def _set(content: Mapping[str, Any]) -> KeySet:
    keys = {name: _key(key) for name, key in content["keys"].items()}
    if content["current"] not in keys:
        raise ValueError("the current key is not among the keys")
    return KeySet(content["current"], keys)


def _key(text: str, *, longer: bool = False) -> bytes:
    key = bytes.fromhex(text)
    if len(key) < KEY_BYTES or (len(key) > KEY_BYTES and not longer):
        raise ValueError(f"a key has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def new_set() -> dict[str, Any]:
    """One fresh key under a name of its own, as the file holds it."""
    name = f"k{secrets.token_hex(4)}"
    return {"current": name, "keys": {name: secrets.token_hex(KEY_BYTES)}}


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {**{name: new_set() for name in SETS}, "installation": secrets.token_hex(KEY_BYTES)}
    draft = _draft(path, content)
    try:
        # A link fails where the name exists: whoever comes second uses the keys of the first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    """Put a new file in the place of the old one: who reads meanwhile has the one or the other, whole."""
    # Where the name is a link, what it leads to is replaced, not the link.
    file = path.resolve()
    draft = _draft(file, content)
    try:
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _draft(path: Path, content: Mapping[str, Any]) -> Path:
    # Not the process id: in a container it is the same at every start, and a crash leaves the draft behind.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if path.exists():
                # Whoever replaces it as root leaves it to the one whose processes read it.
                os.fchown(file.fileno(), path.stat().st_uid, path.stat().st_gid)
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink()
        raise
    return draft
