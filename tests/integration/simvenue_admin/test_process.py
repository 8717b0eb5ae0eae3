"""Restart and reset of the whole process, asked for from outside."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.integration.simvenue_admin.process import Simvenue


def _trade(simvenue: Simvenue) -> Any:  # noqa: ANN401 - JSON
    simvenue.order(account="node", side="BUY", type="MARKET", quantity="0.01")
    simvenue.order(account="node", side="BUY", quantity="0.01", price="58000")
    simvenue.call("POST", "/admin/v1/faults", {"kind": "hang", "path": "/never"})
    return simvenue.ledger("node")


async def test_restart_keeps_the_ledger_and_drops_sockets(simvenue: Simvenue) -> None:
    """After `simvenue restart` orders and fills are as before, clients' sockets are closed, faults are gone."""
    before = await asyncio.to_thread(_trade, simvenue)
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{simvenue.venue_url}/ws/btcusdt@bookTicker") as client,
        session.get(f"{simvenue.url}/admin/v1/live") as live,
    ):
        restarted = await asyncio.to_thread(simvenue.run, "restart")
        assert (restarted.returncode, restarted.stdout.strip()) == (0, "simvenue serves again"), restarted.stderr
        async with asyncio.timeout(10 * PATIENCE):
            while (await client.receive()).type is not aiohttp.WSMsgType.CLOSED:
                pass
            assert await live.content.read()
    after = await asyncio.to_thread(simvenue.ledger, "node")
    for part in ("orders", "fills", "positions", "balances"):
        assert after[part] == before[part]
    assert simvenue.call("GET", "/admin/v1/faults")[1] == {"faults": []}
    assert simvenue.run("audit").returncode == 0


def test_reset_wipes_everything(simvenue: Simvenue) -> None:
    """`simvenue reset` needs --yes; then the account has its first balances and no history."""
    _trade(simvenue)
    refused = simvenue.run("reset")
    assert refused.returncode == 2
    assert "say --yes to do it" in refused.stderr
    assert len(simvenue.ledger("node")["orders"]) == 2
    done = simvenue.run("reset", "--yes")
    assert (done.returncode, done.stdout.strip()) == (0, "simvenue serves again, with first balances"), done.stderr
    ledger = simvenue.ledger("node")
    assert [ledger[part] for part in ("orders", "fills", "positions")] == [[], [], []]
    assert {asset: Decimal(amount) for asset, amount in ledger["balances"].items()} == {"USDT": Decimal(100_000)}


def test_reset_wants_its_word(simvenue: Simvenue) -> None:
    """Over HTTP a reset without its word is refused, so that nobody wipes a ledger by a slip."""
    for body in ({}, {"confirm": "yes"}):
        assert simvenue.call("POST", "/admin/v1/reset", body)[0] == 400
    assert simvenue.call("GET", "/admin/v1/health")[0] == 200
