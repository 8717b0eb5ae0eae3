"""A lab of three hosts, what a deploy to it printed, and the secrets that must not be in there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from tests.support.lab import run

if TYPE_CHECKING:
    from pathlib import Path

THREE = ("lab1", "lab2", "lab3")
"""Names of the hosts of a small fleet."""

_SHORTEST = 12


def closing_rows(output: str) -> dict[str, dict[str, str]]:
    """The closing table by host: instance, before, after, result, state."""
    rows = [
        re.split(r"\s{2,}", line.strip()) for line in output.splitlines() if re.match(r" \w+ +(?:main|simvenue) ", line)
    ]
    return {row[0]: dict(zip(("instance", "before", "after", "result", "state"), row[1:], strict=True)) for row in rows}


def changed(output: str) -> dict[str, int]:
    """How many tasks changed something, by host."""
    recaps = re.findall(r"^(\w+)\s+: ok=\d+\s+changed=(\d+)", output, re.MULTILINE)
    return {host: int(count) for host, count in recaps}


def secrets_of(checkout: Path) -> dict[str, str]:
    """Names of a checkout's secrets by their values: its vault, opened, and the vault's password."""
    vault = "inventory/testnet/group_vars/all/vault.yml"
    opened = run(checkout, ".venv/bin/ansible-vault", "view", vault).stdout
    found = {
        value: name
        for name, value in re.findall(r"^(\w+): *[\"']?([^\"'\s]+)", opened, re.MULTILINE)
        if len(value) > 12
    }
    assert len(found) >= 4, "the vault was not read"
    return found | {(checkout / ".vault/testnet").read_text().strip(): "the vault's password"}


def three_hosts(checkout: Path, subnet: str) -> None:
    """Writes an inventory of three lab hosts, each with a venue and a trader id of its own."""
    lab = {name: {"ansible_host": f"{subnet}.{11 + n}"} for n, name in enumerate(THREE)}
    trading = {name: {"tradingnode_trader_id": f"MM-00{n + 1}"} for n, name in enumerate(THREE)}
    groups = {"tradingnodes": trading, "simvenue": dict.fromkeys(THREE), "lab": lab}
    document = {group: {"hosts": hosts} for group, hosts in groups.items()}
    (checkout / "inventory/testnet/hosts.yml").write_text(yaml.safe_dump(document))
