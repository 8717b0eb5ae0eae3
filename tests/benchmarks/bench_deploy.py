"""Seconds from a bare host to READY, of a deploy that changes nothing, and of a restart beside bare upstream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.benchmarks.conftest import SUBNET
from tests.support.deploys import three_hosts
from tests.support.lab import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.benchmarks.conftest import Report
    from tests.support.lab import Host

_RUNS = 5
_BARE = "tests/benchmarks/bare_node.py"
# What somebody would type on a bare host, with the same packages and versions.
_BY_HAND = """set -e
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y --no-install-recommends install redis-server chrony python3-venv > /dev/null
cat > /root/lock.txt <<'EOF'
{lock}
EOF
python3 -m venv /root/uv && /root/uv/bin/pip install -q uv
/root/uv/bin/uv venv -q /root/node
VIRTUAL_ENV=/root/node UV_SYSTEM_CERTS=true /root/uv/bin/uv pip sync -q --require-hashes /root/lock.txt
"""


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


def test_first_deploy_beside_its_parts(checkout: Path, host: Host, report: Report) -> None:
    """The deploy of a bare host, beside the same packages of Debian and of the index installed by hand."""
    by_hand = _BY_HAND.format(lock=(checkout / "locks/node.txt").read_text())
    deploys, parts = [], []
    for _ in range(2):
        run(checkout, "make", "lab-down")
        run(checkout, "make", "lab")
        parts.append(_seconds(lambda: host.ssh(by_hand, timeout=900)))
        run(checkout, "make", "lab-down")
        run(checkout, "make", "lab")
        deploys.append(_seconds(_playbook(checkout, "deploy.yml")))
    report.add("deploy to a bare host, until READY", deploys, beside=parts, bare="apt and uv by hand, no node")


def test_no_change_deploy_of_three_hosts(checkout: Path, report: Report) -> None:
    """As above with three hosts, which are deployed one after the other, and all at once."""
    three_hosts(checkout, SUBNET)
    for command in (("make", "lab"), (".venv/bin/ansible-playbook", "deploy.yml")):
        run(checkout, *command, timeout=2400)
    ping = [
        _seconds(lambda: run(checkout, ".venv/bin/ansible", "tradingnodes", "-m", "ansible.builtin.ping"))
        for _ in range(_RUNS)
    ]
    for what, options in {"one by one": (), "all at once": ("-e", '{"deploy_serial": ["100%"]}')}.items():
        deploy = [_seconds(_playbook(checkout, "deploy.yml", *options)) for _ in range(_RUNS)]
        report.add(f"deploy of 3 hosts that changes nothing, {what}", deploy, beside=ping, bare="ansible -m ping")


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
