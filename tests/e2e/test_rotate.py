"""Secrets that are replaced under a trading node, and the upgrade check against its live state, on a real host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support.lab import run, wait_for

if TYPE_CHECKING:
    import subprocess

    from tests.e2e.conftest import Testnet

# Each deploys several times.
pytestmark = pytest.mark.nightly

_PLAY = ".venv/bin/ansible-playbook"


def _secret(testnet: Testnet, name: str) -> str:
    found = re.search(
        rf"^{name}=['\"]?([^'\"\n]+)", testnet.host.ssh("cat /etc/tradingnode/main.env").stdout, re.MULTILINE
    )
    assert found is not None
    return found[1]


def _redis_says(testnet: Testnet, password: str) -> str:
    return testnet.host.ssh(f"printf 'AUTH tradingnode-main {password}\nPING\n' | redis-cli").stdout


def _pid(testnet: Testnet, unit: str) -> str:
    return testnet.host.show(unit, "MainPID")["MainPID"]


def test_a_redis_password_is_replaced_under_a_trading_node(testnet: Testnet) -> None:
    """The node restarts once, Redis not at all; the former password is refused; nothing of either is printed."""
    host = testnet.host
    redis, node, old = _pid(testnet, "redis-server"), _pid(testnet, "tradingnode"), _secret(testnet, "REDIS_PASSWORD")
    done = run(testnet.checkout, _PLAY, "playbooks/rotate-secrets.yml", "-e", "what=redis", "-vv", "--diff")
    new = _secret(testnet, "REDIS_PASSWORD")
    assert new != old
    assert not [secret for secret in (old, new) if secret in done.stdout + done.stderr]
    assert _pid(testnet, "redis-server") == redis
    assert _pid(testnet, "tradingnode") != node
    assert host.show("tradingnode", "NRestarts") == {"NRestarts": "0"}
    assert "PONG" in _redis_says(testnet, new)
    assert "WRONGPASS" in _redis_says(testnet, old)
    host.assert_equals_ledger()
    node = _pid(testnet, "tradingnode")
    run(testnet.checkout, _PLAY, "deploy.yml")
    assert _pid(testnet, "tradingnode") == node


def test_venue_keys_are_replaced_under_a_trading_node(testnet: Testnet) -> None:
    """The exchange knows both keys until the node is READY with the new one; then the former one is refused."""
    old = _secret(testnet, "BINANCE_API_KEY")
    run(testnet.checkout, _PLAY, "playbooks/rotate-secrets.yml", "-e", "what=venue")
    new = _secret(testnet, "BINANCE_API_KEY")
    assert new != old
    known = testnet.host.ssh("cat /etc/simvenue/simvenue.yaml").stdout
    assert new in known
    assert old not in known
    testnet.host.assert_equals_ledger()


def _said(done: subprocess.CompletedProcess[str]) -> str:
    # Ansible folds long lines.
    return " ".join(done.stdout.split())


_LIAR = r"""#!/bin/sh
# A release that reads one quantity differently.
/opt/tradingnode/current/bin/noderun "$@" | sed 's/"filled_qty": "0.01/"filled_qty": "0.02/'
"""


def test_a_release_that_reads_the_state_differently_is_stopped(testnet: Testnet) -> None:
    """Equal releases pass on a copy of the live state; one that tells another quantity, or nothing, does not."""
    host, checkout = testnet.host, testnet.checkout
    wait_for(lambda: host.node("status")["fills"] >= 1, within=60, what="a fill")
    pids = [_pid(testnet, unit) for unit in ("redis-server", "tradingnode")]
    play = checkout / "check.yml"
    play.write_text(
        "- hosts: tradingnodes\n  gather_facts: false\n  become: true\n  tasks:\n"
        "    - ansible.builtin.include_role: {name: backup, tasks_from: upgrade_check.yml}\n"
    )
    common = (_PLAY, "check.yml", "-e", "backup_upgrade_always=true", "-e")
    alike = run(checkout, *common, "backup_upgrade_release=/opt/tradingnode/current")
    assert "read by both alike" in _said(alike)
    host.ssh("mkdir -p /opt/tradingnode/releases/liar/bin")
    try:
        place = "/opt/tradingnode/releases/liar/bin/noderun"
        host.ssh(f"cat > {place} <<'END'\n{_LIAR}END\nchmod 755 {place}")
        lies = run(checkout, *common, "backup_upgrade_release=/opt/tradingnode/releases/liar", check=False)
        assert lies.returncode != 0
        assert "reads the state differently" in _said(lies)
        assert "filled_qty was 0.01" in _said(lies)
        host.ssh(f"printf '#!/bin/sh\\nkill -ABRT $$\\n' > {place}")
        dies = run(checkout, *common, "backup_upgrade_release=/opt/tradingnode/releases/liar", check=False)
        assert dies.returncode != 0
        assert "cannot read the present state" in _said(dies)
    finally:
        host.ssh("rm -rf /opt/tradingnode/releases/liar")
    assert [_pid(testnet, unit) for unit in ("redis-server", "tradingnode")] == pids
    assert host.ssh("ls -A /var/lib/redis | grep upgrade-check || true").stdout == ""
    host.assert_equals_ledger()
