"""Seconds from a bare host to READY, of a deploy that changes nothing, and of a restart beside bare upstream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.support.lab import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.benchmarks.conftest import Report
    from tests.support.lab import Host

_RUNS = 5
_BARE = "tests/benchmarks/bare_node.py"


def _seconds(act: Callable[[], object]) -> float:
    start = time.monotonic()
    act()
    return time.monotonic() - start


def _playbook(checkout: Path, *arguments: str) -> Callable[[], object]:
    return lambda: run(checkout, ".venv/bin/ansible-playbook", *arguments)


def test_bare_host_to_ready(checkout: Path, report: Report) -> None:
    """Cold: nothing exists but the clone. Warm: environment, wheel and base image exist, the host is new again."""
    run(checkout, "make", "lab-down", "IMAGES=1")
    report.add("bare machine to READY, cold (make testnet)", [_seconds(lambda: run(checkout, "make", "testnet"))])
    warm = []
    for _ in range(2):
        run(checkout, "make", "lab-down")
        lab = _seconds(lambda: run(checkout, "make", "lab"))
        warm.append(lab + _seconds(_playbook(checkout, "deploy.yml")))
    report.add("bare host to READY, warm (make lab, deploy.yml)", warm)


def test_no_change_deploy(checkout: Path, report: Report) -> None:
    """A deploy with nothing to do, beside the least that Ansible can do with the same host."""
    deploy = [_seconds(_playbook(checkout, "deploy.yml")) for _ in range(_RUNS)]
    ping = [
        _seconds(lambda: run(checkout, ".venv/bin/ansible", "tradingnodes", "-m", "ansible.builtin.ping"))
        for _ in range(_RUNS)
    ]
    report.add("deploy that changes nothing", deploy, beside=ping, bare="ansible -m ping")


def test_restart_to_ready(checkout: Path, host: Host, report: Report) -> None:
    """A restart until READY, and its start alone beside upstream's own TradingNode with the same configuration."""
    restarts, starts = [], []
    for _ in range(_RUNS):
        restarts.append(_seconds(lambda: host.ssh("systemctl restart tradingnode", timeout=200)))
        starts.append(float(host.node("status")["seconds_to_ready"]))
    script = (checkout / _BARE).read_text()
    host.ssh("systemctl stop tradingnode")
    try:
        host.ssh(f"cat > /root/bare_node.py <<'EOF'\n{script}\nEOF")
        command = "/opt/tradingnode/current/bin/python /root/bare_node.py /etc/tradingnode/main.env"
        bare = [float(host.ssh(command).stdout.split("seconds=")[1].split()[0]) for _ in range(_RUNS)]
    finally:
        host.ssh("systemctl start tradingnode", timeout=200)
    report.add("systemctl restart to READY (stop and start)", restarts)
    report.add("process start to READY", starts, beside=bare, bare="upstream TradingNode to trader running")
