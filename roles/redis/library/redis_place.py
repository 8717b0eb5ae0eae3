#!/usr/bin/python
"""Ansible module: which addresses are this host's own, and which trading nodes have a unit on it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

UNITS = Path("/etc/systemd/system")
_NODES = ("tradingnode.service", "tradingnode@?*.service")

DOCUMENTATION = """
module: redis_place
short_description: Find out whether a host can have, or be, a copy of a Redis
description:
  - Looks only. What the inventory cannot know - addresses that the host has, a node that was left on it.
options:
  addresses: {description: Addresses the host should have., type: list, elements: str, required: true}
  primary: {description: Address or name that must not be the host; empty for none., type: str, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Look
  redis_place: {addresses: [192.0.2.10], primary: ""}
"""

RETURN = """
missing: {description: Addresses the host does not have., returned: success, type: list, elements: str}
itself: {description: Whether the primary is this host., returned: success, type: bool}
nodes: {description: Units of trading nodes., returned: success, type: list, elements: str}
"""


def own(name: str) -> bool:
    """Whether an address, or one that a name stands for, is this host's; a name that nobody knows is not."""
    try:
        found = socket.getaddrinfo(name, 0, type=socket.SOCK_DGRAM)
    except OSError:
        return False
    return any(_binds(family, address) for family, _, _, _, address in found)


def _binds(family: int, address: Any) -> bool:  # noqa: ANN401 - as the socket module has it, by family
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind(address)
    except OSError:
        return False
    return True


def nodes(units: Path) -> list[str]:
    """Units of trading nodes; a broken link is one too."""
    return sorted(path.name for pattern in _NODES for path in units.glob(pattern))


def main() -> None:
    """Look."""
    module = AnsibleModule(
        argument_spec={
            "addresses": {"type": "list", "elements": "str", "required": True},
            "primary": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    wanted: dict[str, Any] = module.params
    module.exit_json(
        changed=False,
        missing=[address for address in wanted["addresses"] if not own(address)],
        itself=bool(wanted["primary"]) and own(wanted["primary"]),
        nodes=nodes(UNITS),
    )


if __name__ == "__main__":
    main()
