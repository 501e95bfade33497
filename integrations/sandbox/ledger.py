"""The memory of a sandbox: indexes over users, tokens, statuses and the journal, fed by one stream of events.

Every change is written as an event first and applied second, and a restart applies the same events again.
"""

import hashlib
import secrets
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import NamedTuple

from integrations.sandbox.config import SandboxConfig
from integrations.sandbox.records import JournalEntry, Picture, Status, Token, User
from integrations.sandbox.storage import Event, StateFile
from integrations.sandbox.texts import first_safe_url, short_code

# Ids count in 1/2^22 seconds from this moment, which gives numbers of the platform's own size and order.
_ID_EPOCH = 515_483_463
_ID_TICKS = 1 << 22


class NewUser(NamedTuple):
    """A user to create or change; `audience` None keeps what is there."""

    uid: str
    screen_name: str
    audience: float | None


class CodeCount(NamedTuple):
    """How many journal entries carry a code, and the first of them."""

    entries: int
    first: JournalEntry


class Ledger:
    """All state of one sandbox."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self.users: dict[str, User] = {}
        self.names: dict[str, User] = {}
        self.tokens: dict[str, Token] = {}
        self.statuses: dict[int, Status] = {}
        self.newest: list[Status] = []
        self.journal: list[JournalEntry] = []
        self.alive = 0
        self._codes: dict[str, tuple[int, int]] = {}
        self._last_number = 0
        self._last_accepted = 0.0
        self._file = StateFile(config.state_file) if config.state_file else None
        if self._file:
            for event in self._file.replay():
                self._apply(event)

    def close(self) -> None:
        """Let go of the state file."""
        if self._file:
            self._file.close()

    def put_users(self, wanted: Iterable[NewUser], now: float) -> None:
        """Create users, or change name and audience of those that exist; their statuses stay."""
        events = []
        for uid, name, audience in wanted:
            known = self.users.get(uid)
            kept = known.audience if known else self._config.default_audience
            event = {"kind": "user", "uid": uid, "name": name, "audience": audience or kept, "at": now}
            if known is None or (known.screen_name, known.audience) != (name, event["audience"]):
                events.append(event)
        self._record(events)

    def valid_tokens(self, uids: Iterable[str], now: float) -> list[Token]:
        """A token for each user: the present one while more than half of its life is left, else a new one."""
        half = self._config.token_seconds / 2
        values: list[str] = []
        events: list[Event] = []
        for uid in uids:
            token = self.users[uid].token
            if token and not token.revoked and token.expires_at - now > half:
                values.append(token.value)
                continue
            event = self._token_event(uid, now)
            values.append(event["token"])
            events.append(event)
        self._record(events)
        return [self.tokens[value] for value in values]

    def issue_token(self, uid: str, now: float) -> Token:
        """A new token; the older ones of the user stay valid."""
        event = self._token_event(uid, now)
        self._record([event])
        return self.tokens[event["token"]]

    def revoke(self, token: Token) -> None:
        """From now on the token is refused as revoked."""
        self._record([{"kind": "revoke", "token": token.value}])

    def expire(self, token: Token, now: float) -> None:
        """From now on the token is refused as expired."""
        self._record([{"kind": "expire", "token": token.value, "at": now}])

    def is_duplicate(self, user: User, text: str, now: float) -> bool:
        """Whether the user's same text was accepted within the window of duplicates."""
        at = user.texts.get(sha256(text))
        return at is not None and now - at < self._config.duplicate_seconds

    def accept_share(self, user: User, text: str, picture: Picture | None, *, received_at: float, now: float) -> Status:
        """Take a post and write it into the journal."""
        url = first_safe_url(text, self._config.safe_domain)
        event = self._status_event(user, text, now)
        event["picture"] = asdict(picture) if picture else None
        event["share"] = {
            "received": received_at,
            "code": short_code(url) if url else None,
            "sha256": sha256(text),
        }
        self._record([event])
        return self.newest[-1]

    def accept_repost(self, user: User, text: str, original: Status, now: float) -> Status:
        """Take a repost; it is not part of the journal."""
        event = self._status_event(user, text, now)
        event["of"] = original.number
        self._record([event])
        return self.newest[-1]

    def delete(self, status: Status) -> None:
        """Remove a status from all lists; its journal entry stays."""
        self._record([{"kind": "delete", "id": status.number}])

    def status(self, idstr: str) -> Status | None:
        """The status of an id, unless it is unknown or deleted."""
        if not (idstr.isascii() and idstr.isdigit() and len(idstr) < 20):
            return None
        status = self.statuses.get(int(idstr))
        return None if status is None or status.deleted else status

    def entries(self, *, since: float = 0.0, after: int = 0) -> Iterator[JournalEntry]:
        """Journal entries received at or after `since` with a `seq` above `after`, in order of acceptance."""
        # An entry is never accepted before it was received, so the search may start there.
        first = bisect_left(self.journal, since, key=lambda entry: entry.accepted_at)
        for index in range(max(first, after), len(self.journal)):
            if self.journal[index].received_at >= since:
                yield self.journal[index]

    def code_count(self, code: str) -> CodeCount | None:
        """What the journal knows of a code, or None."""
        known = self._codes.get(code)
        return CodeCount(known[0], self.journal[known[1]]) if known else None

    def _token_event(self, uid: str, now: float) -> Event:
        value = "2.00" + secrets.token_urlsafe(21)
        return {
            "kind": "token",
            "token": value,
            "uid": uid,
            "at": now,
            "until": now + self._config.token_seconds,
        }

    def _status_event(self, user: User, text: str, now: float) -> Event:
        number = max(self._last_number + 1, int((now - _ID_EPOCH) * _ID_TICKS))
        # A number that is round already would make `id` and `idstr` agree.
        number += number % 100_000 == 0
        at = max(now, self._last_accepted)
        return {
            "kind": "status",
            "id": number,
            "uid": user.uid,
            "text": text,
            "at": at,
            "audience": user.audience,
        }

    def _record(self, events: list[Event]) -> None:
        if self._file and events:
            self._file.append(events)
        for event in events:
            self._apply(event)

    def _apply(self, event: Event) -> None:
        kind = event["kind"]
        if kind == "status":
            self._apply_status(event)
        elif kind == "user":
            self._apply_user(event)
        elif kind == "token":
            token = Token(event["token"], event["uid"], event["at"], event["until"])
            self.tokens[token.value] = token
            self.users[token.uid].token = token
        elif kind == "revoke":
            self.tokens[event["token"]].revoked = True
        elif kind == "expire":
            self.tokens[event["token"]].expires_at = event["at"]
        elif kind == "delete":
            self._apply_deletion(self.statuses[event["id"]])

    def _apply_user(self, event: Event) -> None:
        uid, name, audience = event["uid"], event["name"], event["audience"]
        user = self.users.get(uid)
        if user is None:
            user = self.users[uid] = User(uid, name, audience, event["at"])
        elif user.screen_name != name:
            if self.names.get(user.screen_name) is user:
                del self.names[user.screen_name]
            user.screen_name = name
        user.audience = audience
        # Two users of one name are allowed here; the first of them is found by it.
        self.names.setdefault(name, user)

    def _apply_status(self, event: Event) -> None:
        picture = Picture(**event["picture"]) if event.get("picture") else None
        status = Status(
            event["id"], event["uid"], event["text"], event["at"], event["audience"], picture, event.get("of")
        )
        user = self.users[status.uid]
        self.statuses[status.number] = status
        self.newest.append(status)
        user.statuses.append(status)
        self.alive += 1
        self._last_number = status.number
        self._last_accepted = status.created_at
        if status.repost_of is not None:
            self.statuses[status.repost_of].reposted += 1
        if "share" in event:
            self._enter(status, user, event["share"])

    def _enter(self, status: Status, user: User, share: Event) -> None:
        user.texts[share["sha256"]] = status.created_at
        entry = JournalEntry(
            seq=len(self.journal) + 1,
            received_at=share["received"],
            accepted_at=status.created_at,
            uid=status.uid,
            idstr=status.idstr,
            code=share["code"],
            text_sha256=share["sha256"],
            picture_sha256=status.picture.sha256 if status.picture else None,
        )
        if entry.code is not None:
            count, first = self._codes.get(entry.code, (0, len(self.journal)))
            self._codes[entry.code] = (count + 1, first)
        self.journal.append(entry)

    def _apply_deletion(self, status: Status) -> None:
        statuses = self.users[status.uid].statuses
        del statuses[bisect_left(statuses, status.number, key=lambda one: one.number)]
        status.deleted = True
        self.alive -= 1
        if status.repost_of is not None:
            self.statuses[status.repost_of].reposted -= 1


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of the UTF-8 bytes of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
