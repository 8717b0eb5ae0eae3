"""What systemd tells a service is read once, in one place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nodecfg import ProcessEnvironment


def test_reads_what_systemd_sets() -> None:
    """Directories, notify socket and watchdog interval arrive as typed values."""
    facts = ProcessEnvironment.from_variables(
        {
            "CREDENTIALS_DIRECTORY": "/run/credentials/tradingnode.service",
            "NOTIFY_SOCKET": "@/org/x",
            "WATCHDOG_USEC": "20000000",
            "WATCHDOG_PID": "42",
            "RUNTIME_DIRECTORY": "/run/tradingnode/main:/run/other",
            "STATE_DIRECTORY": "/var/lib/tradingnode/main",
            "LOGS_DIRECTORY": "/var/log/tradingnode/main",
        },
        pid=42,
    )
    assert facts == ProcessEnvironment(
        credentials_directory=Path("/run/credentials/tradingnode.service"),
        notify_socket="@/org/x",
        watchdog_usec=20_000_000,
        runtime_directory=Path("/run/tradingnode/main"),
        state_directory=Path("/var/lib/tradingnode/main"),
        logs_directory=Path("/var/log/tradingnode/main"),
    )


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"WATCHDOG_USEC": ""},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "5", "WATCHDOG_PID": "41"},
    ],
)
def test_no_watchdog_unless_it_is_ours(variables: dict[str, str]) -> None:
    """A watchdog that is off, malformed or meant for another process is none."""
    assert ProcessEnvironment.from_variables(variables, pid=42).watchdog_usec is None


def test_reads_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """from_os looks at the environment of this very process."""
    monkeypatch.setenv("WATCHDOG_USEC", "7")
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert ProcessEnvironment.from_os().watchdog_usec == 7
