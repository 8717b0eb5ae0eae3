"""A TCP gate before the venue that lets everything through but what it is told to hold or to refuse."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 65536


@dataclass
class Gate:
    """Forwards to a port on loopback, request by request.

    Attributes:
        hold: Requests that contain one of these are never answered.
        refuse: Requests that contain one of these are answered with HTTP 503.
        seen: First lines of all requests.
        before: What to do, once, before a request that contains the text goes through.
    """

    target: int
    port: int = 0
    hold: set[str] = field(default_factory=set)
    refuse: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)

    def start(self) -> Self:
        """Listens."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        """Closes every connection."""
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self) -> None:
        """Breaks every connection that is open, streams too."""
        for connection in self._sockets[1:]:
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
            while chunk := client.recv(_CHUNK):
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

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := server.recv(_CHUNK):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_RDWR)
