"""The daily deploy on one host: what it tells, what it keeps to itself, and what it refuses to begin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.deploys import closing_rows, secrets_of
from tests.support.lab import run

if TYPE_CHECKING:
    import subprocess

    from tests.e2e.conftest import Testnet

pytestmark = pytest.mark.nightly

_PLAYBOOK = ".venv/bin/ansible-playbook"


def _deploy(
    testnet: Testnet, *options: str, check: bool = True, **variables: object
) -> subprocess.CompletedProcess[str]:
    return run(testnet.checkout, _PLAYBOOK, "deploy.yml", *options, "-e", json.dumps(variables), check=check)


def _pid(testnet: Testnet) -> str:
    return testnet.host.show("tradingnode", "MainPID")["MainPID"]


def test_a_change_is_told_before_and_no_secret_is_told_ever(testnet: Testnet) -> None:
    """A changed setting and a changed password are named, never shown, at -vvv --diff too, nor in the process list.

    The node is READY with them afterwards; the way back is a deploy as well.

    """
    host, password = testnet.host, "dep1oyRotatedPassword0123456789abcdef"
    secrets = secrets_of(testnet.checkout) | {password: "the new password"}
    watch = "for i in $(seq 600); do ps axwwe -o args; sleep 0.2; done > /run/seen-processes 2>/dev/null &"
    host.ssh(f"nohup sh -c '{watch}' > /dev/null 2>&1 & echo $! > /run/watch.pid")
    try:
        done = _deploy(
            testnet,
            "-vvv",
            "--diff",
            vault_redis_tradingnode_password=password,
            tradingnode_settings={"READY_TIMEOUT": 110},
        )
        assert "main.env: READY_TIMEOUT added; REDIS_PASSWORD changed" in done.stdout
        assert closing_rows(done.stdout)["lab1"]["state"] == "RUNNING"
    finally:
        back = run(testnet.checkout, _PLAYBOOK, "deploy.yml", "-vvv", "--diff").stdout
    seen = host.ssh("cat /run/seen-processes; pkill -P $(cat /run/watch.pid); rm -f /run/seen-processes").stdout
    places = {"the output": done.stdout + done.stderr, "the output on the way back": back, "the process list": seen}
    for place, text in places.items():
        shown = sorted({name for secret, name in secrets.items() if secret in text})
        assert not shown, f"{place} shows {shown}"
    assert closing_rows(back)["lab1"]["result"].startswith("changed")
    host.assert_equals_ledger()


def test_a_host_that_is_not_fit_is_left_alone(testnet: Testnet) -> None:
    """Too little disk space, and a dependency that is missing for the new settings, stop a deploy before any change."""
    before = _pid(testnet)
    full = _deploy(testnet, check=False, deploy_least_free_mb=10**9, tradingnode_watchdog=31)
    assert full.returncode != 0
    assert "make room" in full.stdout
    assert closing_rows(full.stdout)["lab1"]["result"] == "REFUSED"
    gone = _deploy(testnet, check=False, tradingnode_simvenue_port=8999)
    assert gone.returncode != 0
    assert "failed: venue" in gone.stdout
    assert _pid(testnet) == before
    assert testnet.host.is_trading()


def test_another_holder_of_the_trader_id_stops_a_deploy(testnet: Testnet) -> None:
    """A process that renews the lease of this trader id and is not this unit is named, and nothing is changed."""
    host, key = testnet.host, "trader-MM-001:lease"
    host.ssh("systemctl stop tradingnode")
    login = "export REDISCLI_AUTH=$(sed -n \"s/^REDIS_PASSWORD='\\(.*\\)'$/\\1/p\" /etc/tradingnode/main.env)"
    cli = "redis-cli --user tradingnode-main"
    holder = '{\\"host\\": \\"elsewhere\\", \\"pid\\": 4242, \\"renewed\\": $i}'
    loop = f'{login}; for i in $(seq 120); do {cli} SET {key} "{holder}"; sleep 1; done'
    host.ssh(
        f"cat > /run/holder.sh <<'EOF'\n{loop}\nEOF\nnohup sh /run/holder.sh > /dev/null 2>&1 & echo $! > /run/holder"
    )
    try:
        done = _deploy(testnet, check=False)
        assert done.returncode != 0
        assert "process 4242 on elsewhere trades for MM-001 with this Redis" in done.stdout
        assert host.show("tradingnode", "ActiveState")["ActiveState"] == "inactive"
    finally:
        host.ssh(f"kill $(cat /run/holder); {login}; {cli} DEL {key}; systemctl start tradingnode", timeout=200)
    host.assert_equals_ledger()


def test_halt_and_resume_by_command(testnet: Testnet) -> None:
    """``make halt`` says why and stops trading, a deploy leaves the halt in force, ``make resume`` ends it."""
    unsaid = run(testnet.checkout, "make", "halt", check=False)
    assert unsaid.returncode != 0
    assert "say why" in unsaid.stdout
    reason = 'it\'s a "drill" $HOME'
    run(testnet.checkout, "make", "halt", f"WHY={reason.replace('$', '$$')}")
    try:
        status = testnet.host.node("status")
        assert status["state"] == "HALTED"
        assert any(reason in line for line in status["reasons"]), status["reasons"]
        assert closing_rows(_deploy(testnet).stdout)["lab1"]["state"] == "HALTED"
    finally:
        run(testnet.checkout, "make", "resume", "WHY=drill over")
    assert testnet.host.is_trading()


def test_doctor_and_restart_by_command(testnet: Testnet) -> None:
    """``make doctor`` finds everything there and changes nothing."""
    before = _pid(testnet)
    done = run(testnet.checkout, "make", "doctor")
    assert "ok: redis" in done.stdout
    assert "ok: venue" in done.stdout
    assert _pid(testnet) == before
