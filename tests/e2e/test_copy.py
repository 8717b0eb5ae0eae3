"""A copy of Redis on another host: the node's host is destroyed, the copy takes its place, and the ledger agrees."""

from __future__ import annotations

import re
import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.authority import authority, certified
from tests.support.deploys import changed
from tests.support.exchange import exchange, trade_on
from tests.support.lab import Host, clone, run, wait_for

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.nightly

_SUBNET = "10.213.31"
_NODE, _COPY = f"{_SUBNET}.11", f"{_SUBNET}.12"
_PLAY = ".venv/bin/ansible-playbook"


def _inventory(checkout: Path, secrets: dict[str, str]) -> None:
    """Lab1 trades and lets lab2 copy its Redis."""
    place = checkout / "inventory/testnet"
    lab = {"lab1": {"ansible_host": _NODE}, "lab2": {"ansible_host": _COPY}}
    groups: dict[str, dict[str, Any]] = {
        "tradingnodes": {"lab1": None},
        "redis_replicas": {"lab2": {"redis_replica_of": _NODE}},
        "lab": lab,
    }
    (place / "hosts.yml").write_text(yaml.safe_dump({group: {"hosts": hosts} for group, hosts in groups.items()}))
    own = place / "host_vars/lab1.yml"
    door = {"redis_tls_listen": [_NODE], "base_firewall_ports": [{"port": 6380, "sources": [_COPY]}]}
    own.write_text(yaml.safe_dump({**yaml.safe_load(own.read_text()), **door, **secrets}))
    (place / "host_vars/lab2.yml").write_text(yaml.safe_dump(secrets))


def _promote(checkout: Path) -> None:
    """As docs/backup.md says: the node's name gets the address of the copy, whose own name goes."""
    place = checkout / "inventory/testnet"
    groups: dict[str, dict[str, Any]] = {"tradingnodes": {"lab1": None}, "lab": {"lab1": {"ansible_host": _COPY}}}
    (place / "hosts.yml").write_text(yaml.safe_dump({group: {"hosts": hosts} for group, hosts in groups.items()}))
    own = place / "host_vars/lab1.yml"
    left = yaml.safe_load(own.read_text())
    del left["redis_tls_listen"], left["base_firewall_ports"]
    own.write_text(yaml.safe_dump(left))


def _reaches(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(3)
        return probe.connect_ex((_NODE, port)) == 0


def test_a_destroyed_host_is_replaced_by_its_copy(repository: Path, tmp_path: Path) -> None:
    """Power cut and disk gone amid the trading: the copy, promoted, has a node READY and equal to the ledger."""
    checkout = clone(repository, tmp_path / "tradingnode-ops", lab="rep", subnet=_SUBNET)
    host, copy = Host(checkout=checkout, address=_NODE), Host(checkout=checkout, address=_COPY)
    with exchange(tmp_path) as venue:
        trade_on(checkout, venue, controller=f"{_SUBNET}.1")
        _inventory(checkout, certified(authority(tmp_path / "authority")))
        hosts = checkout / "inventory/testnet/hosts.yml"
        declared = hosts.read_text()
        try:
            run(checkout, "make", "testnet", timeout=2400)
            again = run(checkout, "make", "deploy", timeout=1200).stdout
            assert changed(again) == {"lab1": 0, "lab2": 0}, again
            listening = host.ssh("ss --listening --tcp --numeric --no-header 'sport = :6379'").stdout.split("\n")
            assert {line.split()[3] for line in listening if line} == {"127.0.0.1:6379", "[::1]:6379"}
            assert not _reaches(6380), "the firewall lets the copy in and nobody else"
            wait_for(lambda: bool(host.node("dump")["positions"]), within=300, what="a position")
            before = venue.equal_dump(host)
            wait_for(lambda: host.node("status")["fills"] > len(before["fills"]), within=300, what="fills after that")

            run(checkout, _PLAY, "playbooks/lab.yml", "-e", "lab_host_state=killed", "-l", "lab1")
            lost = time.monotonic()
            run(checkout, _PLAY, "playbooks/lab_down.yml", "-l", "lab1")
            _promote(checkout)
            promoted = run(checkout, "make", "deploy", timeout=2400).stdout
            wait_for(copy.is_trading, within=60, what="a node that trades on the host of the copy")
            took = time.monotonic() - lost
            after = venue.equal_dump(copy)
            assert {fill["trade_id"] for fill in before["fills"]} <= {fill["trade_id"] for fill in after["fills"]}
            assert {order["client_order_id"] for order in before["orders"]} <= {
                order["client_order_id"] for order in after["orders"]
            }
            # Ansible folds long lines.
            told = " ".join(promoted.split())
            assert f"was a copy of {_NODE} and has" in told
            heard = re.search(r"It last heard of it \d+ s ago|It has not heard of it", told)
            print(f"RUNNING {took:.0f} s after the host was lost; {len(after['fills'])} fills; {heard and heard[0]}")
            fills = len(after["fills"])
            wait_for(lambda: copy.node("status")["fills"] > fills, within=300, what="a fill on the new host")
        finally:
            hosts.write_text(declared)
            run(checkout, "make", "lab-down")
