"""The node as systemd runs it: a hang is ended and healed, last words reach the journal, the sandbox stays tight."""

from __future__ import annotations

import json
import re
import secrets
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.lab import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Testnet
    from tests.support.lab import Host

_CODE = Path(__file__).with_name("blocks_once.py")
_PLACE = "/opt/test-strategies"
_MARK = "/var/lib/tradingnode/main/blocked-once"
_STRATEGIES = "/etc/tradingnode/main.strategies.yaml"
_DROP_INS = "/etc/systemd/system/tradingnode.service.d"
_WATCHDOG = 8
_EXPOSURE = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """A node that hung and came back: what the venue said it held then, and the journal from before to after.

    Attributes:
        killed: The process that hung.
        live: What the health endpoint answered meanwhile.
        held: Positions at the venue while it hung.
        journal: Lines of its unit, systemd's about it too.
    """

    killed: int
    live: str
    held: list[dict[str, Any]]
    journal: list[dict[str, Any]]


def _pid(host: Host) -> int:
    return int(host.show("tradingnode", "MainPID")["MainPID"])


def _processes(host: Host) -> list[str]:
    return host.ssh("ps -u tradingnode -o pid=", check=False).stdout.split()


def _code(host: Host, path: str) -> str:
    """The status with which the node's REST endpoint answers; curl is no part of a bare host."""
    ask = f"""import http.client as h
c = h.HTTPConnection("127.0.0.1", 9181, timeout=5); c.request("GET", "{path}"); print(c.getresponse().status)"""
    return host.ssh(f"python3 -c {shlex.quote(ask)}", check=False).stdout.strip()


def _cursor(host: Host) -> str:
    return host.ssh("journalctl -n 0 --show-cursor -q").stdout.removeprefix("-- cursor: ").strip()


def _journal(host: Host, cursor: str) -> list[dict[str, Any]]:
    """Everything of the unit since then, with the node's own line, where it is one, as ``said``."""
    command = ["journalctl", "-u", "tradingnode", "-q", "-o", "json", "--after-cursor", cursor]
    entries: list[dict[str, Any]] = [json.loads(line) for line in host.ssh(shlex.join(command)).stdout.splitlines()]
    for entry in entries:
        text = str(entry["MESSAGE"])
        entry["said"] = json.loads(text) if text.startswith("{") else {"event": text}
    return entries


def _find(journal: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    return [entry for entry in journal if text in entry["said"]["event"]]


def _install(host: Host) -> None:
    """Brings a strategy that is no part of the release, and a watchdog that a test can wait for."""
    code = shlex.quote(_CODE.read_text())
    unit = shlex.quote(f"[Service]\nEnvironment=PYTHONPATH={_PLACE}\nWatchdogSec={_WATCHDOG}\n")
    host.ssh(f"mkdir -p {_PLACE} {_DROP_INS} && printf %s {code} > {_PLACE}/blocks_once.py")
    host.ssh(f"printf %s {unit} > {_DROP_INS}/50-test.conf && systemctl daemon-reload")
    edit = shlex.quote(r"s/strategies\.market_maker:MarketMaker$/blocks_once:MarketMaker/")
    host.ssh(f"rm -f {_MARK} && cp -Pp {_STRATEGIES} {_STRATEGIES}.kept && sed -i {edit} {_STRATEGIES}")


def _remove(host: Host) -> None:
    host.ssh(f"mv {_STRATEGIES}.kept {_STRATEGIES}; rm -rf {_PLACE} {_DROP_INS} {_MARK}; systemctl daemon-reload")
    host.ssh("systemctl reset-failed tradingnode; systemctl restart tradingnode", timeout=200)


def _hung(host: Host) -> bool:
    return host.ssh(f"test -e {_MARK}", check=False).returncode == 0


@pytest.fixture(scope="module")
def hang(testnet: Testnet) -> Iterator[Hang]:
    """A node whose strategy hung once with a position, and which trades again; put back afterwards."""
    host = testnet.host
    cursor = _cursor(host)
    _install(host)
    try:
        host.ssh("systemctl restart tradingnode", timeout=200)
        killed = _pid(host)
        wait_for(lambda: _hung(host), within=90, what="a position to hang with")
        held = host.ledger()["positions"]
        # The watchdog needs longer than the 5 s after which the endpoint says it.
        wait_for(lambda: _code(host, "/api/v1/live") == "503", within=_WATCHDOG, what="live says that the loop hangs")
        wait_for(lambda: _pid(host) not in {0, killed} and host.is_trading(), within=120, what="the node's return")
        yield Hang(killed=killed, live="503", held=held, journal=_journal(host, cursor))
    finally:
        _remove(host)


def test_a_strategy_that_hangs_is_killed_and_its_position_recovered(testnet: Testnet, hang: Hang) -> None:
    """A loop that stands still is ended by the watchdog; the next process holds what the ledger says."""
    assert any(float(position["quantity"]) for position in hang.held), "it held a position when it hung"
    assert _find(hang.journal, "Watchdog timeout")
    assert _find(hang.journal, f"Killing process {hang.killed} ")
    ledger = testnet.host.assert_equals_ledger()
    assert ledger["fills"]


def test_last_words_reach_the_journal_with_their_priority(hang: Hang) -> None:
    """What a strategy logged before it hung is there, an error as an error, and nothing lower counts as one."""
    (last,) = _find(hang.journal, "hangs from here on")
    (before,) = _find(hang.journal, "about to hang")
    assert (last["PRIORITY"], before["PRIORITY"]) == ("3", "6")
    of_node = [entry for entry in hang.journal if "level" in entry["said"]]
    errors = {entry["said"]["level"] for entry in of_node if int(entry["PRIORITY"]) <= 3}
    assert errors <= {"error", "critical"}
    assert not [entry for entry in of_node if entry["said"]["level"] == "error" and int(entry["PRIORITY"]) > 3]


def test_the_last_line_of_a_stop_is_in_journal_and_file(testnet: Testnet) -> None:
    """An orderly stop ends with the line that says so, in both places, and leaves no process of the unit."""
    host = testnet.host
    cursor = _cursor(host)
    host.ssh("systemctl stop tradingnode", timeout=120)
    try:
        said = [entry["said"] for entry in _journal(host, cursor) if "level" in entry["said"]]
        assert (said[-1]["event"], said[-1]["code"]) == ("ended", 0)
        assert json.loads(host.ssh("tail -n 1 /var/log/tradingnode/main/noderun.jsonl").stdout) == said[-1]
        assert _processes(host) == []
    finally:
        host.ssh("systemctl start tradingnode", timeout=200)


def test_what_was_said_before_a_kill_is_in_journal_and_file(testnet: Testnet) -> None:
    """A line written in the moment before ``kill -9`` is not lost with the process; its log process ends too."""
    host = testnet.host
    cursor, mark, killed = _cursor(host), secrets.token_hex(8), _pid(host)
    host.ssh(f"noderun log-level INFO --why {mark} && kill -9 {killed}")
    wait_for(lambda: _pid(host) not in {0, killed} and host.is_trading(), within=120, what="the node after its kill")
    assert [entry["said"]["why"] for entry in _find(_journal(host, cursor), "act") if "why" in entry["said"]] == [mark]
    assert mark in host.ssh("cat /var/log/tradingnode/main/noderun.jsonl*").stdout
    assert len(_processes(host)) == 2, "the node and its log process, none of the killed one's"


def test_the_sandbox_of_the_running_unit_is_tight(testnet: Testnet) -> None:
    """The unit is rated 1.5 or better on its host, and the node in it trades and answers everybody."""
    host, pid = testnet.host, _pid(testnet.host)
    rated = host.ssh("systemd-analyze security --no-pager tradingnode.service").stdout
    found = re.search(r"Overall exposure level for tradingnode.service: ([0-9.]+)", rated)
    assert found is not None, rated
    assert float(found[1]) <= _EXPOSURE
    assert host.is_trading()
    assert [_code(host, f"/api/v1/{name}") for name in ("live", "ready", "metrics")] == ["200"] * 3
    status = dict(line.split(":\t", 1) for line in host.ssh(f"cat /proc/{pid}/status").stdout.splitlines())
    assert (status["Seccomp"], status["NoNewPrivs"], int(status["CapEff"], 16)) == ("2", "1", 0)
    places = "/etc/tradingnode/x /opt/tradingnode/x /usr/x"
    refused = host.ssh(f"nsenter --target {pid} --mount touch {places}", check=False)
    assert refused.stderr.count("Read-only file system") == 3
