"""The public streams: exchange events turned into the venue's, at the speed each stream has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Bar, BookChange, PublicTrade, TopOfBook
from simvenue.venues.binance.depth_feed import DepthDiff, DepthFeed
from simvenue.venues.binance.klines import INTERVAL_MINUTES, MINUTE_MS, merge
from simvenue.venues.binance_futures.messages import market
from simvenue.venues.transport.frame import Frame, FrameKind

if TYPE_CHECKING:
    from simvenue.exchange.types import Event, Instrument
    from simvenue.venues.binance.venue import Venue

# Stream suffix to milliseconds; without a suffix the venue's default is 250.
DEPTH_SPEEDS_MS = {"@0ms": 0, "@100ms": 100, "@250ms": 250, "": 250, "@500ms": 500}
PARTIAL_DEPTHS = (5, 10, 20)
MARK_PRICE_SPEEDS_MS = {"@1s": 1000, "": 3000}


class MarketStreams:
    """The publisher of one venue's public streams. Nothing is built for a stream that nobody listens to.

    Args:
        venue: The venue whose exchange is told about.
    """

    def __init__(self, venue: Venue) -> None:
        """Start with nothing waiting."""
        self._venue = venue
        self._diffs = DepthFeed()
        self._partial_ids: dict[str, int] = {}

    def publish(self, event: Event) -> None:
        """Publish what is sent at once, and keep what waits for its tick."""
        match event:
            case PublicTrade():
                self._publish_trade(event)
            case TopOfBook():
                self._publish_top(event)
            case BookChange():
                self._publish_change(event)
            case Bar():
                self._publish_bar(event)
            case _:
                pass

    def tick_depth(self, speed_ms: int) -> None:
        """Publish the depth streams of one speed: what changed since their last tick."""
        suffixes = [suffix for suffix, speed in DEPTH_SPEEDS_MS.items() if speed == speed_ms]
        for instrument in self._venue.exchange.instruments.values():
            for suffix in suffixes:
                name = f"{instrument.symbol.lower()}@depth{suffix}"
                diff = self._diffs.take(name)
                if diff is not None:
                    self._publish_diff(name, instrument, diff)
                self._publish_partial(instrument, suffix)

    def tick_mark_price(self, speed_ms: int) -> None:
        """Publish the mark price streams of one speed."""
        now_ms = self._venue.clock()
        for instrument in self._venue.exchange.instruments.values():
            for suffix, speed in MARK_PRICE_SPEEDS_MS.items():
                name = f"{instrument.symbol.lower()}@markPrice{suffix}"
                if speed == speed_ms and self._venue.hub.has_listeners(name):
                    mark = self._venue.exchange.mark_price(instrument.symbol)
                    self._publish(name, instrument.symbol, market.mark_price_event(instrument, mark, now_ms))

    def _instrument(self, symbol: str) -> Instrument:
        return self._venue.exchange.instruments[symbol]

    def _publish(self, name: str, symbol: str, message: dict[str, Any]) -> None:
        self._venue.hub.publish(name, message, Frame(kind=FrameKind.PUBLIC, name=name, symbol=symbol))

    def _publish_trade(self, event: PublicTrade) -> None:
        name = f"{event.symbol.lower()}@aggTrade"
        if self._venue.hub.has_listeners(name):
            message = market.aggregate_trade_event(self._instrument(event.symbol), event, self._venue.clock())
            self._publish(name, event.symbol, message)

    def _publish_top(self, event: TopOfBook) -> None:
        name = f"{event.symbol.lower()}@bookTicker"
        if self._venue.hub.has_listeners(name):
            message = market.book_ticker_event(self._instrument(event.symbol), event, self._venue.clock())
            self._publish(name, event.symbol, message)

    def _publish_bar(self, event: Bar) -> None:
        for interval, minutes in INTERVAL_MINUTES.items():
            name = f"{event.symbol.lower()}@kline_{interval}"
            if not self._venue.hub.has_listeners(name):
                continue
            span = minutes * MINUTE_MS
            start = event.open_ms // span * span
            minute_bars = self._venue.exchange.bars(event.symbol, start, event.open_ms, minutes)
            for bar in [event] if minutes == 1 else merge(minute_bars, interval):
                message = market.kline_event(self._instrument(event.symbol), bar, self._venue.clock())
                self._publish(name, event.symbol, message)

    def _publish_change(self, event: BookChange) -> None:
        instrument = self._instrument(event.symbol)
        for suffix, speed_ms in DEPTH_SPEEDS_MS.items():
            name = f"{event.symbol.lower()}@depth{suffix}"
            if not self._venue.hub.has_listeners(name):
                self._diffs.take(name)
            elif speed_ms == 0:
                self._publish_diff(name, instrument, DepthDiff.start(event))
            else:
                self._diffs.add(name, event)
        self._publish_partial(instrument, "@0ms")

    def _publish_diff(self, name: str, instrument: Instrument, diff: DepthDiff) -> None:
        message = market.depth_event(
            instrument,
            bids=diff.bids.items(),
            asks=diff.asks.items(),
            first=diff.first,
            last=diff.last,
            previous=diff.previous,
            time_ms=diff.time_ms,
            now_ms=self._venue.clock(),
        )
        self._publish(name, instrument.symbol, message)

    def _publish_partial(self, instrument: Instrument, suffix: str) -> None:
        for levels in PARTIAL_DEPTHS:
            name = f"{instrument.symbol.lower()}@depth{levels}{suffix}"
            if not self._venue.hub.has_listeners(name):
                self._partial_ids.pop(name, None)
                continue
            last, bids, asks = self._venue.exchange.depth(instrument.symbol, levels)
            previous = self._partial_ids.get(name, last - 1)
            if previous == last:
                continue
            self._partial_ids[name] = last
            now_ms = self._venue.clock()
            message = market.depth_event(
                instrument,
                bids=bids,
                asks=asks,
                first=previous + 1,
                last=last,
                previous=previous,
                time_ms=now_ms,
                now_ms=now_ms,
            )
            self._publish(name, instrument.symbol, message)
