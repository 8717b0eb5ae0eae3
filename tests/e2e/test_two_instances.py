"""Two named instances deployed to the machine of the first node share nothing with it and with each other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from nodecfg.instance import Instance, derive
from tests.support.lab import run, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.conftest import Testnet
    from tests.support.lab import Host

# Two releases and three deploys; make test has tests/integration/node/test_instances.py.
pytestmark = pytest.mark.nightly
_TRADERS = {"alpha": "AL-001", "beta": "BE-001"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The machine with both instances."""

    host: Host

    def pid(self, name: str) -> int:
        """The node's process, 0 when it has none."""
        return int(self.host.show(derive(name).unit, "MainPID")["MainPID"])

    def status(self, name: str) -> dict[str, Any]:
        """What the node says of itself."""
        document: dict[str, Any] = json.loads(self.host.ssh(f"noderun status --instance {name} --json").stdout)
        return document

    def sent(self, name: str) -> int:
        """How many orders the exchange had from it."""
        text = self.host.ssh(f"simvenue ledger --account {name} --venue binance_futures --json").stdout
        return len(json.loads(text)["orders"])

    def has_sent_more(self, name: str, than: int) -> bool:
        """Whether it sent orders since."""
        return self.sent(name) > than

    def as_user(self, name: str, command: str) -> int:
        """Runs a command as the system user of an instance and returns its exit status."""
        return self.host.ssh(
            f"setpriv --reuid {derive(name).user} --regid {derive(name).user} --clear-groups {command}", check=False
        ).returncode


def _redis_password(name: str) -> str:
    return f"redis-password-of-{name}"


def _declare(checkout: Path, address: str) -> None:
    """Writes the two nodes into the inventory, as docs/instances.md tells an operator."""
    inventory = checkout / "inventory/testnet"
    (inventory / "instances.yml").write_text(yaml.safe_dump({"tradingnodes": {"hosts": dict.fromkeys(_TRADERS)}}))
    accounts = []
    (inventory / "host_vars").mkdir(exist_ok=True)
    for name, trader in _TRADERS.items():
        keys = {"api_key": f"simvenueKeyOf{name}", "api_secret": f"simvenueSecretOf{name}"}
        accounts.append({"name": name, "keys": [keys], "balances": {"USDT": "100000"}})
        variables = {
            **yaml.safe_load((inventory / "group_vars/lab.yml").read_text()),
            "ansible_host": address,
            "tradingnode_instance": name,
            "tradingnode_trader_id": trader,
            "tradingnode_redis_password": _redis_password(name),
            "tradingnode_binance_api_key": keys["api_key"],
            "tradingnode_binance_api_secret": keys["api_secret"],
        }
        own = {key: value for key, value in variables.items() if not key.startswith("lab_host_")}
        (inventory / f"host_vars/{name}.yml").write_text(yaml.safe_dump(own))
    defaults = yaml.safe_load((checkout / "roles/simvenue/defaults/main.yml").read_text())
    venues = {venue: {**facts, "rate_limits": False} for venue, facts in defaults["simvenue_venues"].items()}
    # Three nodes at one address start and restart within one minute, which is more than the venue allows.
    exchange = {"simvenue_accounts": accounts, "simvenue_venues": venues}
    (inventory / "group_vars/all/accounts.yml").write_text(yaml.safe_dump(exchange))


def _forget(checkout: Path, host: Host) -> None:
    inventory = checkout / "inventory/testnet"
    for path in ("instances.yml", "group_vars/all/accounts.yml", *(f"host_vars/{name}.yml" for name in _TRADERS)):
        (inventory / path).unlink()
    for name in _TRADERS:
        made = derive(name)
        host.ssh(f"systemctl disable --now {made.unit}", check=False)
        host.ssh(
            f"rm -rf /etc/systemd/system/{made.unit} /etc/tradingnode/{name}.* /opt/tradingnode/instances/{name} "
            f"{made.state_dir} {made.log_dir}; userdel {made.user}; systemctl daemon-reload",
            check=False,
        )
    run(checkout, "make", "deploy")


@pytest.fixture(scope="module")
def pair(testnet: Testnet) -> Iterator[Pair]:
    """Both instances beside the first node, deployed in one run; taken away afterwards."""
    _declare(testnet.checkout, testnet.host.address)
    try:
        run(testnet.checkout, "make", "deploy")
        yield Pair(host=testnet.host)
    finally:
        _forget(testnet.checkout, testnet.host)


def _private_places(made: Instance) -> tuple[str, ...]:
    files = (made.env_file, made.strategies_file, made.state_dir, made.log_dir, made.run_dir)
    return tuple(str(path) for path in files)


def test_both_are_ready_with_what_is_their_own(pair: Pair) -> None:
    """Trader id, user, ports, control socket and account differ; both trade on theirs."""
    for name, trader in _TRADERS.items():
        made, status = derive(name), pair.status(name)
        assert (status["instance"], status["trader_id"], status["state"]) == (name, trader, "RUNNING")
        assert pair.host.show(made.unit, "User", "ActiveState") == {"User": made.user, "ActiveState": "active"}

        ask = (
            f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{made.ports.health}/api/v1/health').read())"
        )
        assert f'"instance": "{name}"' in pair.host.ssh(f'python3 -c "{ask}"').stdout
        wait_for(partial(pair.has_sent_more, name, 0), within=60, what=f"orders of {name}")
    assert pair.host.is_trading(), "the first node goes on beside them"


def test_neither_reads_what_the_other_has(pair: Pair) -> None:
    """Files, memory, control socket and Redis keys of one are closed to the other, and open to itself."""
    host = pair.host
    for name, other in (("alpha", "beta"), ("beta", "alpha")):
        for place in _private_places(derive(other)):
            assert host.ssh(f"test -e {place}").returncode == 0
            assert pair.as_user(name, f"head -c 1 {place}") != 0, f"{name} reads {place}"
            assert pair.as_user(name, f"ls {place}/") != 0, f"{name} lists {place}"
        assert pair.as_user(other, f"ls {derive(other).state_dir}/") == 0, "the test can see a right that is there"
        assert pair.as_user(name, f"head -c 1 /proc/{pair.pid(other)}/environ") != 0
        assert pair.as_user(name, f"kill -0 {pair.pid(other)}") != 0
        redis = f"redis-cli --no-auth-warning --user {derive(name).redis_user} --pass {_redis_password(name)}"
        assert "NOPERM" in host.ssh(f"{redis} GET trader-{_TRADERS[other]}:general:x").stdout
        assert "NOPERM" not in host.ssh(f"{redis} GET trader-{_TRADERS[name]}:general:x").stdout


def test_what_happens_to_one_the_other_does_not_notice(pair: Pair) -> None:
    """Stopping and killing alpha changes neither beta's process nor its trading; alpha comes back by itself."""
    host, untouched = pair.host, pair.pid("beta")
    host.ssh("systemctl stop tradingnode@alpha", timeout=120)
    wait_for(partial(pair.has_sent_more, "beta", pair.sent("beta") + 1), within=60, what="beta trades on")
    host.ssh("systemctl start tradingnode@alpha", timeout=200)
    killed = pair.pid("alpha")
    host.ssh(f"kill -9 {killed}")

    def back() -> bool:
        return pair.pid("alpha") not in {0, killed} and pair.status("alpha")["state"] == "RUNNING"

    wait_for(
        lambda: host.show("tradingnode@alpha", "ActiveState")["ActiveState"] == "active" and back(),
        within=120,
        what="alpha after its kill",
    )
    assert pair.pid("beta") == untouched
    assert pair.status("beta")["state"] == "RUNNING"
    assert host.show("tradingnode@beta", "NRestarts") == {"NRestarts": "0"}


def test_a_second_run_changes_nothing(testnet: Testnet, pair: Pair) -> None:
    """Three nodes on one machine: a deploy that has nothing to do restarts nobody."""
    before = [pair.pid(name) for name in ("main", *_TRADERS)]
    again = run(testnet.checkout, "make", "deploy").stdout
    for name in ("lab1", *_TRADERS):
        (recap,) = [line for line in again.splitlines() if line.startswith(name) and "changed=" in line]
        assert "changed=0" in recap
        assert "failed=0" in recap
    assert [pair.pid(name) for name in ("main", *_TRADERS)] == before
