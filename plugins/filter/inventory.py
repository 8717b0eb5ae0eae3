"""Ansible filter: everything in an inventory that a deploy would stumble over, found before any host is touched."""

from __future__ import annotations

import ipaddress
import itertools
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PLACEHOLDER = "CHANGE-ME"
VENUES = {"testnet": ("simvenue", "testnet", "demo"), "production": ("live", "testnet", "demo")}
"""What each inventory may trade on; an inventory with another name may choose from all."""

_ANY_VENUE = ("simvenue", "testnet", "demo", "live")
# Addresses and names that belong to documentation (RFC 5737, RFC 3849, RFC 2606).
_EXAMPLE_NETWORKS = tuple(
    ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)
_EXAMPLE_NAMES = (".example", "example.com", "example.net", "example.org")
_SECRETS = ("vault_redis_admin_password", "vault_redis_tradingnode_password")
_CLIENTS = ("BINANCE", "BINANCE_SPOT", "BINANCE_MARGIN", "BINANCE_COIN_FUTURES", "BYBIT")
"""What an instrument id may end in; the first takes what ends in nothing known."""

_OURS = ("vault_", "tradingnode_", "redis_", "simvenue_", "base_", "release_", "venue")
DERIVED = frozenset(
    {
        "__machine_nodes",
        "backup_dependent_units",
        "backup_directory",
        "backup_identity",
        "backup_redis_admin_password",
        "backup_trader_id",
        "redis_admin_password",
        "redis_dependent_units",
        "redis_replication_password",
        "redis_tls_ca",
        "redis_tls_certificate",
        "redis_tls_key",
        "redis_users",
        "simvenue_api_key",
        "simvenue_api_secret",
        *(f"tradingnode_{client.lower()}_api_{kind}" for client in _CLIENTS for kind in ("key", "secret")),
        "tradingnode_redis_password",
        "tradingnode_venue",
    }
)
"""Variables of roles.yml: what is wrong with them is wrong where they come from."""

_OWN_ON_A_MACHINE = {
    "tradingnode_instance": "give each its own in inventory/…/host_vars/HOST.yml (docs/instances.md)",
    "tradingnode_redis_password": "with it each could read the other's keys; set tradingnode_redis_password in "
    "inventory/…/host_vars/HOST.yml to a secret of its own from the vault",
    "tradingnode_binance_api_key": "two nodes on one account take each other's orders for a stranger's; set the keys "
    "of an account (or subaccount) of its own in inventory/…/host_vars/HOST.yml",
}
"""What two nodes on one machine must not share, and what to do when they do."""


def inventory_problems(hosts: Mapping[str, Mapping[str, Any]], env: str, directory: str | None = None) -> list[str]:
    """Return one line per problem: variable, file, what is wrong, what to do.

    Args:
        hosts: The variables of each host, as written in the inventory.
        env: Name of the inventory's directory.
        directory: The inventory itself; its neighbours must not use the same trader ids. None: no neighbours.
    """
    # One problem of `all` is one line, however many hosts see it.
    found: dict[str, list[str]] = defaultdict(list)
    for host, variables in hosts.items():
        for problem in _host_problems(host, variables, env):
            found[problem].append(host)
    everywhere = len(hosts)
    lines = [p if len(names) == everywhere else f"{', '.join(names)}: {p}" for p, names in found.items()]
    elsewhere = _trader_ids_of_neighbours(Path(directory)) if directory else {}
    return [
        *lines,
        *_shared_trader_ids(hosts),
        *_shared_on_a_machine(hosts),
        *_used_elsewhere(hosts, elsewhere),
    ]


def _host_problems(host: str, variables: Mapping[str, Any], env: str) -> Iterator[str]:
    vars_file, vault_file = (f"inventory/{env}/group_vars/all/{name}.yml" for name in ("vars", "vault"))
    venue = variables.get("venue")
    allowed = VENUES.get(env, _ANY_VENUE)
    if venue not in allowed:
        yield f"venue ({vars_file}) is {venue!r}: set it to {' or '.join(allowed)}"
    # A host that only holds a copy of a node's Redis needs no key of a venue.
    copy = {"redis_replicas"} == {"redis_replicas", "tradingnodes", "simvenue"}.intersection(
        variables.get("group_names", [])
    )
    needed = _keys(venue, variables.get("tradingnode_instrument_ids")) if venue in allowed and not copy else ()
    if not any(name.startswith("vault_") for name in variables):
        yield f"{vault_file} does not exist: make it with scripts/vault-init {env}"
    else:
        for name in (*_SECRETS, *needed):
            if not variables.get(name):
                yield f"{name} ({vault_file}) is missing: set it with make vault-edit ENV={env}"
    unused = {f"vault_{client.lower()}_api_{kind}" for client in _CLIENTS for kind in ("key", "secret")} - {*needed}
    for name in sorted(variables.keys() - unused):
        if name.startswith(_OURS) and name not in DERIVED and PLACEHOLDER in _flat(variables[name]):
            secret = name.startswith("vault_")
            file, how = (vault_file, f"make vault-edit ENV={env}") if secret else (vars_file, "edit the file")
            yield f"{name} ({file}) still holds the example value: set your own ({how})"
    address = str(variables.get("ansible_host") or host)
    if _is_example(address):
        yield f"{host} (inventory/{env}/hosts.yml) has the example address {address}: set ansible_host to your host's"
    if env == "production" and "simvenue" in variables.get("group_names", []):
        yield f"{host} (inventory/{env}/hosts.yml) is in group simvenue: a production host runs no simulated exchange"


def _keys(venue: object, instrument_ids: object) -> tuple[str, ...]:
    if venue == "simvenue":
        return ("vault_simvenue_api_key", "vault_simvenue_api_secret")
    named = instrument_ids if isinstance(instrument_ids, list) else []
    endings = {str(one).rpartition(".")[2] for one in named}
    clients = [client for client in _CLIENTS if client in endings]
    if endings - set(clients) or not clients:
        clients = sorted({_CLIENTS[0], *clients})
    return tuple(f"vault_{client.lower()}_api_{kind}" for client in clients for kind in ("key", "secret"))


def _shared_trader_ids(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    users: dict[str, list[str]] = defaultdict(list)
    for host, variables in hosts.items():
        if "tradingnodes" in variables.get("group_names", []) and (trader_id := variables.get("tradingnode_trader_id")):
            users[str(trader_id)].append(host)
    for trader_id, names in users.items():
        if len(names) > 1:
            yield (
                f"{' and '.join(names)} have the same tradingnode_trader_id {trader_id}; two live nodes with one id "
                "trade against each other's state: give each its own in inventory/…/host_vars/HOST.yml"
            )


def _shared_on_a_machine(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    machines: dict[str, list[str]] = defaultdict(list)
    for host, variables in hosts.items():
        if "tradingnodes" in variables.get("group_names", []):
            machines[str(variables.get("ansible_host") or host)].append(host)
    for address, names in machines.items():
        # In the order of the inventory; each is compared with those before it.
        for one, other in itertools.combinations(names, 2):
            for name, fix in _OWN_ON_A_MACHINE.items():
                default = "main" if name == "tradingnode_instance" else None
                mine, theirs = (hosts[node].get(name, default) for node in (one, other))
                if mine and mine == theirs:
                    yield f"{one} and {other} are one machine ({address}) and have the same {name}: {fix}"


def _used_elsewhere(hosts: Mapping[str, Mapping[str, Any]], elsewhere: Mapping[str, str]) -> Iterator[str]:
    own = {str(v["tradingnode_trader_id"]): host for host, v in hosts.items() if v.get("tradingnode_trader_id")}
    for trader_id in sorted(own.keys() & elsewhere.keys()):
        yield (
            f"{own[trader_id]} has the tradingnode_trader_id {trader_id}, and so has {elsewhere[trader_id]}: one live "
            "node per trader id, ever; give one of them another"
        )


def _trader_ids_of_neighbours(directory: Path) -> dict[str, str]:
    """Trader ids that stand in other inventories beside this one, with the file; what is encrypted is not looked at."""
    found: dict[str, str] = {}
    for file in sorted(directory.resolve().parent.glob("*/**/*.yml")):
        if directory.resolve() in file.parents or file.name == "vault.yml":
            continue
        try:
            documents = list(yaml.load_all(file.read_text(encoding="utf-8"), Loader=_AnyTag))
        except (OSError, ValueError, yaml.YAMLError):
            continue
        place = f"inventory/{file.relative_to(directory.resolve().parent)}"
        found |= {trader_id: place for document in documents for trader_id in _trader_ids(document)}
    return found


class _AnyTag(yaml.SafeLoader):
    """Reads files with Ansible's own tags (!vault, !unsafe), whose values do not matter here."""


_AnyTag.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def _trader_ids(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        trader_id = value.get("tradingnode_trader_id")
        if isinstance(trader_id, str) and "{{" not in trader_id and PLACEHOLDER not in trader_id:
            yield trader_id
        for item in value.values():
            yield from _trader_ids(item)
    elif isinstance(value, list):
        for item in value:
            yield from _trader_ids(item)


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(_flat(item) for item in value.values())
    if isinstance(value, list | tuple):
        return " ".join(_flat(item) for item in value)
    return str(value)


def _is_example(address: str) -> bool:
    try:
        return any(ipaddress.ip_address(address) in network for network in _EXAMPLE_NETWORKS)
    except ValueError:
        return address.endswith(_EXAMPLE_NAMES)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by their name in templates."""
        return {"inventory_problems": inventory_problems}
