"""One simvenue with every venue, one redis-server, for one node."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.world import Redis
from tests.integration.simvenue_service.world import Everything

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
def everything(tmp_path: Path) -> Iterator[Everything]:
    """A running simvenue with every venue, which checks its books after each operation."""
    environment = {"XDG_STATE_HOME": str(tmp_path / "state"), "PATH": os.environ["PATH"]}
    world = Everything(tmp_path / "state" / "simvenue", environment)
    world.document["debug"] = True
    world.document["market"]["speed"] = 2.0
    world.document["accounts"][0]["balances"] = {"USDT": "100000", "BTC": "10", "ETH": "10"}
    world.write()
    yield world.start()
    assert world.end() == 0
