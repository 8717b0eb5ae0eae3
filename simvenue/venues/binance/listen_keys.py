"""Listen keys: the names of user data streams, one an account, and how they expire."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, replace

from simvenue.venues.binance import errors

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 64


@dataclass(frozen=True, slots=True)
class ListenKey:
    """One account's key and the millisecond it dies."""

    name: str
    expires_ms: int


class ListenKeys:
    """The keys in force.

    Args:
        lifetime_ms: Milliseconds from a key's last use to its end.
    """

    def __init__(self, lifetime_ms: int) -> None:
        """Start without keys."""
        self._lifetime_ms = lifetime_ms
        self._keys: dict[str, ListenKey] = {}

    def open(self, account: str, now_ms: int) -> str:
        """The account's key, made when there is none, with a whole lifetime ahead."""
        known = self._keys.get(account)
        name = known.name if known else "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))
        self._keys[account] = ListenKey(name, now_ms + self._lifetime_ms)
        return name

    def extend(self, account: str, now_ms: int) -> str:
        """Give the key a whole lifetime again; -1125 when there is none."""
        known = self._keys.get(account)
        if known is None:
            raise errors.VenueError(-1125, "This listenKey does not exist.")
        self._keys[account] = replace(known, expires_ms=now_ms + self._lifetime_ms)
        return known.name

    def close(self, account: str) -> None:
        """End the key; -1125 when there is none."""
        if self._keys.pop(account, None) is None:
            raise errors.VenueError(-1125, "This listenKey does not exist.")

    def name(self, account: str) -> str | None:
        """The stream name of the account's events, or None."""
        known = self._keys.get(account)
        return known.name if known else None

    def owner(self, name: str) -> str | None:
        """Whose key it is, or None."""
        return next((account for account, key in self._keys.items() if key.name == name), None)

    def expire(self, account: str | None) -> int:
        """Let an account's key, or every key, be past its end; how many."""
        ending = [name for name in self._keys if account in {None, name}]
        for name in ending:
            self._keys[name] = replace(self._keys[name], expires_ms=0)
        return len(ending)

    def take_expired(self, now_ms: int) -> list[str]:
        """Remove the keys that are past their end and return their names."""
        gone = [account for account, key in self._keys.items() if key.expires_ms <= now_ms]
        return [self._keys.pop(account).name for account in gone]
