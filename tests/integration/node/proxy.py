"""A TCP proxy on loopback: what a client sends goes where the kind of proxy says, answers go back as they are."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final, Self

CHUNK: Final = 65536
"""Bytes read at a time."""


@dataclass
class Proxy(ABC):
    """Forwards to a port on loopback.

    Attributes:
        target: Where to.
        port: Where it listens, once started.
    """

    target: int
    port: int = 0

    @abstractmethod
    def forward(self, client: socket.socket, server: socket.socket) -> None:
        """Passes on what one client sends, until it ends."""

    def start(self) -> Self:
        """Listens."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        """Listens no more, and closes every connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Breaks every connection that is open, streams too."""
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

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
                threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
                threading.Thread(target=self._answers, args=(server, client), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, contextlib.suppress(OSError):
            self.forward(client, server)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := server.recv(CHUNK):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_RDWR)
