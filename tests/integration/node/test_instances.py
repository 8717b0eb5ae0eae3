"""Two named instances on one host, beside one Redis and one venue, share nothing."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis as redis_client
import yaml

from nodecfg.instance import derive_all
from tests.integration.node.conftest import where
from tests.integration.node.test_health import get
from tests.integration.node.world import (
    ACL,
    API_KEY,
    API_SECRET,
    BIN,
    MARKET_MAKER,
    REDIS_PASSWORD,
    REDIS_USER,
    TRADER,
    Node,
    Redis,
    Venue,
    eventually,
)
from tests.support.ledger import differences

if TYPE_CHECKING:
    from collections.abc import Iterator

TRADERS = {"alpha": "AL-001", "beta": "BE-001"}


@dataclass
class Shared(Venue):
    """A venue with one account for each instance, named like it."""

    account: str = "alpha"

    def start(self) -> Shared:
        """Starts the venue as its parent does, with two accounts in its file."""
        super().start()
        self.stop()
        config = self.directory / "simvenue.yaml"
        document = yaml.safe_load(config.read_text())
        document["accounts"] = [
            {"name": name, **keys(document["accounts"][0], name), "balances": {"USDT": "100000"}} for name in TRADERS
        ]
        config.write_text(yaml.safe_dump(document))
        with (self.directory / "simvenue.log").open("ab") as log:
            self.process = subprocess.Popen([BIN / "simvenue", "serve", "--config", config], stdout=log, stderr=log)
        eventually(self._answers, what="simvenue answers")
        return self

    def ledger(self) -> dict[str, Any]:
        """Returns the account as the venue has it."""
        document: dict[str, Any] = self.call("GET", f"/admin/v1/ledger?account={self.account}")
        return document

    def of(self, account: str) -> Shared:
        """Returns the same venue, seen by another account."""
        return replace(self, account=account)


def keys(entry: dict[str, Any], name: str) -> dict[str, Any]:
    """Returns the credentials of an account, in the form that the entry has."""
    pair = {"api_key": f"{name}-{API_KEY}", "api_secret": f"{name}-{API_SECRET}"}
    return {"keys": [pair]} if "keys" in entry else pair


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    """A running venue with both accounts."""
    process = Shared(tmp_path / "venue").start()
    yield process
    process.stop()


@pytest.fixture
def nodes(redis: Redis, shared: Shared, variables: dict[str, str], tmp_path: Path) -> Iterator[dict[str, Node]]:
    """Both instances, with what their names lead to: trader id, Redis user, ports, directories. Not started."""
    made = {}
    for instance in derive_all(TRADERS):
        name = instance.name
        user = ACL.replace(REDIS_USER, instance.redis_user).replace(TRADER, TRADERS[name])
        redis.admin("ACL", "SETUSER", *user.replace(REDIS_PASSWORD, REDIS_PASSWORD + name).split()[1:])
        made[name] = Node(
            tmp_path / name,
            {
                **variables,
                **where(redis, shared.port),
                "NAUTILUS_TRADER_ID": TRADERS[name],
                "REDIS_USERNAME": instance.redis_user,
                "REDIS_PASSWORD": REDIS_PASSWORD + name,
                "BINANCE_API_KEY": f"{name}-{API_KEY}",
                "BINANCE_API_SECRET": f"{name}-{API_SECRET}",
                "HEALTH_REST_PORT": str(instance.ports.health),
                "HEALTH_GRPC_PORT": str(instance.ports.grpc),
            },
            strategies=[MARKET_MAKER],
            instance=name,
        )
    yield made
    for node in made.values():
        node.stop()


def files(node: Node, tmp_path: Path) -> set[Path]:
    """Returns every file below the test's directory that the process has open."""
    assert node.process is not None
    found = set()
    for descriptor in Path("/proc", str(node.process.pid), "fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(descriptor.readlink())
    return {path for path in found if path.is_relative_to(tmp_path)}


def filled(venue: Shared) -> bool:
    """Says whether the account was filled."""
    return bool(venue.ledger()["fills"])


@pytest.mark.slow
def test_two_instances_share_nothing(nodes: dict[str, Node], shared: Shared, redis: Redis, tmp_path: Path) -> None:
    """Both trade on their own account; what happens to one, halt or kill, the other does not notice."""
    alpha, beta = nodes["alpha"], nodes["beta"]
    venues = {name: shared.of(name) for name in nodes}
    for node in nodes.values():
        node.start()
    for name, node in nodes.items():
        node.wait_ready(60)
        eventually(partial(filled, venues[name]), seconds=40, what=f"fills of {name}")
        status = node.ask("status")
        assert (status["instance"], status["trader_id"], status["state"]) == (name, TRADERS[name], "RUNNING")
        assert get(node, "/api/v1/health")[1]["instance"] == name
    assert files(alpha, tmp_path)
    assert not files(alpha, tmp_path) & files(beta, tmp_path)
    for name, other in (("alpha", "BE-001"), ("beta", "AL-001")):
        variables = nodes[name].variables
        client = redis_client.Redis(
            port=redis.port, username=variables["REDIS_USERNAME"], password=variables["REDIS_PASSWORD"]
        )
        with client, pytest.raises(redis_client.exceptions.NoPermissionError):
            client.get(f"trader-{other}:general:anything")

    sent = len(venues["beta"].ledger()["orders"])
    alpha.act("halt", "--why", "only alpha")
    assert venues["alpha"].open_orders() == []
    eventually(lambda: len(venues["beta"].ledger()["orders"]) > sent + 1, what="beta trades on")
    assert beta.ask("status")["state"] == "RUNNING"
    assert not (beta.directory / "acts.jsonl").exists()

    alpha.signal(signal.SIGKILL)
    alpha.wait_exit()
    sent = len(venues["beta"].ledger()["orders"])
    eventually(lambda: len(venues["beta"].ledger()["orders"]) > sent + 1, what="beta trades on")
    assert get(beta, "/api/v1/ready")[0] == 200
    assert [line for line in beta.status_lines() if line.startswith("DEGRADED")] == []
    alpha.start().wait_ready(60)
    assert (alpha.ask("status")["state"], beta.ask("status")["state"]) == ("HALTED", "RUNNING")

    shared.call("POST", "/admin/v1/market/pause")
    for name, node in nodes.items():
        left: list[str] = []

        def equal(node: Node = node, venue: Shared = venues[name], left: list[str] = left) -> bool:
            left[:] = differences(node.ask("dump"), venue.ledger())
            return not left

        eventually(equal, what=f"{name} equals its account {left}")
