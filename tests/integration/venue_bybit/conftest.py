"""Fixtures of Bybit's tests: each gets its own venue, and what else it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import Node, Redis, Venue
from tests.integration.venue_bybit.world import bybit_venue, market_maker, node_variables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A running redis-server."""
    server = Redis(tmp_path / "redis").start()
    yield server
    server.stop()


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Venue]:
    """A running venue that serves Bybit."""
    process = bybit_venue(tmp_path / "venue")
    yield process
    process.stop()


@pytest.fixture(scope="module")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A redis-server for the tests of one module that leave nothing in it."""
    server = Redis(tmp_path_factory.mktemp("redis") / "redis").start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared_venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    """A venue for the tests of one module that do not mind each other's orders."""
    process = bybit_venue(tmp_path_factory.mktemp("shared") / "venue")
    yield process
    process.stop()


@pytest.fixture
def node(redis: Redis, venue: Venue, tmp_path: Path) -> Iterator[Node]:
    """A node that makes a market in BTCUSDT-LINEAR, not started yet."""
    process = Node(tmp_path / "node", node_variables(redis, venue.port), strategies=[market_maker()])
    yield process
    process.stop()
