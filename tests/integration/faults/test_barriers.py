"""Barriers and counts: what lets a test stop the world at one request, and know what came."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from simvenue.venues.transport.control import CONTROL
from tests.integration.faults.binance_wire import Binance
from tests.integration.faults.rig import KEY, SECRET, Reply, Rig, receive, until

if TYPE_CHECKING:
    from pathlib import Path

    from simvenue.faults.active import Active


async def _waiting(fault: Active[Any]) -> list[dict[str, Any]]:
    await until(lambda: bool(fault.waiting))
    waiting: list[dict[str, Any]] = fault.document()["waiting"]
    return waiting


@pytest.mark.parametrize("when", ["before", "after"])
async def test_hold_stops_a_request_at_one_point(rig: Rig, when: str) -> None:
    """The fault shows who waits; the order is in the ledger only behind the point; release lets it go on."""
    fault = rig.inject("hold", path=rig.wire.order_path, when=when)
    placing = asyncio.create_task(rig.wire.place(rig, "a"))
    (waiting,) = await _waiting(fault)
    assert {name: waiting[name] for name in ("venue", "when", "path", "account", "symbol", "side")} == {
        "venue": rig.wire.name,
        "when": when,
        "path": rig.wire.order_path,
        "account": "node",
        "symbol": rig.wire.symbol,
        "side": "BUY",
    }
    assert (rig.find("a") is not None) == (when == "after")
    assert not placing.done()
    assert rig.faults.release(fault.number) == 1
    assert rig.wire.code(await placing) == 0
    assert rig.find("a") is not None


async def test_hold_executes_for_a_client_that_is_gone(rig: Rig) -> None:
    """A node that is killed while its order waits at the barrier has placed it all the same."""
    fault = rig.inject("hold", path=rig.wire.order_path)
    placing = asyncio.create_task(rig.wire.place(rig, "a"))
    await _waiting(fault)
    placing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await placing
    rig.faults.release(fault.number)
    await until(lambda: rig.find("a") is not None)


async def test_clearing_a_barrier_lets_everybody_go_on(rig: Rig) -> None:
    """Release takes the longest waiting first; clear takes the rest."""
    fault = rig.inject("hold", path=rig.wire.order_path)
    placing: list[asyncio.Task[Reply]] = []
    for name in "abc":
        placing.append(asyncio.create_task(rig.wire.place(rig, name)))
        await until(lambda: len(fault.waiting) == len(placing))
    assert rig.faults.release(fault.number, 1) == 1
    assert rig.wire.code(await placing[0]) == 0
    assert [rig.find(name) is not None for name in "abc"] == [True, False, False]
    rig.faults.clear(fault.number)
    assert [rig.wire.code(reply) for reply in await asyncio.gather(*placing[1:])] == [0, 0]


async def test_every_request_is_counted_by_endpoint(rig: Rig) -> None:
    """Counts are by venue, method and endpoint, with and without faults; strangers' paths are one endpoint."""
    rig.faults.tally.reset()
    for name in "ab":
        await rig.wire.place(rig, name)
    rig.inject("http_status", path=rig.wire.order_path, status=500)
    await rig.wire.place(rig, "c")
    for path in ("/x", "/y"):
        await rig.send("GET", path)
    counts = {(row["venue"], row["method"], row["path"]): row["count"] for row in rig.faults.tally.rows()}
    assert counts[rig.wire.name, "POST", rig.wire.order_path] == 3
    assert counts[rig.wire.name, "GET", "(unknown)"] == 2
    rig.faults.tally.reset()
    assert rig.faults.tally.rows() == []


async def test_the_request_log_tells_everything_but_secrets(rig: Rig, tmp_path: Path) -> None:
    """One line of JSON a request: what was asked and answered, without keys and signatures."""
    path = tmp_path / "requests.jsonl"
    rig.faults.tally.log_to(path)
    await rig.wire.place(rig, "a")
    await rig.wire.book(rig)
    rig.faults.tally.close()
    text = path.read_text()
    placed, book = [json.loads(line) for line in text.splitlines()]
    assert (placed["venue"], placed["method"], placed["path"]) == (rig.wire.name, "POST", rig.wire.order_path)
    assert (placed["account"], placed["status"], book["status"]) == ("node", 200, 200)
    assert "a" in placed["parameters"].values()
    assert "signature" not in text.lower()
    assert KEY not in text
    assert SECRET not in text


async def test_a_listen_key_in_a_path_is_shown_nowhere(rig: Rig, tmp_path: Path) -> None:
    """A key that a client put into its socket's path stands neither in the request log nor beside the connection."""
    if not isinstance(rig.wire, Binance):
        pytest.skip("no listen keys on this venue")
    path = tmp_path / "requests.jsonl"
    rig.faults.tally.log_to(path)
    key = await rig.wire.listen_key(rig)
    socket = await rig.socket(f"/ws/{key}")
    (connection,) = rig.app[CONTROL].connections()
    assert (connection.path, connection.account) == ("/ws/<key>", "node")
    await rig.wire.place(rig, "a")
    assert await receive(socket)
    await socket.close()
    await until(lambda: "/ws/" in path.read_text())
    assert key not in path.read_text()
