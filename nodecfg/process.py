"""The one place that reads the process environment: runtime facts given by systemd, and the variables themselves."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEnvironment:
    """What systemd tells a service about itself (systemd.exec(5), sd_notify(3), sd_watchdog_enabled(3)).

    Attributes:
        credentials_directory: Where LoadCredential= files are, None outside such a unit.
        notify_socket: Address for sd_notify, abstract ones keep their leading "@"; None without Type=notify.
        watchdog_usec: Watchdog interval in microseconds; None when off or meant for another process.
        runtime_directory: First RuntimeDirectory= path.
        state_directory: First StateDirectory= path.
        logs_directory: First LogsDirectory= path.
    """

    credentials_directory: Path | None = None
    notify_socket: str | None = None
    watchdog_usec: int | None = None
    runtime_directory: Path | None = None
    state_directory: Path | None = None
    logs_directory: Path | None = None

    @classmethod
    def from_os(cls) -> ProcessEnvironment:
        """Read the facts of this process."""
        return cls.from_variables(os.environ, pid=os.getpid())

    @classmethod
    def from_variables(cls, variables: Mapping[str, str], *, pid: int) -> ProcessEnvironment:
        """Read the facts from given variables; pid decides whether the watchdog is meant for us."""
        return cls(
            credentials_directory=_path(variables.get("CREDENTIALS_DIRECTORY")),
            notify_socket=variables.get("NOTIFY_SOCKET") or None,
            watchdog_usec=_watchdog(variables, pid),
            runtime_directory=_path(variables.get("RUNTIME_DIRECTORY")),
            state_directory=_path(variables.get("STATE_DIRECTORY")),
            logs_directory=_path(variables.get("LOGS_DIRECTORY")),
        )


def variables() -> dict[str, str]:
    """Return a copy of the process environment."""
    return dict(os.environ)


def _path(value: str | None) -> Path | None:
    # systemd joins several directories with colons; the first is the service's own.
    first = (value or "").split(":", 1)[0]
    return Path(first) if first else None


def _watchdog(variables: Mapping[str, str], pid: int) -> int | None:
    owner = variables.get("WATCHDOG_PID", "")
    usec = variables.get("WATCHDOG_USEC", "")
    if (owner and owner != str(pid)) or not usec.isdecimal() or int(usec) == 0:
        return None
    return int(usec)
