"""The public topics: snapshots and deltas that add up to the book, tickers, trades and klines."""

from __future__ import annotations

import asyncio
import random
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.types import MarketStep, Side

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.bybit.client import Client, Json, Socket


async def listen(venue: Client, category: str, *topics: str) -> Socket:
    """Open a public socket and subscribe."""
    opened = await venue.socket(f"public/{category}")
    assert (await opened.ask({"op": "subscribe", "args": list(topics), "req_id": "r"}))["success"] is True
    return opened


def apply(book: dict[str, dict[Decimal, Decimal]], message: Json) -> None:
    """Bring a client's book up to date, as the venue's documentation says."""
    for side in "ba":
        if message["type"] == "snapshot":
            book[side] = {}
        for price, size in message["data"][side]:
            if Decimal(size):
                book[side][Decimal(price)] = Decimal(size)
            else:
                assert Decimal(price) in book[side], "a level is deleted that nobody was told of"
                del book[side][Decimal(price)]


@pytest.mark.parametrize(("category", "levels"), [("linear", 50), ("spot", 50), ("linear", 200), ("linear", 1)])
async def test_books_add_up(venue: Client, category: str, levels: int) -> None:
    """Snapshot and deltas give the first levels of the book, for a listener who comes later too."""
    symbol = f"BTCUSDT-{category.upper()}"
    draw = random.Random(1)  # noqa: S311 - no secret

    def move() -> None:
        bids = {Decimal(59_990 - draw.randrange(120)) for _ in range(90)}
        asks = {Decimal(60_000 + draw.randrange(120)) for _ in range(90)}
        venue.exchange.step_market(
            symbol,
            MarketStep(
                reference=Decimal(60_000),
                bids=tuple((price, Decimal(draw.randrange(1, 9))) for price in sorted(bids, reverse=True)),
                asks=tuple((price, Decimal(draw.randrange(1, 9))) for price in sorted(asks)),
            ),
        )

    move()
    topic = f"orderbook.{levels}.BTCUSDT"
    first = await listen(venue, category, topic)
    early: dict[str, dict[Decimal, Decimal]] = {}
    message = await first.topic(topic)
    assert message["type"] == "snapshot"
    apply(early, message)
    for _ in range(5):
        move()
        apply(early, await first.topic(topic))
    second = await listen(venue, category, topic)
    late: dict[str, dict[Decimal, Decimal]] = {}
    apply(late, await second.topic(topic))
    for _ in range(3):
        move()
        apply(early, await first.topic(topic))
        apply(late, await second.topic(topic))
    _, bids, asks = venue.exchange.depth(symbol, levels)
    assert early == late == {"b": dict(bids), "a": dict(asks)}


async def test_first_level_is_repeated_whole(venue: Client) -> None:
    """orderbook.1 always tells both sides."""
    venue.book()
    socket = await listen(venue, "spot", "orderbook.1.BTCUSDT")
    await socket.topic("orderbook.1.BTCUSDT")
    venue.quote(Side.BUY, "59995", "1", "BTCUSDT-SPOT")
    message = await socket.topic("orderbook.1.BTCUSDT")
    assert (message["type"], message["data"]["b"], message["data"]["a"]) == (
        "snapshot",
        [["59995.00", "1.000000"]],
        [["60010.00", "2.000000"]],
    )


async def test_tickers(venue: Client) -> None:
    """Linear tells a snapshot and then what changed, always with both sides of the quote; spot only snapshots."""
    venue.book()
    linear = await listen(venue, "linear", "tickers.BTCUSDT")
    snapshot = await linear.topic("tickers.BTCUSDT")
    needed = {"symbol", "bid1Price", "ask1Price", "markPrice", "indexPrice", "fundingRate", "nextFundingTime"}
    assert snapshot["type"] == "snapshot"
    assert needed <= set(snapshot["data"])
    venue.quote(Side.BUY, "59995", "1")
    delta = await linear.topic("tickers.BTCUSDT")
    assert delta["type"] == "delta"
    assert set(delta["data"]) == {"symbol", "bid1Price", "bid1Size", "ask1Price", "ask1Size"}
    assert delta["data"]["bid1Price"] == "59995.00"
    spot = await listen(venue, "spot", "tickers.BTCUSDT")
    assert (await spot.topic("tickers.BTCUSDT"))["type"] == "snapshot"
    venue.take(Side.BUY, "0.01", "BTCUSDT-SPOT")
    assert (await spot.topic("tickers.BTCUSDT"))["data"]["lastPrice"] == "60010.00"


async def test_trades_and_klines(venue: Client) -> None:
    """Each trade is told with the taker's side; a bar while it grows and once when it is over."""
    venue.book()
    socket = await listen(venue, "linear", "publicTrade.BTCUSDT", "kline.1.BTCUSDT", "kline.5.BTCUSDT")
    venue.take(Side.SELL, "0.010")
    trade = (await socket.topic("publicTrade.BTCUSDT"))["data"][0]
    assert (trade["S"], trade["p"], trade["v"]) == ("Sell", "59990.00", "0.010")
    assert {"T", "s", "i", "BT"} <= set(trade)
    bar = (await socket.topic("kline.1.BTCUSDT"))["data"][0]
    assert (bar["confirm"], bar["close"], bar["volume"]) == (False, "59990.00", "0.010")
    assert bar["end"] - bar["start"] == 59_999
    assert (await socket.topic("kline.5.BTCUSDT"))["data"][0]["end"] % 300_000 == 299_999
    venue.clock.offset_ms += 60_000
    venue.exchange.roll()
    confirmed = (await socket.topic("kline.1.BTCUSDT"))["data"][0]
    assert (confirmed["confirm"], confirmed["start"]) == (True, bar["start"])


async def test_categories_do_not_mix(venue: Client) -> None:
    """The same topic in spot is another one; after an unsubscription nothing comes."""
    venue.book()
    linear = await listen(venue, "linear", "publicTrade.BTCUSDT")
    venue.take(Side.BUY, "0.010", "BTCUSDT-SPOT")
    venue.take(Side.BUY, "0.020")
    assert (await linear.topic("publicTrade.BTCUSDT"))["data"][0]["v"] == "0.020"
    reply = await linear.ask({"op": "unsubscribe", "args": ["publicTrade.BTCUSDT"]})
    assert (reply["success"], reply["op"]) == (True, "unsubscribe")
    venue.take(Side.BUY, "0.010")
    assert (await linear.ask({"op": "ping"}))["ret_msg"] == "pong"
    assert linear.kept == []


async def test_a_second_subscription_changes_nothing(venue: Client) -> None:
    """A topic that is asked for twice is told once."""
    venue.book()
    socket = await listen(venue, "linear", "publicTrade.BTCUSDT", "publicTrade.BTCUSDT")
    await socket.ask({"op": "subscribe", "args": ["publicTrade.BTCUSDT"]})
    venue.take(Side.BUY, "0.010")
    await socket.topic("publicTrade.BTCUSDT")
    await socket.ask({"op": "ping"})
    assert socket.kept == []


REFUSED = "error:handler not found,topic:"


@pytest.mark.parametrize(
    ("frame", "matches"),
    [
        ({"op": "ping", "req_id": "7"}, lambda r: r["success"] and r["ret_msg"] == "pong" and r["req_id"] == "7"),
        ({"op": "subscribe", "args": ["orderbook.7.BTCUSDT"]}, lambda r: r["ret_msg"].startswith(REFUSED)),
        ({"op": "subscribe", "args": ["orderbook.50.NONE"]}, lambda r: r["ret_msg"].startswith(REFUSED)),
        ({"op": "subscribe", "args": ["kline.2.BTCUSDT"]}, lambda r: r["ret_msg"].startswith(REFUSED)),
        ({"op": "subscribe", "args": ["order"]}, lambda r: r["ret_msg"].startswith(REFUSED)),
        ({"op": "subscribe", "args": []}, lambda r: r["ret_msg"] == "Params Error"),
        ({"op": "subscribe", "args": [7]}, lambda r: r["ret_msg"] == "Params Error"),
        ({"op": "subscribe", "args": ["x" * 30_000]}, lambda r: "too long" in r["ret_msg"]),
        ({"op": "subscribe"}, lambda r: r["ret_msg"] == "Params Error"),
        ({"op": "auth", "args": []}, lambda r: not r["success"]),
        ({"op": ["x"]}, lambda r: not r["success"]),
        ([1], lambda r: not r["success"]),
        ("no json", lambda r: not r["success"]),
    ],
)
async def test_frames_are_answered(venue: Client, frame: Json, matches: Callable[[Json], bool]) -> None:
    """Every frame has its reply with the id it came with, refusals included, and the socket goes on."""
    socket = await venue.socket("public/linear")
    reply = await socket.ask(frame)
    assert matches(reply), reply
    assert set(reply) == {"success", "ret_msg", "conn_id", "req_id", "op"}
    assert (await socket.ask({"op": "ping"}))["success"] is True


async def test_no_such_category(venue: Client) -> None:
    """A public socket of a category that does not exist is refused."""
    status, _, _ = await venue.send("GET", "/v5/public/none")
    assert status == 404


async def test_a_market_that_nobody_listens_to_costs_nothing(venue: Client) -> None:
    """After the last listener has gone the venue keeps no book for the topic."""
    venue.book()
    socket = await listen(venue, "linear", "orderbook.50.BTCUSDT")
    await socket.topic("orderbook.50.BTCUSDT")
    await socket.raw.close()
    await asyncio.sleep(0.1)
    again = await listen(venue, "linear", "orderbook.50.BTCUSDT")
    assert (await again.topic("orderbook.50.BTCUSDT"))["type"] == "snapshot"
