"""Tells systemd how the service is; without systemd it does nothing."""

from __future__ import annotations

import os
import socket


def notify(message: str) -> None:
    """Send a notification such as ``READY=1`` (sd_notify(3)); lost silently when nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    # A leading @ stands for a name in the abstract namespace.
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        try:
            connection.sendto(message.encode(), target)
        except OSError:
            return
