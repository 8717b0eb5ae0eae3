"""Ansible filters: which names in the inventory are one machine, and what Redis there needs to know of their nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.errors import AnsibleFilterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from nodecfg.instance import Instance

try:
    from nodecfg.instance import MAIN, derive
except ImportError as error:
    raise AnsibleFilterError(
        f"the Python that runs Ansible has no nodecfg ({error}): run `make setup` and use the environment it makes"
    ) from error


def machine_names(hostvars: Mapping[str, Mapping[str, Any]], names: Iterable[str], host: str) -> list[str]:
    """Return those of the names, in their order, that have the same address as the host.

    Args:
        hostvars: Ansible's variable of that name.
        names: Names in the inventory to choose from, such as a group's.
        host: A name in the inventory.
    """
    return [name for name in names if address(hostvars, name) == address(hostvars, host)]


def address(hostvars: Mapping[str, Mapping[str, Any]], name: str) -> str:
    """Return where a name of the inventory leads: ansible_host, else the name itself."""
    return str(hostvars[name].get("ansible_host") or name)


def redis_users(nodes: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the entries of redis_users for nodes that share a Redis, one each.

    Args:
        nodes: The variables of each node, as hostvars has them.
    """
    return [
        {
            "name": _instance(node).redis_user,
            "password": str(node.get("tradingnode_redis_password") or ""),
            "key_prefix": f"trader-{node.get('tradingnode_trader_id') or ''}:",
        }
        for node in nodes
    ]


def node_units(nodes: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the systemd unit of each node."""
    return [_instance(node).unit for node in nodes]


def _instance(node: Mapping[str, Any]) -> Instance:
    return derive(str(node.get("tradingnode_instance") or MAIN))


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by their name in templates."""
        return {"machine_names": machine_names, "redis_users": redis_users, "node_units": node_units}
