"""TCP ports on loopback that stay a test's own: nobody else is given one before its server listens, nor between two."""

from __future__ import annotations

import os
import socket
from collections import deque
from typing import Final

_HELD: Final[deque[int]] = deque()
"""Descriptors, not sockets, which would complain at the interpreter's end that nobody closed them."""
_AT_MOST: Final = 200
"""Far more than one test asks for; some 1,000 are all a process may have open."""


def free_port() -> int:
    """Returns a port that nobody listens on and that the kernel gives to no other program.

    A socket stays bound to it without listening. Linux lets a server with SO_REUSEADDR, as every server here has, bind
    to it too, refuses connections until one listens, and neither chooses it for somebody's outgoing connection nor for
    one who asks for any port (socket(7)).
    """
    while len(_HELD) >= _AT_MOST:
        os.close(_HELD.popleft())
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        _HELD.append(holder.detach())
    return port
