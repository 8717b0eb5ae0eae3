"""Fixtures of the service's tests: each gets its own redis-server, venue and node."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.gate import Gate
from tests.integration.node.world import (
    API_KEY,
    API_SECRET,
    INSTRUMENT,
    REDIS_PASSWORD,
    REDIS_USER,
    TRADER,
    Node,
    Redis,
    Venue,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A running redis-server."""
    server = Redis(tmp_path / "redis")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Venue]:
    """A running simulated venue."""
    process = Venue(tmp_path / "venue")
    try:
        yield process.start()
    finally:
        process.stop()


@pytest.fixture
def variables() -> dict[str, str]:
    """Settings of a node that waits for nothing; Redis and venue are where nobody listens."""
    return {
        "NAUTILUS_TRADER_ID": TRADER,
        "NAUTILUS_TIMEOUT_CONNECTION": "5",
        "NAUTILUS_TIMEOUT_RECONCILIATION": "4",
        "NAUTILUS_TIMEOUT_PORTFOLIO": "5",
        "NAUTILUS_TIMEOUT_DISCONNECTION": "2",
        "NAUTILUS_TIMEOUT_POST_STOP": "0.1",
        "REDIS_PORT": "1",
        "REDIS_USERNAME": REDIS_USER,
        "REDIS_PASSWORD": REDIS_PASSWORD,
        "REDIS_CONNECTION_TIMEOUT": "2",
        "REDIS_RESPONSE_TIMEOUT": "2",
        "BINANCE_API_KEY": API_KEY,
        "BINANCE_API_SECRET": API_SECRET,
        "BINANCE_TESTNET": "true",
        "BINANCE_INSTRUMENT_IDS": INSTRUMENT,
        "BINANCE_BASE_URL_HTTP": "http://127.0.0.1:1",
        "BINANCE_BASE_URL_WS": "ws://127.0.0.1:1",
        "BINANCE_BASE_URL_WS_STREAM": "ws://127.0.0.1:1",
        "READY_TIMEOUT": "90",
        "READY_DATA_TIMEOUT": "10",
        "SHUTDOWN_TIMEOUT": "15",
        "HEALTH_REST_PORT": "0",
        "HEALTH_GRPC_PORT": "0",
    }


@pytest.fixture
def node(redis: Redis, venue: Venue, variables: dict[str, str], tmp_path: Path) -> Iterator[Node]:
    """A node beside its own Redis and venue, not started yet."""
    process = Node(tmp_path / "node", {**variables, **where(redis, venue.port)})
    yield process
    if process.process is not None:
        process.stop()


@pytest.fixture(autouse=True)
def transitions(request: pytest.FixtureRequest) -> Iterator[None]:
    """Checks that the log of a test marked with transitions shows them, in the line of whoever changed the state."""
    wanted = {mark.args for mark in request.node.iter_markers("transition")}
    node = request.getfixturevalue("node") if wanted else None
    yield
    if node is not None:
        assert wanted <= seen_transitions(node), "not every transition of the mark was seen"


@pytest.fixture
def gate(venue: Venue) -> Iterator[Gate]:
    """A gate before the venue."""
    process = Gate(venue.port).start()
    yield process
    process.stop()


@pytest.fixture
def behind_gate(node: Node, redis: Redis, gate: Gate) -> Node:
    """A node that talks to the venue through the gate."""
    node.variables |= where(redis, gate.port)
    return node


def seen_transitions(node: Node) -> set[tuple[str, str]]:
    """Returns the transitions in a node's log."""
    lines = [json.loads(line) for line in node.log().splitlines() if line.startswith("{")]
    return {(line["before"], line["state"]) for line in lines if line["event"] == "state"}


def where(redis: Redis, venue_port: int) -> dict[str, str]:
    """Returns the variables that lead a node to Redis and venue."""
    return {
        "REDIS_PORT": str(redis.port),
        "BINANCE_BASE_URL_HTTP": f"http://127.0.0.1:{venue_port}",
        "BINANCE_BASE_URL_WS": f"ws://127.0.0.1:{venue_port}",
        "BINANCE_BASE_URL_WS_STREAM": f"ws://127.0.0.1:{venue_port}",
    }
