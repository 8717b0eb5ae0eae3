"""A TCP pipe before Redis that breaks in the middle of one write: that one is lost, whatever comes next is not."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from tests.integration.node.proxy import CHUNK, Proxy


@dataclass
class Pipe(Proxy):
    """Lets everything through but the writes that it is told to lose.

    Attributes:
        losses: Texts of the writes that will be lost, one connection for each; all texts of one must be in the write.
        lost: Writes that were lost, as they came.
    """

    losses: list[tuple[bytes, ...]] = field(default_factory=list)
    lost: list[bytes] = field(default_factory=list)

    def lose(self, *texts: bytes) -> None:
        """Breaks the connection, once, in the place of a write that contains all texts."""
        self.losses.append(texts)

    def forward(self, client: socket.socket, server: socket.socket) -> None:
        """Passes on every write, up to one that is to be lost."""
        while chunk := client.recv(CHUNK):
            for texts in self.losses:
                if all(text in chunk for text in texts):
                    self.losses.remove(texts)
                    self.lost.append(chunk)
                    client.shutdown(socket.SHUT_RDWR)
                    server.shutdown(socket.SHUT_RDWR)
                    return
            server.sendall(chunk)
