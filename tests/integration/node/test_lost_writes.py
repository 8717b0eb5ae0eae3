"""Writes that upstream lost on a connection that broke are noticed, and made again before the node ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.integration.node.misbehave import misbehave
from tests.integration.node.pipe import Pipe
from tests.integration.node.world import equal, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.integration.node.world import Node, Redis, Venue

pytestmark = pytest.mark.slow

POSITION = b"trader-MM-001:positions:"
ORDER = b"trader-MM-001:orders:"


@pytest.fixture
def pipe(redis: Redis) -> Iterator[Pipe]:
    """A pipe before Redis."""
    process = Pipe(redis.port).start()
    yield process
    process.stop()


@pytest.fixture
def leaky(node: Node, pipe: Pipe) -> Node:
    """A node that writes through the pipe and whose strategy does nothing."""
    node.variables["REDIS_PORT"] = str(pipe.port)
    node.strategies = [misbehave("nothing")]
    return node


def take(venue: Venue, side: str) -> None:
    """Trades as somebody with the node's account."""
    order = {"account": "node", "symbol": "BTCUSDT", "type": "MARKET", "side": side, "quantity": "0.010"}
    venue.call("POST", "/admin/v1/orders", order)


FILL_OF_POSITION = (b"RPUSHX", POSITION)
LOSSES = {
    "a fill of the position": (("BUY", "BUY", "SELL"), [FILL_OF_POSITION]),
    "an order, a fill of the next, a close and a reopening": (
        ("SELL", "BUY", "BUY"),
        [
            (b"RPUSH\r\n", ORDER, b"OrderInitialized"),
            (b"RPUSHX", ORDER, b"OrderFilled"),
            FILL_OF_POSITION,
            (b"DEL\r\n", POSITION),
        ],
    ),
}


@pytest.mark.parametrize("case", LOSSES.values(), ids=LOSSES)
def test_lost_write_is_made_again(
    leaky: Node, redis: Redis, venue: Venue, pipe: Pipe, case: tuple[tuple[str, ...], list[tuple[bytes, ...]]]
) -> None:
    """A node that lost writes ends with 75 and starts with the venue's fills, none made up; Redis may restart, too."""
    sides, losses = case
    leaky.start().wait_ready(60)
    take(venue, "BUY")
    eventually(lambda: leaky.ask("status")["positions"], what="the position reaches the node")
    for texts in losses:
        pipe.lose(*texts)
    for side in sides:
        take(venue, side)
    eventually(lambda: not pipe.losses, what="every loss")
    assert leaky.wait_exit(40) == 75
    assert redis.process is not None
    redis.process.kill()
    redis.process.wait()
    redis.start()
    before = leaky.log()
    leaky.start().wait_ready(60)
    assert equal(leaky, venue) == []
    assert "inferred" not in leaky.log()
    assert "a position lacked a fill" not in leaky.log()[len(before) :]


def cut_the_last_fill(directory: Path) -> None:
    """Ends Redis' file in the middle of the last fill that was written."""
    file = max((directory / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)
    os.truncate(file, file.read_bytes().rindex(b"OrderFilled") + 4)


def test_redis_back_with_an_older_file_after_the_lease_ran_out(node: Node, redis: Redis, venue: Venue) -> None:
    """What the file lacks is written again also when the lease could not be renewed meanwhile; nothing is made up."""
    node.variables["HEALTH_PERSISTENCE_LIMIT"] = "60"
    node.strategies = [misbehave("nothing")]
    node.start().wait_ready(60)
    for _ in range(2):
        take(venue, "BUY")
        assert equal(node, venue) == []
    node.wait_for_status("RUNNING", seconds=20)
    assert redis.process is not None
    redis.process.kill()
    redis.process.wait()
    cut_the_last_fill(redis.directory)
    take(venue, "SELL")
    node.wait_for_status("no order is sent: the lease", seconds=30)
    redis.start()
    assert node.wait_exit(40) == 75
    node.start().wait_ready(60)
    assert equal(node, venue) == []
    assert "inferred" not in node.log()
