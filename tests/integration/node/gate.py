"""A TCP gate before the venue that lets everything through but what it is told to hold or to refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.integration.node.proxy import CHUNK, Proxy

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable


@dataclass
class Gate(Proxy):
    """Looks at every request.

    Attributes:
        hold: Requests that contain one of these are never answered.
        refuse: Requests that contain one of these are answered with HTTP 503.
        seen: First lines of all requests.
        before: What to do, once, before a request that contains the text goes through.
    """

    hold: set[str] = field(default_factory=set)
    refuse: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)

    def forward(self, client: socket.socket, server: socket.socket) -> None:
        """Passes on every request that is neither held nor refused."""
        while chunk := client.recv(CHUNK):
            first_line = chunk.split(b"\r\n", 1)[0].decode("latin-1")
            self.seen.append(first_line)
            request = chunk.decode("latin-1")
            for text in [text for text in self.before if text in request]:
                self.before.pop(text)()
            if any(text in request for text in self.hold):
                continue
            if any(text in request for text in self.refuse):
                client.sendall(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
                continue
            server.sendall(chunk)
