#!/usr/bin/python
"""Ansible module: the bridge a lab's hosts are plugged into, and their way out."""

from __future__ import annotations

import contextlib
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.lab import LabError, Machine, cut_power, locked, power_off, remove_disk, run, succeeds

DOCUMENTATION = """
module: lab_network
short_description: Bridge, address, forwarding and NAT of one lab
description:
  - Makes the bridge and one nftables table per lab. Removes both when the lab's last host is gone.
  - IPv4 forwarding is switched on for the first lab and put back with the last one.
options:
  state: {description: Whether the network must exist., type: str, choices: [present, absent], default: present}
  lab: {description: The lab's name., type: str, required: true}
  bridge: {description: The bridge's name., type: str, required: true}
  subnet: {description: The lab's IPv4 network; its first address is the bridge's., type: str, required: true}
  state_dir: {description: Where lab hosts live., type: path, required: true}
  all_hosts: {description: With C(absent), also end hosts outside the play., type: bool, default: false}
  poweroff_timeout: {description: Seconds such a host gets to shut down., type: float, default: 100}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Network
  lab_network: {lab: testnet, bridge: tn-testnet, subnet: 10.213.10.0/24, state_dir: /var/lib/tradingnode-lab}
"""

RETURN = """
changed: {description: Whether anything was made or removed., returned: always, type: bool}
"""

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


@dataclass(frozen=True, kw_only=True)
class Network:
    """One lab's network."""

    lab: str
    bridge: str
    subnet: ipaddress.IPv4Network
    state_dir: Path

    @property
    def table(self) -> str:
        """The nftables table that holds all of this lab's rules."""
        return "tradingnode_lab_" + self.lab.replace("-", "_")

    @property
    def gateway(self) -> str:
        """The bridge's own address with its prefix."""
        return f"{self.subnet[1]}/{self.subnet.prefixlen}"

    @property
    def rule(self) -> str:
        """What leaves the lab leaves with the controller's address."""
        return f'ip saddr {self.subnet} oifname != "{self.bridge}" masquerade'

    @property
    def forwarding_record(self) -> Path:
        """What IPv4 forwarding was before the first lab."""
        return self.state_dir / "ip_forward.before"


def link(name: str) -> dict[str, Any] | None:
    """An interface as `ip` describes it; None when there is none."""
    if not Path(f"/sys/class/net/{name}").exists():
        return None
    found: list[dict[str, Any]] = json.loads(run(["ip", "-json", "-details", "address", "show", "dev", name]))
    return found[0]


def ensure_bridge(network: Network) -> bool:
    """Make the bridge, or mend one that was left half made."""
    found = link(network.bridge)
    changed = found is None
    if found is None:
        run(["ip", "link", "add", network.bridge, "type", "bridge"])
        found = {"addr_info": [], "flags": []}
    addresses = {f"{a['local']}/{a['prefixlen']}" for a in found["addr_info"] if a["family"] == "inet"}
    for stale in sorted(addresses - {network.gateway}):
        run(["ip", "address", "delete", stale, "dev", network.bridge])
        changed = True
    if network.gateway not in addresses:
        run(["ip", "address", "add", network.gateway, "dev", network.bridge])
        changed = True
    if "UP" not in found["flags"]:
        run(["ip", "link", "set", network.bridge, "up"])
        changed = True
    return changed


def ensure_nat(network: Network) -> bool:
    """Put the lab's table in place in one transaction, unless it is there as it should be."""
    with contextlib.suppress(LabError):
        rules = [line.strip() for line in run(["nft", "list", "table", "ip", network.table]).splitlines()]
        if network.rule in rules:
            return False
    run(
        ["nft", "-f", "-"],
        stdin=(
            f"table ip {network.table}\n"
            f"delete table ip {network.table}\n"
            f"table ip {network.table} {{\n"
            "  chain postrouting {\n"
            "    type nat hook postrouting priority srcnat; policy accept;\n"
            f"    {network.rule}\n"
            "  }\n"
            "}\n"
        ),
    )
    return True


def ensure_forwarding(network: Network) -> bool:
    """Let the controller pass packets on, and remember what it did before."""
    with locked(network.state_dir):
        # Before it has a host: another lab that is removed in this moment must not take itself for the last one.
        (network.state_dir / network.lab).mkdir(exist_ok=True)
        before = FORWARDING.read_text().strip()
        if not network.forwarding_record.exists():
            network.forwarding_record.write_text(before + "\n")
        if before == "1":
            return False
        FORWARDING.write_text("1\n")
    return True


def swallowing_chains(network: Network) -> list[str]:
    """Firewall chains of others that drop forwarded packets unless told otherwise, as Docker's does."""
    listing = json.loads(run(["nft", "-json", "list", "chains"]))
    chains = [entry["chain"] for entry in listing["nftables"] if "chain" in entry]
    names = [
        f"{chain['family']} {chain['table']} {chain['name']}"
        for chain in chains
        if chain.get("hook") == "forward" and chain.get("policy") == "drop"
    ]
    return [
        f"The firewall chain {name} drops forwarded packets by default: the lab's hosts may have no way out. Allow "
        f"them with: nft insert rule {name} iifname {network.bridge} accept; and the same with oifname"
        for name in names
    ]


def hosts_on_disk(network: Network) -> list[Machine]:
    """Every host of this lab that still has a directory."""
    lab = network.state_dir / network.lab
    if not lab.is_dir():
        return []
    names = sorted(path.name for path in lab.iterdir() if path.is_dir())
    return [Machine(state_dir=network.state_dir, lab=network.lab, name=name) for name in names]


def remove_network(network: Network) -> bool:
    """Take away what the lab had on the controller."""
    changed = False
    lab = network.state_dir / network.lab
    if succeeds(["nft", "list", "table", "ip", network.table]):
        run(["nft", "delete", "table", "ip", network.table])
        changed = True
    if link(network.bridge) is not None:
        run(["ip", "link", "delete", network.bridge])
        changed = True
    if lab.is_dir():
        lab.rmdir()
        changed = True
    return changed


def restore_forwarding(network: Network) -> bool:
    """With the last lab gone, put IPv4 forwarding back to what it was."""
    if not network.state_dir.is_dir():
        return False
    with locked(network.state_dir):
        if any(path.is_dir() for path in network.state_dir.iterdir()):
            return False
        recorded = network.forwarding_record.exists()
        if recorded:
            FORWARDING.write_text(network.forwarding_record.read_text())
            network.forwarding_record.unlink()
        try:
            network.state_dir.rmdir()
        except OSError:
            # A file system of the operator's is mounted there: it stays.
            return recorded
    return True


def end_hosts(network: Network, *, seconds: float) -> bool:
    """End the hosts that are left, in order where they let us."""
    machines = hosts_on_disk(network)
    for machine in machines:
        try:
            power_off(machine, seconds=seconds)
        except LabError:
            cut_power(machine)
        remove_disk(machine)
    return bool(machines)


def main() -> None:
    """Bring the network into the asked state."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "lab": {"type": "str", "required": True},
            "bridge": {"type": "str", "required": True},
            "subnet": {"type": "str", "required": True},
            "state_dir": {"type": "path", "required": True},
            "all_hosts": {"type": "bool", "default": False},
            "poweroff_timeout": {"type": "float", "default": 100},
        },
    )
    wanted: dict[str, Any] = module.params
    network = Network(
        lab=wanted["lab"],
        bridge=wanted["bridge"],
        subnet=ipaddress.IPv4Network(wanted["subnet"]),
        state_dir=Path(wanted["state_dir"]),
    )
    try:
        if wanted["state"] == "present":
            changed = any([ensure_bridge(network), ensure_nat(network), ensure_forwarding(network)])
            for warning in swallowing_chains(network) if changed else []:
                module.warn(warning)
        else:
            changed = wanted["all_hosts"] and end_hosts(network, seconds=wanted["poweroff_timeout"])
            if not hosts_on_disk(network):
                changed = any([changed, remove_network(network), restore_forwarding(network)])
    except (LabError, OSError) as problem:
        module.fail_json(msg=f"The network of lab {network.lab}: {problem}")
    module.exit_json(changed=changed)


if __name__ == "__main__":
    main()
