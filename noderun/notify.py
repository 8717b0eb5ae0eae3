"""Tells systemd what the service does: one datagram per message (sd_notify(3)), nothing outside of systemd."""

from __future__ import annotations

import contextlib
import socket
import struct
from dataclasses import dataclass
from functools import cache

_SECOND = 1_000_000
_LONGEST_STATUS = 500
_PATIENCE_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Notifier:
    """The way to the service manager.

    Attributes:
        address: Value of NOTIFY_SOCKET; a leading "@" means an abstract socket. None: every message is dropped.
    """

    address: str | None

    def ready(self, status: str) -> None:
        """Tell that the start is over; units ordered after this one start now."""
        self._send("READY=1", f"STATUS={_line(status)}", wait=True)

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows."""
        self._send(f"STATUS={_line(text)}")

    def stopping(self, status: str) -> None:
        """Tell that the stop has begun."""
        self._send("STOPPING=1", f"STATUS={_line(status)}", wait=True)

    def ended(self, status: str) -> None:
        """Set the last status line, which stays after the process has gone."""
        self._send(f"STATUS={_line(status)}", wait=True)

    def watchdog(self) -> None:
        """Feed the watchdog (WatchdogSec=)."""
        self._send("WATCHDOG=1")

    def extend_timeout(self, seconds: float) -> None:
        """Ask for that many more seconds, from now, for the start or stop that is going on."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * _SECOND)}")

    def _send(self, *lines: str, wait: bool = False) -> None:
        if self.address is None:
            return
        address = f"\0{self.address[1:]}" if self.address.startswith("@") else self.address
        # A service manager that is gone or slow must not take the node with it: only what it has to know may wait.
        with contextlib.suppress(OSError):
            _channel().sendto("\n".join(lines).encode(), 0 if wait else socket.MSG_DONTWAIT, address)


@cache
def _channel() -> socket.socket:
    # One for the life of the process: a node that has no descriptor left still says so, and feeds the watchdog.
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", _PATIENCE_SECONDS, 0))
    return channel


def _line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_STATUS else f"{flat[: _LONGEST_STATUS - 1]}…"
