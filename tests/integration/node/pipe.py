"""A TCP pipe before Redis that breaks in the middle of one write: that one is lost, whatever comes next is not."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Self

_CHUNK = 65536


@dataclass
class Pipe:
    """Forwards to a port on loopback.

    Attributes:
        losses: Texts of the writes that will be lost, one connection for each; all texts of one must be in the write.
        lost: Writes that were lost, as they came.
    """

    target: int
    port: int = 0
    losses: list[tuple[bytes, ...]] = field(default_factory=list)
    lost: list[bytes] = field(default_factory=list)

    def start(self) -> Self:
        """Listens."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        """Closes every connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def lose(self, *texts: bytes) -> None:
        """Breaks the connection, once, in the place of a write that contains all texts."""
        self.losses.append(texts)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    client.close()
                    continue
                self._sockets += [client, server]
                threading.Thread(target=self._writes, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(server, client), daemon=True).start()

    def _writes(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, contextlib.suppress(OSError):
            while chunk := client.recv(_CHUNK):
                for texts in self.losses:
                    if all(text in chunk for text in texts):
                        self.losses.remove(texts)
                        self.lost.append(chunk)
                        client.shutdown(socket.SHUT_RDWR)
                        server.shutdown(socket.SHUT_RDWR)
                        return
                server.sendall(chunk)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := server.recv(_CHUNK):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_RDWR)
