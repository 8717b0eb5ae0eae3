"""Does what the README says, on a real host, and compares the node with the venue's ledger after every blow."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.lab import run, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Testnet

# Host, unit, state, READY after, venue connected, reconciled.
_ROW = re.compile(r"^ lab1 +active +RUNNING +\d+\.\d s +yes +yes ", re.MULTILINE)


def _main_pid(testnet: Testnet) -> int:
    return int(testnet.host.show("tradingnode", "MainPID")["MainPID"])


def _wait_for_fills(testnet: Testnet, count: int) -> None:
    wait_for(lambda: testnet.host.node("status")["fills"] >= count, within=60, what=f"{count} fills")


def test_make_testnet_ends_with_a_trading_node(testnet: Testnet) -> None:
    """A clean clone's first command prints one table row that shows the node ready, connected and reconciled."""
    assert _ROW.search(testnet.first_output), testnet.first_output
    status = testnet.host.node("status")
    assert status["state"] == "RUNNING"
    assert status["reconciled"]
    assert status["redis"]["aof_enabled"]
    assert all(venue["connected"] for venue in status["venues"])
    assert testnet.host.show("tradingnode", "ActiveState", "SubState") == {
        "ActiveState": "active",
        "SubState": "running",
    }


def test_the_node_trades_within_half_a_minute_and_equals_the_ledger(testnet: Testnet) -> None:
    """Orders rest on both sides, fills arrive, and node and ledger agree fill for fill."""
    _wait_for_fills(testnet, 1)
    ledger = testnet.host.assert_equals_ledger()
    assert ledger["fills"]


def test_a_second_run_changes_nothing(testnet: Testnet) -> None:
    """``make testnet`` and ``ansible-playbook deploy.yml`` again: no change, no restart."""
    before = _main_pid(testnet)
    again = run(testnet.checkout, "make", "testnet")
    deploy = run(testnet.checkout, ".venv/bin/ansible-playbook", "deploy.yml")
    for output in (again.stdout, deploy.stdout):
        recaps = re.findall(r"^\S+\s+: ok=\d+\s+changed=(\d+).*failed=(\d+)", output, re.MULTILINE)
        assert recaps, output
        assert set(recaps) == {("0", "0")}, output
    assert _main_pid(testnet) == before


def test_check_mode_on_a_converged_host_promises_no_change(testnet: Testnet) -> None:
    """``--check --diff`` is truthful: nothing to do is reported as nothing to do."""
    result = run(testnet.checkout, ".venv/bin/ansible-playbook", "deploy.yml", "--check", "--diff")
    assert re.search(r"^lab1\s+: ok=\d+\s+changed=0", result.stdout, re.MULTILINE), result.stdout


def test_restart_returns_only_when_the_node_is_trading_again(testnet: Testnet) -> None:
    """``systemctl restart`` blocks until READY, and nothing is lost across it."""
    before = _main_pid(testnet)
    testnet.host.ssh("systemctl restart tradingnode")
    assert testnet.host.is_trading()
    assert _main_pid(testnet) != before
    testnet.host.assert_equals_ledger()


def test_kill_9_is_healed_without_help(testnet: Testnet) -> None:
    """A killed node comes back by itself; its orders, fills and position equal the ledger, old fills included."""
    _wait_for_fills(testnet, 2)
    fills_before = {fill["trade_id"] for fill in testnet.host.ledger()["fills"]}
    before = _main_pid(testnet)
    testnet.host.ssh(f"kill -9 {before}")
    wait_for(
        lambda: _main_pid(testnet) not in {0, before} and testnet.host.is_trading(),
        within=120,
        what="recovery from kill -9",
    )
    ledger = testnet.host.assert_equals_ledger()
    assert fills_before <= {fill["trade_id"] for fill in ledger["fills"]}


@pytest.mark.parametrize(("unit", "code", "named"), [("simvenue", "73", "BINANCE"), ("redis-server", "75", "Redis")])
def test_a_missing_dependency_fails_the_start_with_its_own_code(
    testnet: Testnet, unit: str, code: str, named: str
) -> None:
    """Without the venue (73) or Redis (75) the start fails inside its timeout and the status line names which."""
    host = testnet.host
    host.ssh("systemctl stop tradingnode")
    host.ssh(f"systemctl stop {unit}")
    try:
        started = time.monotonic()
        result = host.ssh("systemctl start tradingnode", check=False, timeout=400)
        took = time.monotonic() - started
        assert result.returncode != 0
        show = host.show("tradingnode", "ExecMainStatus", "StatusText", "TimeoutStartUSec")
        assert show["ExecMainStatus"] == code
        assert named in show["StatusText"], show
        # systemd tries again meanwhile; the new try names the same thing as soon as it meets it.
        wait_for(
            lambda: named in host.ssh("systemctl status tradingnode", check=False).stdout,
            within=20,
            what=f"{named} in the status line",
        )
        assert took < 200, f"the start took {took:.0f} s to fail"
    finally:
        host.ssh("systemctl stop tradingnode", check=False)
        host.ssh(f"systemctl start {unit}")
        host.ssh("systemctl reset-failed tradingnode", check=False)
        host.ssh("systemctl start tradingnode", timeout=200)
    host.assert_equals_ledger()


def test_a_missing_key_fails_at_once_and_stays_down(testnet: Testnet) -> None:
    """Without BINANCE_API_KEY the node exits 78, names the variable, and systemd does not restart it."""
    host = testnet.host
    host.ssh("systemctl stop tradingnode")
    host.ssh("cp -p /etc/tradingnode/main.env /etc/tradingnode/main.env.kept")
    try:
        host.ssh("sed -i '/^BINANCE_API_KEY=/d' /etc/tradingnode/main.env")
        assert host.ssh("systemctl start tradingnode", check=False).returncode != 0
        time.sleep(12)  # longer than RestartSec: a restart would have begun by now
        show = host.show("tradingnode", "ExecMainStatus", "StatusText", "ActiveState", "NRestarts", "MainPID")
        assert show["ExecMainStatus"] == "78"
        assert "BINANCE_API_KEY" in show["StatusText"]
        assert show["ActiveState"] == "failed"
        assert show["MainPID"] == "0"
        assert "BINANCE_API_KEY" in host.ssh("journalctl -u tradingnode -n 50 --no-pager").stdout
    finally:
        host.ssh("mv /etc/tradingnode/main.env.kept /etc/tradingnode/main.env")
        host.ssh("systemctl reset-failed tradingnode", check=False)
        host.ssh("systemctl start tradingnode", timeout=200)
    host.assert_equals_ledger()


def test_status_tells_the_truth_about_a_stopped_node(testnet: Testnet) -> None:
    """``make status`` is non-zero and says so when a node does not trade."""
    host = testnet.host
    host.ssh("systemctl stop tradingnode")
    try:
        result = run(testnet.checkout, "make", "status", check=False)
        assert result.returncode != 0
        assert "inactive" in result.stdout
    finally:
        host.ssh("systemctl start tradingnode", timeout=200)
    assert "READY" in run(testnet.checkout, "make", "status").stdout


def test_no_secret_is_visible_on_the_host(testnet: Testnet) -> None:
    """Keys and passwords stand in no unit, process environment, argument list or journal."""
    host = testnet.host
    env = host.ssh("cat /etc/tradingnode/main.env").stdout
    secrets = re.findall(r"^(?:BINANCE_API_KEY|BINANCE_API_SECRET|REDIS_PASSWORD)=['\"]?([^'\"\n]+)", env, re.MULTILINE)
    assert len(secrets) == 3
    pid = _main_pid(testnet)
    places = {
        "unit": "systemctl cat tradingnode simvenue redis-server; systemctl show tradingnode simvenue",
        "environment": f"tr '\\0' '\\n' < /proc/{pid}/environ",
        "arguments": "ps axww -o args",
        "journal": "journalctl --no-pager -o cat",
        "logs": "cat /var/log/tradingnode/*/* 2>/dev/null || true",
    }
    for place, command in places.items():
        text = host.ssh(command).stdout
        leaked = [name for name, secret in zip(("key", "secret", "password"), secrets, strict=True) if secret in text]
        assert not leaked, f"{place} shows {leaked}"


def test_the_recorded_market_is_traded_too(testnet: Testnet, repository: Path) -> None:
    """Replaying recorded BTCUSDT trades instead of the synthetic market: the node trades and equals the ledger."""
    recorded = repository.parent / "shared/data/recorded/btcusdt-trades.parquet"
    if not recorded.exists():
        pytest.skip(
            f"no recorded trades at {recorded}: put a file with timestamp, trade_id, price, quantity, buyer_maker there"
        )
    host = testnet.host
    fills = len(host.ledger()["fills"])
    extra = {"simvenue_market_kind": "replay", "simvenue_replay_file": str(recorded)}
    run(testnet.checkout, ".venv/bin/ansible-playbook", "deploy.yml", "-e", json.dumps(extra))
    wait_for(lambda: len(host.ledger()["fills"]) > fills + 2, within=90, what="fills on the recorded market")
    ledger = host.assert_equals_ledger()
    price = float(ledger["fills"][-1]["price"])
    assert 38_000 < price < 41_000, f"{price} is not from the recording"
