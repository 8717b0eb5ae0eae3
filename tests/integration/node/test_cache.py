"""A cached record that cannot be read keeps the node down with its name, and is never thrown away."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import redis as redis_client

from tests.integration.node.misbehave import misbehave
from tests.integration.node.world import REDIS_PASSWORD, REDIS_USER, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Node, Redis, Venue

pytestmark = pytest.mark.slow

BUY = {"account": "node", "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}


def verify(node: Node) -> tuple[int, dict[str, Any]]:
    """Runs `noderun cache verify`."""
    command = [str(Path(sys.executable).parent / "noderun"), "cache", "verify", "--json"]
    done = subprocess.run(
        [*command, "--env-file", str(node.directory / "node.env")], capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def leave_an_order(node: Node, venue: Venue, redis: Redis) -> str:
    """Runs a node until an order has been filled, stops it, and returns the key of that order."""
    node.strategies = [misbehave("on_order_quietly")]
    node.start().wait_ready()
    eventually(lambda: venue.ledger()["fills"], what="a fill")
    node.signal(signal.SIGTERM)
    assert node.wait_exit() == 0
    return redis.admin("--scan", "--pattern", "trader-MM-001:orders:*").splitlines()[0]


def events_of(redis: Redis, key: str) -> list[bytes]:
    """Returns the events of an order as they are stored."""
    with connect(redis) as connection:
        return list(connection.lrange(key, 0, -1))


def connect(redis: Redis) -> Any:  # noqa: ANN401 the client's type is generic over what it returns
    """Returns a client as the node's user."""
    return redis_client.Redis(port=redis.port, username=REDIS_USER, password=REDIS_PASSWORD, protocol=2)


def poison(redis: Redis, key: str, change: dict[str, Any]) -> None:
    """Changes fields of the first event of an order."""
    with connect(redis) as connection:
        events = events_of(redis, key)
        first = {**msgspec.msgpack.decode(events[0]), **change}
        connection.delete(key)
        connection.rpush(key, msgspec.msgpack.encode(first), *events[1:])


def test_healthy_cache_has_nothing_to_report(node: Node, venue: Venue, redis: Redis) -> None:
    """What a node left is read record by record, and all is well."""
    leave_an_order(node, venue, redis)
    code, found = verify(node)
    assert (code, found["problems"]) == (0, {})
    assert found["records"] >= 5


def test_a_dump_tells_the_state_without_a_node(node: Node, venue: Venue, redis: Redis) -> None:
    """`noderun cache dump` tells the orders, fills, position and balances that the venue's ledger has."""
    leave_an_order(node, venue, redis)
    command = [str(Path(sys.executable).parent / "noderun"), "cache", "dump"]
    done = subprocess.run(
        [*command, "--env-file", str(node.directory / "node.env")], capture_output=True, text=True, check=True
    )
    found, ledger = json.loads(done.stdout.splitlines()[-1]), venue.ledger()
    told = {trade for order in found["orders"].values() for trade, *_ in order["fills"]}
    assert told == {str(fill["trade_id"]) for fill in ledger["fills"]}
    assert {name: order["status"] for name, order in found["orders"].items()} == {
        order["client_order_id"]: order["status"] for order in ledger["orders"]
    }
    (position,) = (position for position in found["positions"].values() if position["quantity"] != "0")
    assert [float(position["quantity"])] == [float(one["quantity"]) for one in ledger["positions"]]
    assert all(account["total"] for account in found["accounts"].values())


def test_state_of_strategies_survives_a_kill(node: Node, redis: Redis) -> None:
    """What a strategy saves is in Redis while it runs, and given back to it after a kill."""
    node.variables["HEALTH_STATE_SAVE_INTERVAL"] = "1"
    node.start().wait_ready()
    eventually(lambda: redis.admin("--scan", "--pattern", "*:strategies:*:state"), what="the state in Redis")
    node.kill()
    node.start().wait_ready()
    assert "Loaded state ['quotes_sent']" in node.log()


def test_record_that_ends_the_interpreter_keeps_the_node_down(node: Node, venue: Venue, redis: Redis) -> None:
    """An unknown value aborts upstream without a word: the second start ends with 76 and the record's name."""
    key = leave_an_order(node, venue, redis)
    poison(redis, key, {"time_in_force": "SOMEDAY"})
    before = events_of(redis, key)
    assert node.start().wait_exit() == -6
    assert node.start().wait_exit() == 76
    label = f"orders:{key.rsplit(':', 1)[1]}"
    assert label in node.status_lines()[-1]
    code, found = verify(node)
    assert (code, list(found["problems"])) == (76, [label])
    assert events_of(redis, key) == before


def test_record_that_raises_keeps_the_node_down(node: Node, venue: Venue, redis: Redis) -> None:
    """A record of an unknown kind ends the first start with 76 already."""
    key = leave_an_order(node, venue, redis)
    poison(redis, key, {"type": "OrderImagined"})
    assert node.start().wait_exit() == 76
    code, found = verify(node)
    assert (code, len(found["problems"])) == (76, 1)
