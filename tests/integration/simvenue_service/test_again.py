"""Restart and reset on command: every socket drops, the process is the same, the ledgers are kept or gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest

from simvenue.ledgers import ledger_path
from tests.integration.simvenue_service.world import call
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.integration.simvenue_service.world import Everything

ORDER = {"account": "node", "side": "BUY", "type": "LIMIT", "quantity": "0.010", "price": "50000"}
SYMBOLS = {"binance_futures": "BTCUSDT", "binance_spot": "BTCUSDT", "bybit": "BTCUSDT-LINEAR"}


def _place(world: Everything, venue: str) -> int:
    status, order = call("POST", f"{world.admin}/orders?venue={venue}", ORDER | {"symbol": SYMBOLS[venue]})
    assert status == 200, order
    return int(order["order_id"])


def _open(world: Everything, venue: str) -> list[int]:
    _, ledger = call("GET", f"{world.admin}/ledger?venue={venue}&account=node")
    return [order["order_id"] for order in ledger["orders"] if order["status"] == "NEW"]


@pytest.mark.parametrize(("verb", "body"), [("restart", None), ("reset", {"confirm": "wipe"})])
async def test_starts_again(everything: Everything, verb: str, body: object) -> None:
    """The caller is answered, sockets close, the same process serves again, with its orders or with none."""
    venues = list(everything.document["venues"])
    placed = {venue: [_place(everything, venue)] for venue in venues}
    began, process = everything.answers(), everything.process
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{everything.url('binance_futures')}/ws/btcusdt@bookTicker") as socket,
    ):
        await socket.receive_json(timeout=5 * PATIENCE)
        status, answer = await asyncio.to_thread(call, "POST", f"{everything.admin}/{verb}", body)
        assert (status, answer["doing"]) == (200, verb)
        async with asyncio.timeout(5 * PATIENCE):
            async for _ in socket:
                pass
    await asyncio.to_thread(everything.answers, began)
    assert everything.process is process
    assert {venue: _open(everything, venue) for venue in venues} == (
        placed if verb == "restart" else {venue: [] for venue in venues}
    )
    for venue in venues:
        assert ledger_path(everything.place / "data", venue).exists()
        _place(everything, venue)
    assert everything.end() == 0


def test_a_restart_takes_up_the_configuration(everything: Everything) -> None:
    """What was changed in the file meanwhile holds after a restart; what makes it unusable ends the process with 78."""
    began = everything.answers()
    everything.document["market"]["seed"] = 8
    everything.write()
    call("POST", f"{everything.admin}/restart")
    began = everything.answers(began)
    _, state = call("GET", f"{everything.admin}/state?venue=binance_futures")
    assert state["instruments"][0]["market"] == "synthetic:8"
    everything.document["market"]["seed"] = "eight"
    everything.write()
    call("POST", f"{everything.admin}/restart")
    assert everything.process is not None
    assert everything.process.wait(10 * PATIENCE) == 78
    everything.process = None
    assert "market.seed 'eight': should be a valid integer" in everything.log
