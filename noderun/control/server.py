"""Answers on the control socket, on threads of its own, so that a busy event loop still has somebody who says so."""

from __future__ import annotations

import _thread
import os
import pwd
import socket
import socketserver
import struct
import threading
from typing import TYPE_CHECKING, Any

from noderun.control.protocol import LONGEST_REQUEST, RefusedError, Request, RequestError, decode_request, encode
from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

type Answer = Callable[[Request, str], dict[str, Any]]

_MODE = 0o660
_CLIENT_SECONDS = 10.0


class ControlServer:
    """Listens until closed."""

    def __init__(self, path: Path, answer: Answer) -> None:
        """Listen.

        Args:
            path: Socket file; a stale one is replaced.
            answer: Makes the document for a request and its sender; called on a thread of this server.

        Raises:
            Failure: 69 when another process answers there, 78 when the socket cannot be made.
        """
        self._path = path
        _remove_stale(path)
        try:
            # The umask, because the socket must never be open to others, not even between bind and chmod.
            before = os.umask(0o777 & ~_MODE)
            try:
                self._server = _Server(str(path), answer)
            finally:
                os.umask(before)
        except OSError as error:
            raise Failure(
                Exit.CONFIGURATION, f"control socket {path} cannot be made: {error.strerror}; check its directory"
            ) from None
        threading.Thread(target=self._server.serve_forever, name="control", daemon=True).start()

    def close(self) -> None:
        """Stop listening and remove the socket file."""
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, path: str, answer: Answer) -> None:
        self.answer = answer
        super().__init__(path, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 overridden signature
        """Answer on a thread of its own, without waiting until that has begun: without memory it never says so."""
        _thread.start_new_thread(self.process_request_thread, (request, client_address))

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 overridden signature
        """Drop a client that went away; its answer has nobody to go to."""


class _Handler(socketserver.StreamRequestHandler):
    timeout = _CLIENT_SECONDS
    server: _Server

    def handle(self) -> None:
        line = self.rfile.readline(LONGEST_REQUEST)
        if not line:
            return
        try:
            document = self.server.answer(decode_request(line), _sender(self.connection))
        except (RequestError, RefusedError) as error:
            document = {"error": str(error)}
        except TimeoutError:
            document = {"error": "the node's event loop does not answer"}
        self.wfile.write(encode(document))


def _sender(connection: socket.socket) -> str:
    # The kernel says who is at the other end (unix(7), SO_PEERCRED); nobody can claim to be somebody else.
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _remove_stale(path: Path) -> None:
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise Failure(Exit.FENCED, f"another process already answers at {path}; stop it first")
