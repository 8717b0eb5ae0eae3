"""The faults of market data, as they come on public streams and over REST on every venue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from simvenue.exchange.types import Side
from tests.integration.faults.rig import Json, Rig, events, receive


def _book(message: Json) -> dict[str, Any]:
    book: dict[str, Any] = message.get("data", message)
    return book


def _levels(rig: Rig, reply: Json) -> tuple[list[list[str]], list[list[str]]]:
    if rig.wire.name == "bybit":
        return reply["result"]["b"], reply["result"]["a"]
    return reply["bids"], reply["asks"]


async def test_stale_book_stands_still_on_streams_and_rest(rig: Rig) -> None:
    """The streams of the book fall silent and REST repeats itself while the market moves and trades are told."""
    depth = await rig.wire.public_socket(rig, rig.wire.depth_stream)
    trades = await rig.wire.public_socket(rig, rig.wire.trade_stream)
    await events(depth, quiet=0.25)
    rig.inject("stale_book", symbol=rig.wire.symbol)
    first = await rig.wire.book(rig)
    rig.quote(Side.BUY, "50001")
    rig.take(Side.BUY)
    assert await events(depth, quiet=0.25) == []
    assert len(await events(trades, 1)) >= 1
    stale = await rig.wire.book(rig)
    assert _levels(rig, stale.json) == _levels(rig, first.json)
    rig.faults.clear()
    assert _levels(rig, (await rig.wire.book(rig)).json) != _levels(rig, first.json)
    rig.quote(Side.BUY, "50002")
    assert await receive(depth)


async def test_sequence_gap_loses_one_message(rig: Rig) -> None:
    """The ids of the next message do not continue those of the last one."""
    depth = await rig.wire.public_socket(rig, rig.wire.depth_stream)
    rig.quote(Side.BUY, "50001")
    before = [_book(m) for m in await events(depth, 1)][-1]
    fault = rig.inject("sequence_gap", symbol=rig.wire.symbol)
    rig.quote(Side.BUY, "50002")
    assert await events(depth, quiet=0.25) == []
    rig.quote(Side.BUY, "50003")
    after = _book((await events(depth, 1))[0])
    assert (fault.hits, fault.state) == (1, "spent")
    if "pu" in after:
        assert after["pu"] > before["u"]
    elif "U" in after:
        assert after["U"] > before["u"] + 1
    else:
        assert after["u"] > before["u"] + 1


async def test_crossed_book_bids_above_the_ask(rig: Rig) -> None:
    """A bid far above every ask stands in the message, with the instrument's decimals."""
    depth = await rig.wire.public_socket(rig, rig.wire.depth_stream)
    await events(depth, quiet=0.25)
    rig.inject("crossed_book", percent=50)
    rig.quote(Side.BUY, "50001.5")
    bids = _book((await events(depth, 1))[-1])["b"]
    best = max(bids, key=lambda level: Decimal(level[0]))
    assert Decimal(best[0]) > 70_000
    assert {len(level[0].partition(".")[2]) for level in bids} == {len(best[0].partition(".")[2])}


async def test_stop_trades_keeps_the_book_going(rig: Rig) -> None:
    """Trades happen and are not told; the book's changes are."""
    depth = await rig.wire.public_socket(rig, rig.wire.depth_stream)
    trades = await rig.wire.public_socket(rig, rig.wire.trade_stream)
    await events(depth, quiet=0.25)
    rig.inject("stop_trades")
    rig.take(Side.BUY)
    assert await events(trades) == []
    rig.quote(Side.BUY, "50001")
    assert len(await events(depth, 1)) >= 1
    rig.faults.clear()
    rig.take(Side.BUY)
    assert len(await events(trades, 1)) == 1


async def test_public_frames_can_be_dropped_by_stream(rig: Rig) -> None:
    """An event fault with frames=PUBLIC hits one stream by its name."""
    trades = await rig.wire.public_socket(rig, rig.wire.trade_stream)
    fault = rig.inject("drop_event", frames="PUBLIC", event=rig.wire.trade_stream)
    rig.take(Side.BUY)
    assert await events(trades) == []
    assert fault.hits == 1
