#!/usr/bin/python
"""Ansible module: whether this controller can carry a lab, with every problem named at once."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.lab import LabError, run

DOCUMENTATION = """
module: lab_probe
short_description: Check programs, kernel, names and addresses before a lab is built
description:
  - Tries each kernel feature for real, in namespaces of its own that end with the check.
options:
  lab: {description: The lab's name., type: str, required: true}
  bridge: {description: The lab's bridge., type: str, required: true}
  subnet: {description: The lab's IPv4 network., type: str, required: true}
  hosts: {description: Name and address of every host., type: dict, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Probe
  lab_probe: {lab: testnet, bridge: tn-testnet, subnet: 10.213.10.0/24, hosts: {lab1: 10.213.10.11}}
"""

RETURN = """
changed: {description: Nothing is ever changed., returned: always, type: bool}
"""

# Program -> Debian package.
PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "mount": "mount",
}

# What is tried -> how. Runs in its own mount and network namespace, on a file system of its own.
FEATURES = {
    "overlay file systems (CONFIG_OVERLAY_FS)": (
        "mkdir l u w m && mount -t overlay overlay -o lowerdir=l,upperdir=u,workdir=w m"
    ),
    "network bridges (CONFIG_BRIDGE)": "ip link add probe0 type bridge",
    "virtual cables (CONFIG_VETH)": "ip link add probe1 type veth peer name probe2",
    "nftables with masquerading (CONFIG_NF_TABLES, CONFIG_NFT_MASQ)": (
        "nft add table ip probe && nft 'add chain ip probe c { type nat hook postrouting priority srcnat; }' "
        "&& nft add rule ip probe c masquerade"
    ),
}

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_INTERFACE = 15
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def missing_programs() -> list[str]:
    """What is not installed."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    packages = {package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None}
    if not KEYRING.is_file():
        packages.add("debian-archive-keyring")
    if not packages:
        return []
    names = " ".join(sorted(packages))
    return [f"missing on this machine: {names}; install with `make setup` or `apt-get install {names}`"]


def missing_features() -> list[str]:
    """What the kernel does not do, or does not let us do."""
    problems = []
    for feature, attempt in FEATURES.items():
        script = f"mount -t tmpfs tmpfs /mnt && cd /mnt && {attempt}"
        try:
            run(["unshare", "--mount", "--net", "sh", "-c", script])
        except LabError as problem:
            reason = str(problem).partition(": ")[2]
            problems.append(f"this kernel does not offer {feature}: {reason}; load its module or use another machine")
    return problems


def wrong_names(lab: str, bridge: str, hosts: dict[str, str]) -> list[str]:
    """Names that cannot be host names or interface names."""
    problems = [
        f"{what} {name!r} is no host name: use lower-case letters, digits and hyphens"
        for what, name in [("lab_host_lab", lab), *(("host", host) for host in hosts)]
        if not NAME.fullmatch(name)
    ]
    if len(bridge) > LONGEST_INTERFACE:
        problems.append(f"lab_host_bridge {bridge!r} has more than {LONGEST_INTERFACE} characters: choose another")
    return problems


def wrong_addresses(subnet: ipaddress.IPv4Network, hosts: dict[str, str]) -> list[str]:
    """Addresses that are not in the lab's network, taken by the bridge or given twice."""
    problems = []
    owners: dict[str, str] = {}
    for host, text in hosts.items():
        fix = f"set ansible_host of {host} in the inventory to a free address of {subnet}"
        try:
            address = ipaddress.IPv4Address(text)
        except ValueError:
            problems.append(f"host {host} has no IPv4 address ({text or 'nothing'!r}): {fix}")
            continue
        if address not in subnet or address in {subnet.network_address, subnet.broadcast_address}:
            problems.append(f"address {address} of host {host} is not in lab_host_subnet {subnet}: {fix}")
        elif address == subnet[1]:
            problems.append(f"address {address} of host {host} is the bridge's: {fix}")
        elif text in owners:
            problems.append(f"address {address} is given to {owners[text]} and {host}: {fix}")
        owners.setdefault(text, host)
    return problems


def taken_network(subnet: ipaddress.IPv4Network, bridge: str) -> list[str]:
    """Routes of others that overlap the lab's network, and an interface that bears the bridge's name."""
    problems = []
    for route in json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"])):
        target = route.get("dst", "default")
        if target == "default" or route.get("dev") in {bridge, None} or route.get("type") in {"broadcast", "multicast"}:
            continue
        if ipaddress.IPv4Network(target, strict=False).overlaps(subnet):
            problems.append(
                f"lab_host_subnet {subnet} is in use: this machine already reaches {target} by {route['dev']}; "
                "choose another lab_host_subnet, or end what uses it"
            )
    interface = Path(f"/sys/class/net/{bridge}")
    if interface.exists() and not (interface / "bridge").is_dir():
        problems.append(f"lab_host_bridge {bridge} exists and is no bridge: choose another name")
    return problems


def main() -> None:
    """Fail with every problem there is, or say nothing."""
    module = AnsibleModule(
        argument_spec={
            "lab": {"type": "str", "required": True},
            "bridge": {"type": "str", "required": True},
            "subnet": {"type": "str", "required": True},
            "hosts": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    wanted: dict[str, Any] = module.params
    problems = missing_programs()
    if problems:
        module.fail_json(msg=f"The lab cannot start: {problems[0]}")
    try:
        subnet = ipaddress.IPv4Network(wanted["subnet"])
    except ValueError as problem:
        module.fail_json(msg=f"The lab cannot start: lab_host_subnet is no IPv4 network: {problem}")
    problems += wrong_names(wanted["lab"], wanted["bridge"], wanted["hosts"])
    problems += wrong_addresses(subnet, wanted["hosts"])
    problems += taken_network(subnet, wanted["bridge"])
    problems += missing_features()
    if problems:
        module.fail_json(msg="The lab cannot start: " + ". ".join(problems))
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
