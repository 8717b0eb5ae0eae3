"""Where a rehearsal may be played: the hosts of an inventory, and everything that speaks against one of them."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.rehearsal.watch import look
from tests.support.lab import Host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SIMULATED = "simvenue"
_LOCAL = re.compile(r"^BINANCE_BASE_URL_HTTP='?http://127\.0\.0\.1:(\d+)'?$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One lab host whose node trades on its own simulated exchange.

    Attributes:
        environment: The inventory's name, as testnet.
        name: The host's name in it.
        port: Where the exchange listens on the host's loopback.
    """

    environment: str
    name: str
    host: Host
    port: int


def inventory(checkout: Path, environment: str) -> dict[str, Any]:
    """Read an inventory as Ansible does, values not yet templated; it may hold secrets.

    Raises:
        ValueError: Ansible cannot read it; with what Ansible said.
    """
    argv = [str(checkout / ".venv/bin/ansible-inventory"), "-i", f"inventory/{environment}", "--list"]
    done = subprocess.run(argv, cwd=checkout, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ValueError(f"inventory/{environment} cannot be read: {done.stderr.strip()}")
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def choose(read: Mapping[str, Any], environment: str, wanted: str | None) -> tuple[str | None, list[str]]:
    """Return the host to play on and everything in the inventory that speaks against it; None when there is no such.

    Args:
        read: What `ansible-inventory --list` printed.
        environment: The inventory's name.
        wanted: The operator's HOST; may be left out when there is one only.
    """
    nodes = _members(read, "tradingnodes")
    problems = [_not_simulated(read, environment, name) for name in nodes if _venue(read, name) != _SIMULATED]
    problems += [
        f"{name} of inventory/{environment} is no lab host (group `lab`): failures are played on hosts that `make lab` "
        "boots, never on a server. Put a lab host into the inventory, as in inventory/testnet/hosts.yml"
        for name in nodes
        if name not in _members(read, "lab") and wanted in {None, name}
    ]
    if wanted is not None and wanted not in nodes:
        problems.append(
            f"HOST={wanted}: group `tradingnodes` of inventory/{environment} has {', '.join(nodes) or 'none'}"
        )
    if wanted is None and len(nodes) != 1:
        problems.append(
            f"HOST: inventory/{environment} has {len(nodes)} hosts in group `tradingnodes`"
            + (
                f"; say which one, HOST={nodes[0]} (of {', '.join(nodes)})"
                if nodes
                else "; there is nothing to play on"
            )
        )
    chosen = wanted if wanted in nodes else nodes[0] if len(nodes) == 1 else None
    return chosen, problems


def address(read: Mapping[str, Any], name: str) -> str:
    """Return where a host is reached."""
    return str(read["_meta"]["hostvars"][name].get("ansible_host", name))


def reach(checkout: Path, environment: str, name: str, at: str) -> tuple[Target | None, list[str]]:
    """Look at a lab host; return it when a rehearsal can begin there, and everything that speaks against it."""
    host = Host(checkout=checkout, address=at)
    again = f"`make testnet`{'' if environment == 'testnet' else f' ENV={environment}'} brings it up"
    if host.ssh("true", check=False).returncode:
        return None, [f"{name} does not answer to ssh at {at}: the lab does not run; {again}"]
    problems = []
    now = look(host)
    if now is None or not now.ready or not host.is_trading():
        told = "nothing" if now is None else now.says
        problems.append(
            f"the node on {name} is not READY ({told}), so nobody could tell what a failure did to it: see "
            "`make status` and docs/operations.md, or `systemctl reset-failed tradingnode; systemctl start tradingnode`"
        )
    if host.ssh("systemctl --quiet is-active simvenue", check=False).returncode:
        problems.append(f"the exchange on {name} does not run (`systemctl status simvenue`); {again}")
    lines = host.ssh("grep ^BINANCE_BASE_URL_HTTP= /etc/tradingnode/main.env", check=False).stdout
    local = _LOCAL.search(lines)
    if local is None:
        problems.append(
            f"the node that is deployed on {name} does not trade on the simulated exchange of its own host "
            "(BINANCE_BASE_URL_HTTP in /etc/tradingnode/main.env), whatever the inventory says: `make deploy` first"
        )
    if problems or local is None:
        return None, problems
    return Target(environment=environment, name=name, host=host, port=int(local[1])), []


def _members(read: Mapping[str, Any], group: str) -> list[str]:
    return list(read.get(group, {}).get("hosts", []))


def _venue(read: Mapping[str, Any], name: str) -> str:
    return str(read["_meta"]["hostvars"].get(name, {}).get("venue", ""))


def _not_simulated(read: Mapping[str, Any], environment: str, name: str) -> str:
    return (
        f"ENV={environment}: {name} trades on `venue: {_venue(read, name)}`. Failures are played with a simulated "
        "venue only, whose ledger says what is true: set `venue: simvenue`, or take the lab of ENV=testnet"
    )
