"""An inventory that cannot be deployed is refused in full, before any host is touched; the status table is truthful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.unit.roles.conftest import load, run_ansible

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {
    "group_names": ["tradingnodes", "simvenue"],
    "ansible_host": "10.213.10.11",
    "venue": "simvenue",
    "tradingnode_trader_id": "MM-001",
    "vault_redis_admin_password": "a",
    "vault_redis_tradingnode_password": "b",
    "vault_simvenue_api_key": "c",
    "vault_simvenue_api_secret": "d",
}


def _problems(repository: Path, hosts: dict[str, dict[str, Any]], env: str = "testnet") -> list[str]:
    found: list[str] = load(repository / "plugins/filter/inventory.py").inventory_problems(hosts, env)
    return found


def test_a_whole_inventory_is_accepted(repository: Path) -> None:
    """Nothing is refused when everything is there."""
    assert _problems(repository, {"lab1": GOOD}) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"venue": "simvenu"},
            "venue (inventory/testnet/group_vars/all/vars.yml) is 'simvenu': set it to simvenue or testnet",
        ),
        ({"venue": "live"}, "set it to simvenue or testnet"),
        ({"venue": "testnet"}, "vault_binance_api_key (inventory/testnet/group_vars/all/vault.yml) is missing"),
        (
            {"vault_redis_admin_password": ""},
            "vault_redis_admin_password (inventory/testnet/group_vars/all/vault.yml) is missing",
        ),
        (
            {"venue": "demo", "tradingnode_instrument_ids": ["BTCUSDT-LINEAR.BYBIT"]},
            "vault_bybit_api_key (inventory/testnet/group_vars/all/vault.yml) is missing",
        ),
        (
            {"venue": "testnet", "tradingnode_instrument_ids": ["BTCUSDT-LINEAR.BYBIT", "BTCUSDT.BINANCE_SPOT"]},
            "vault_binance_spot_api_secret (inventory/testnet/group_vars/all/vault.yml) is missing",
        ),
        ({"vault_simvenue_api_key": "CHANGE-ME"}, "make vault-edit ENV=testnet"),
        ({"tradingnode_strategies": [{"strategy_path": "CHANGE-ME"}]}, "tradingnode_strategies (inventory/testnet"),
        ({"ansible_host": "203.0.113.7"}, "lab1 (inventory/testnet/hosts.yml) has the example address 203.0.113.7"),
        ({"ansible_host": "node.example.com"}, "has the example address node.example.com"),
    ],
)
def test_each_mistake_is_named_with_its_file(repository: Path, change: dict[str, Any], expected: str) -> None:
    """A missing, unknown or example value is told with variable, file and fix."""
    assert any(expected in problem for problem in _problems(repository, {"lab1": GOOD | change}))


def test_only_the_keys_of_traded_clients_are_needed(repository: Path) -> None:
    """A node that trades on Bybit alone needs no key of Binance, not even in place of the example."""
    bybit = {"vault_bybit_api_key": "e", "vault_bybit_api_secret": "f", "vault_binance_api_key": "CHANGE-ME"}
    change = {"venue": "testnet", "tradingnode_instrument_ids": ["BTCUSDT-LINEAR.BYBIT"], **bybit}
    assert _problems(repository, {"lab1": GOOD | change}) == []


def test_a_host_with_a_copy_needs_no_key_of_a_venue(repository: Path) -> None:
    """A host that holds a copy of Redis and no node is not asked for venue keys; it is, once it has a node."""
    none = {name: value for name, value in GOOD.items() if "api" not in name} | {"venue": "testnet"}
    assert _problems(repository, {"lab1": none | {"group_names": ["redis_replicas"]}}) == []
    assert len(_problems(repository, {"lab1": none | {"group_names": ["redis_replicas", "tradingnodes"]}})) == 2


def test_a_missing_vault_is_one_problem(repository: Path) -> None:
    """Without a vault the fix is one command, not a list of secrets."""
    hosts = {"lab1": {name: value for name, value in GOOD.items() if not name.startswith("vault_")}}
    assert _problems(repository, hosts) == [
        "inventory/testnet/group_vars/all/vault.yml does not exist: make it with scripts/vault-init testnet"
    ]


def test_two_hosts_never_share_a_trader_id(repository: Path) -> None:
    """Two nodes with one trader id are refused, with both hosts named."""
    problems = _problems(repository, {"one": GOOD, "two": GOOD | {"ansible_host": "10.213.10.12"}})
    assert len(problems) == 1
    assert problems[0].startswith("one and two have the same tradingnode_trader_id MM-001")


def test_two_inventories_never_share_a_trader_id(repository: Path, tmp_path: Path) -> None:
    """A trader id that stands in another inventory is refused with that file's name; encrypted files are not read."""
    own, other = tmp_path / "testnet", tmp_path / "production/host_vars"
    for place in (own, other):
        place.mkdir(parents=True)
    (own / "hosts.yml").write_text("tradingnodes: {hosts: {lab1: {tradingnode_trader_id: MM-001}}}\n")
    (other / "t1.yml").write_text("tradingnode_trader_id: MM-001\nx: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n")
    (other / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    look = load(repository / "plugins/filter/inventory.py").inventory_problems
    assert look({"lab1": GOOD | {"tradingnode_trader_id": "MM-002"}}, "testnet", str(own)) == []
    (problem,) = look({"lab1": GOOD}, "testnet", str(own))
    assert problem.startswith(
        "lab1 has the tradingnode_trader_id MM-001, and so has inventory/production/host_vars/t1.yml"
    )


@pytest.mark.parametrize("seed", ["1", "3"])
def test_a_limited_deploy_sees_the_whole_inventory(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: str
) -> None:
    """--limit does not hide that another host has the same trader id; hosts are named in the inventory's order."""
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    place = tmp_path / "inventory/testnet"
    place.mkdir(parents=True)
    hosts = {name: {"ansible_connection": "local"} for name in ("one", "two")}
    secrets = {name: value for name, value in GOOD.items() if name not in {"group_names", "ansible_host"}}
    (place / "hosts.yml").write_text(yaml.safe_dump({"tradingnodes": {"hosts": hosts, "vars": secrets}}))
    done = run_ansible("ansible-playbook", "-i", str(place), "-l", "one", "deploy.yml", cwd=repository)
    assert done.returncode != 0
    # Ansible folds long lines.
    assert "one and two have the same tradingnode_trader_id MM-001" in " ".join(done.stdout.split())


def test_a_problem_of_all_hosts_is_told_once(repository: Path) -> None:
    """Ten hosts with one wrong variable are one line."""
    hosts = {
        f"h{i}": GOOD | {"venue": "x", "tradingnode_trader_id": f"MM-{i:03}", "ansible_host": f"10.213.10.{i + 11}"}
        for i in range(10)
    }
    assert len(_problems(repository, hosts)) == 1


def test_two_nodes_on_one_machine_share_nothing(repository: Path) -> None:
    """Two names with one address are instances of their own, or each thing they share is told with its fix."""
    own = {"tradingnode_instance": "alpha", "tradingnode_redis_password": "p", "tradingnode_binance_api_key": "k"}
    other = {"tradingnode_instance": "beta", "tradingnode_redis_password": "q", "tradingnode_binance_api_key": "l"}
    one, two = GOOD | own, GOOD | other | {"tradingnode_trader_id": "MM-002"}
    assert _problems(repository, {"one": one, "two": two}) == []
    problems = _problems(repository, {"one": one, "two": two | own})
    assert [problem.split("same ")[1].split(":")[0] for problem in problems] == [*own]
    assert problems[0].startswith("one and two are one machine (10.213.10.11)")
    assert _problems(repository, {"one": one, "two": two | own | {"ansible_host": "10.213.10.12"}}) == []


def test_redis_knows_every_node_of_its_machine(repository: Path) -> None:
    """The users of a machine's Redis are those of the nodes at its address, whichever of them is asked."""
    machines = load(repository / "plugins/filter/machines.py")
    nodes = {
        "a": {"ansible_host": "10.0.0.1", "tradingnode_trader_id": "AA-1", "tradingnode_redis_password": "one"},
        "b": {"tradingnode_trader_id": "BB-1"},
        "c": {"ansible_host": "10.0.0.1", "tradingnode_trader_id": "CC-1", "tradingnode_instance": "gamma"},
    }
    for host in ("a", "c"):
        assert machines.machine_names(nodes, nodes, host) == ["a", "c"]
    assert machines.machine_names(nodes, ["b"], "a") == []
    assert machines.redis_users([nodes["a"], nodes["c"]]) == [
        {"name": "tradingnode-main", "password": "one", "previous_password": "", "key_prefix": "trader-AA-1:"},
        {"name": "tradingnode-gamma", "password": "", "previous_password": "", "key_prefix": "trader-CC-1:"},
    ]
    assert machines.node_units(nodes.values()) == ["tradingnode.service"] * 2 + ["tradingnode@gamma.service"]


def test_no_problem_shows_a_secret(repository: Path) -> None:
    """Values of the vault stay out of the message, also when they are wrong."""
    hosts = {"lab1": GOOD | {"vault_simvenue_api_secret": "canary CHANGE-ME", "venue": "testnet"}}
    assert "canary" not in "\n".join(_problems(repository, hosts))


@pytest.mark.parametrize("env", ["testnet", "production"])
def test_derived_variables_are_those_of_roles_yml(repository: Path, env: str) -> None:
    """A mistake is told where it was made; the filter knows which variables only pass values on."""
    derived = load(repository / "plugins/filter/inventory.py").DERIVED
    keys = yaml.safe_load((repository / f"inventory/{env}/group_vars/all/roles.yml").read_text()).keys()
    assert set(keys) <= derived


def test_production_as_shipped_is_refused_in_full(repository: Path, tmp_path: Path) -> None:
    """A deploy of production that nobody filled in lists everything and touches no host."""
    place = tmp_path / "inventory/production"
    for file in ("hosts.yml", "group_vars/all/vars.yml", "group_vars/all/roles.yml"):
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).write_text((repository / "inventory/production" / file).read_text())
    secrets = ("redis_admin_password", "redis_tradingnode_password", "binance_api_key", "binance_api_secret")
    (place / "group_vars/all/vault.yml").write_text(yaml.safe_dump({f"vault_{name}": "CHANGE-ME" for name in secrets}))
    done = run_ansible("ansible-playbook", "-i", str(place), "deploy.yml", cwd=repository)
    assert done.returncode != 0
    for expected in (
        *(f"vault_{name}" for name in secrets),
        "tradingnode_trader_id",
        "tradingnode_strategies",
        "192.0.2.10",
    ):
        assert expected in done.stdout
    assert "changed=0" in done.stdout


def test_the_table_names_what_is_wrong(repository: Path) -> None:
    """The status table shows a node that trades, one that is down and one that cannot be reached, each as it is."""
    table = load(repository / "plugins/filter/status_table.py")
    node = {
        "state": "RUNNING",
        "seconds_to_ready": 1.5,
        "venues": [{"name": "BINANCE", "connected": True}],
        "reconciled": True,
        "orders_open": 2,
        "fills": 7,
        "positions": [{"instrument_id": "BTCUSDT-PERP.BINANCE", "quantity": "-0.010", "avg_px": 59_974.5}],
        "redis": {"aof_enabled": True, "aof_last_write_status": "ok"},
    }
    rows = table.status_rows(
        {
            "up": {"ready": True, "unit": {"ActiveState": "active"}, "node": node, "reason": ""},
            "down": {
                "ready": False,
                "unit": {"ActiveState": "failed"},
                "node": None,
                "reason": "75 Redis not available",
            },
            "gone": {"unreachable": True, "msg": "No route to host"},
        }
    )
    lines = table.status_table(rows).splitlines()
    assert [row["ready"] for row in rows] == [True, False, False]
    assert "BTCUSDT-PERP.BINANCE -0.010 @ 59974.5" in lines[2]
    assert lines[-2:] == ["down: 75 Redis not available", "gone: cannot be asked: No route to host"]
    assert "unreachable" in lines[4]
