"""Who listens to which stream: the one place where a message finds its connections."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simvenue.venues.transport.connection import Connection
    from simvenue.venues.transport.frame import Frame


def encode(message: object) -> str:
    """Compact JSON text."""
    return json.dumps(message, separators=(",", ":"))


class Hub:
    """Stream names and their listeners. Public streams and listen keys are names alike, as on the real venue."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: defaultdict[str, dict[Connection, None]] = defaultdict(dict)
        self._names: dict[Connection, dict[str, None]] = {}

    @property
    def connections(self) -> list[Connection]:
        """Every open connection."""
        return list(self._names)

    def add(self, connection: Connection) -> None:
        """Know a connection."""
        self._names[connection] = {}

    def remove(self, connection: Connection) -> None:
        """Forget a connection and all it listened to."""
        self.unsubscribe(connection, list(self._names.pop(connection, {})))

    def subscribe(self, connection: Connection, names: Iterable[str]) -> None:
        """Listen to streams; a name that is listened to already changes nothing."""
        for name in names:
            self._names[connection][name] = None
            self._listeners[name][connection] = None

    def unsubscribe(self, connection: Connection, names: Iterable[str]) -> None:
        """Stop listening; unknown names change nothing."""
        for name in names:
            self._names.get(connection, {}).pop(name, None)
            listeners = self._listeners.get(name)
            if listeners is not None:
                listeners.pop(connection, None)
                if not listeners:
                    del self._listeners[name]

    def subscriptions(self, connection: Connection) -> list[str]:
        """The streams a connection listens to, oldest first."""
        return list(self._names[connection])

    def has_listeners(self, name: str) -> bool:
        """Whether anybody listens."""
        return name in self._listeners

    def publish(self, name: str, data: object, frame: Frame) -> None:
        """Send a payload to everybody who listens to ``name``."""
        listeners = self._listeners.get(name)
        if not listeners:
            return
        plain = encode(data)
        wrapped = f'{{"stream":{encode(name)},"data":{plain}}}'
        for connection in list(listeners):
            connection.send(wrapped if connection.combined else plain, frame)
