"""The public topics: book, trades, tickers and klines, built only while somebody listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Bar, PublicTrade
from simvenue.venues.bybit.book_topics import SPEEDS_MS, Book
from simvenue.venues.bybit.instruments import Category, category_of
from simvenue.venues.bybit.klines import INTERVALS, bounds, merge
from simvenue.venues.bybit.messages import market
from simvenue.venues.bybit.rest.market import ALL_BARS, ticker
from simvenue.venues.transport.frame import Frame, FrameKind
from simvenue.venues.transport.hub import encode

if TYPE_CHECKING:
    from simvenue.exchange.types import Event, Instrument
    from simvenue.venues.bybit.venue import Venue
    from simvenue.venues.transport.connection import Connection

TICKER_MS = 100
_SILENT = ("allLiquidation", "liquidation", "priceLimit", "adlAlert", "insurance")
"""Topics that exist at the venue and have nothing to say here."""
_TOGETHER = ("bid1Price", "bid1Size", "ask1Price", "ask1Size")


def stream(category: Category, topic: str) -> str:
    """Give the name under which listeners of a topic are kept: the same topic exists in several categories."""
    return f"{category.value}/{topic}"


class PublicTopics:
    """The publisher of one venue's public topics.

    Args:
        venue: The venue whose exchange is told about.
    """

    def __init__(self, venue: Venue) -> None:
        """Start with nobody told anything."""
        self._venue = venue
        self._books: dict[tuple[str, int], Book] = {}
        self._tickers: dict[str, dict[str, str]] = {}

    def find(self, category: Category, topic: str) -> Instrument | None:
        """Give the instrument a topic is about; None for a topic that does not exist."""
        kind, _, rest = topic.partition(".")
        option, _, name = rest.rpartition(".")
        instrument = self._venue.find(category, name)
        match kind:
            case "orderbook":
                known = option.isascii() and option.isdigit() and len(option) <= 4 and int(option) in SPEEDS_MS  # noqa: PLR2004 - digits
            case "kline":
                known = option in INTERVALS
            case _:
                known = not option and kind in {"publicTrade", "tickers", *_SILENT}
        return instrument if known else None

    def listen(self, connection: Connection, category: Category, topic: str, instrument: Instrument) -> None:
        """Have a connection listen, after the state it starts from has been sent to it."""
        name = stream(category, topic)
        kind, _, rest = topic.partition(".")
        first = None
        if kind == "orderbook":
            levels = int(rest.partition(".")[0])
            # The others are brought up to date first, so that what is told next follows for everybody.
            self._step_book(instrument, levels)
            if not self._venue.hub.has_listeners(name):
                self._books[instrument.symbol, levels] = Book(self._venue, instrument, levels)
            first = self._books[instrument.symbol, levels].snapshot()
        elif kind == "tickers":
            self._step_ticker(instrument)
            if not self._venue.hub.has_listeners(name):
                self._tickers[instrument.symbol] = self._ticker(instrument)
            first = self._ticker_message(instrument, "snapshot", self._tickers[instrument.symbol])
        self._venue.hub.subscribe(connection, [name])
        if first is not None:
            connection.send(encode(first), Frame(kind=FrameKind.PUBLIC, name=topic, symbol=instrument.symbol))

    def publish(self, event: Event) -> None:
        """Publish what is sent at once."""
        if isinstance(event, PublicTrade):
            self._publish_trade(event)
        elif isinstance(event, Bar):
            self._publish_bar(event)

    def tick_books(self, interval_ms: int) -> None:
        """Publish the books that are told this often."""
        for instrument in self._venue.exchange.instruments.values():
            for levels, speed in SPEEDS_MS.items():
                if speed == interval_ms:
                    self._step_book(instrument, levels)

    def tick_tickers(self) -> None:
        """Publish what changed in the tickers."""
        for instrument in self._venue.exchange.instruments.values():
            self._step_ticker(instrument)

    def _step_book(self, instrument: Instrument, levels: int) -> None:
        topic = f"orderbook.{levels}.{instrument.wire_name}"
        book = self._books.get((instrument.symbol, levels))
        if book is None:
            return
        if not self._venue.hub.has_listeners(stream(category_of(instrument), topic)):
            del self._books[instrument.symbol, levels]
            return
        message = book.step()
        if message is not None:
            self._send(instrument, topic, message)

    def _step_ticker(self, instrument: Instrument) -> None:
        before = self._tickers.get(instrument.symbol)
        topic = f"tickers.{instrument.wire_name}"
        if before is None:
            return
        if not self._venue.hub.has_listeners(stream(category_of(instrument), topic)):
            del self._tickers[instrument.symbol]
            return
        now = self._ticker(instrument)
        changed = {name: text for name, text in now.items() if before.get(name) != text}
        if not changed:
            return
        self._tickers[instrument.symbol] = now
        if category_of(instrument) is Category.SPOT:
            self._send(instrument, topic, self._ticker_message(instrument, "snapshot", now))
            return
        if any(name in changed for name in _TOGETHER):
            # Clients take a quote only from a message that has both sides.
            changed |= {name: now[name] for name in _TOGETHER}
        delta = {"symbol": instrument.wire_name} | changed
        self._send(instrument, topic, self._ticker_message(instrument, "delta", delta))

    def _ticker(self, instrument: Instrument) -> dict[str, str]:
        return market.ticker_push(instrument, ticker(self._venue, instrument))

    def _ticker_message(self, instrument: Instrument, kind: str, data: dict[str, str]) -> dict[str, Any]:
        update_id = self._venue.exchange.top(instrument.symbol).update_id
        now = self._venue.clock()
        return {"topic": f"tickers.{instrument.wire_name}", "type": kind, "data": data, "cs": update_id, "ts": now}

    def _publish_trade(self, event: PublicTrade) -> None:
        instrument = self._venue.exchange.instruments[event.symbol]
        topic = f"publicTrade.{instrument.wire_name}"
        if self._venue.hub.has_listeners(stream(category_of(instrument), topic)):
            row = market.trade_push(instrument, event)
            message = {"topic": topic, "type": "snapshot", "ts": self._venue.clock(), "data": [row]}
            self._send(instrument, topic, message)

    def _publish_bar(self, event: Bar) -> None:
        instrument = self._venue.exchange.instruments[event.symbol]
        for interval in INTERVALS:
            topic = f"kline.{interval}.{instrument.wire_name}"
            if not self._venue.hub.has_listeners(stream(category_of(instrument), topic)):
                continue
            start, _ = bounds(interval, event.open_ms)
            minutes = self._venue.exchange.bars(event.symbol, start, event.open_ms, ALL_BARS)
            now = self._venue.clock()
            rows = [market.kline_push(instrument, bar, interval, now) for bar in merge(minutes, interval)]
            self._send(instrument, topic, {"topic": topic, "type": "snapshot", "ts": now, "data": rows})

    def _send(self, instrument: Instrument, topic: str, message: dict[str, Any]) -> None:
        frame = Frame(kind=FrameKind.PUBLIC, name=topic, symbol=instrument.symbol)
        self._venue.hub.publish(stream(category_of(instrument), topic), message, frame)
