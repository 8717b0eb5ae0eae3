"""The public streams of a market: exchange events in that market's words, at the speed each stream has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Bar, BookChange, PublicTrade, TopOfBook
from simvenue.venues.binance.depth_feed import DepthDiff, DepthFeed
from simvenue.venues.binance.klines import INTERVAL_MINUTES, MINUTE_MS, merge
from simvenue.venues.transport.frame import Frame, FrameKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Event, Instrument, Levels
    from simvenue.venues.binance.venue import Venue

type Message = dict[str, Any]

PARTIAL_DEPTHS = (5, 10, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedStream:
    """A stream that says how things stand, again and again.

    Args:
        suffix: What follows ``<symbol>@``; empty when there is only the stream of all symbols.
        interval_ms: Milliseconds between two messages.
        message: Builds it from exchange, instrument and venue time.
        everybody: Name of the stream with a list of all symbols' messages; empty when there is none.
    """

    suffix: str
    interval_ms: int
    message: Callable[[Exchange, Instrument, int], Message]
    everybody: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSet:
    """What a market publishes and how it says it.

    Args:
        depth_speeds_ms: Suffix after ``depth`` to milliseconds between messages; 0 sends every change at once.
        trades: Stream suffix to the message of a public trade.
        top: The message of ``bookTicker`` and ``!bookTicker``.
        kline: The message of ``kline_<interval>``.
        diff: The message of ``depth``.
        partial: The message of ``depth5``, 10 and 20: instrument, update id before, last update id, bids, asks, time.
        timed: What is sent by the clock.
    """

    depth_speeds_ms: Mapping[str, int]
    trades: Mapping[str, Callable[[Instrument, PublicTrade, int], Message]]
    top: Callable[[Instrument, TopOfBook, int], Message]
    kline: Callable[[Instrument, Bar, int], Message]
    diff: Callable[[Instrument, DepthDiff, int], Message]
    partial: Callable[[Instrument, int, int, Levels, Levels, int], Message]
    timed: tuple[TimedStream, ...] = field(default=())

    @property
    def intervals_ms(self) -> set[int]:
        """Every interval at which something is sent by the clock."""
        return (set(self.depth_speeds_ms.values()) - {0}) | {stream.interval_ms for stream in self.timed}


class MarketStreams:
    """The publisher of one market's public streams. Nothing is built for a stream that nobody listens to.

    Args:
        venue: The venue whose exchange is told about.
        streams: What to publish.
    """

    def __init__(self, venue: Venue, streams: StreamSet) -> None:
        """Start with nothing waiting."""
        self._venue = venue
        self._streams = streams
        self._diffs = DepthFeed()
        self._partial_ids: dict[str, int] = {}

    def publish(self, event: Event) -> None:
        """Publish what is sent at once, and keep what waits for its tick."""
        match event:
            case PublicTrade():
                for suffix, message in self._streams.trades.items():
                    self._offer(f"{event.symbol.lower()}@{suffix}", event, message)
            case TopOfBook():
                self._offer(f"{event.symbol.lower()}@bookTicker", event, self._streams.top)
                self._offer("!bookTicker", event, self._streams.top)
            case BookChange():
                self._publish_change(event)
            case Bar():
                self._publish_bar(event)
            case _:
                pass

    def tick(self, interval_ms: int) -> None:
        """Publish what is due every ``interval_ms``."""
        suffixes = [suffix for suffix, speed in self._streams.depth_speeds_ms.items() if speed == interval_ms]
        for instrument in self._venue.exchange.instruments.values():
            for suffix in suffixes:
                name = f"{instrument.symbol.lower()}@depth{suffix}"
                diff = self._diffs.take(name)
                if diff is not None:
                    self._publish_diff(name, instrument, diff)
                self._publish_partial(instrument, suffix)
        for stream in self._streams.timed:
            if stream.interval_ms == interval_ms:
                self._publish_timed(stream)

    def _publish_timed(self, stream: TimedStream) -> None:
        hub, exchange, now_ms = self._venue.hub, self._venue.exchange, self._venue.clock()
        everybody = bool(stream.everybody) and hub.has_listeners(stream.everybody)
        messages = []
        for instrument in exchange.instruments.values():
            name = f"{instrument.symbol.lower()}@{stream.suffix}"
            alone = bool(stream.suffix) and hub.has_listeners(name)
            if not (alone or everybody):
                continue
            message = stream.message(exchange, instrument, now_ms)
            messages.append(message)
            if alone:
                self._publish(name, instrument.symbol, message)
        if everybody:
            hub.publish(stream.everybody, messages, Frame(kind=FrameKind.PUBLIC, name=stream.everybody))

    def _instrument(self, symbol: str) -> Instrument:
        return self._venue.exchange.instruments[symbol]

    def _offer[E: (PublicTrade, TopOfBook)](
        self, name: str, event: E, message: Callable[[Instrument, E, int], Message]
    ) -> None:
        if self._venue.hub.has_listeners(name):
            self._publish(name, event.symbol, message(self._instrument(event.symbol), event, self._venue.clock()))

    def _publish(self, name: str, symbol: str, message: Message) -> None:
        self._venue.hub.publish(name, message, Frame(kind=FrameKind.PUBLIC, name=name, symbol=symbol))

    def _publish_bar(self, event: Bar) -> None:
        for interval, minutes in INTERVAL_MINUTES.items():
            name = f"{event.symbol.lower()}@kline_{interval}"
            if not self._venue.hub.has_listeners(name):
                continue
            span = minutes * MINUTE_MS
            start = event.open_ms // span * span
            minute_bars = self._venue.exchange.bars(event.symbol, start, event.open_ms, minutes)
            for bar in [event] if minutes == 1 else merge(minute_bars, interval):
                message = self._streams.kline(self._instrument(event.symbol), bar, self._venue.clock())
                self._publish(name, event.symbol, message)

    def _publish_change(self, event: BookChange) -> None:
        instrument = self._instrument(event.symbol)
        for suffix, speed_ms in self._streams.depth_speeds_ms.items():
            name = f"{event.symbol.lower()}@depth{suffix}"
            if not self._venue.hub.has_listeners(name):
                self._diffs.take(name)
            elif speed_ms == 0:
                self._publish_diff(name, instrument, DepthDiff.start(event))
            else:
                self._diffs.add(name, event)
            if speed_ms == 0:
                self._publish_partial(instrument, suffix)

    def _publish_diff(self, name: str, instrument: Instrument, diff: DepthDiff) -> None:
        self._publish(name, instrument.symbol, self._streams.diff(instrument, diff, self._venue.clock()))

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
            message = self._streams.partial(instrument, previous, last, bids, asks, self._venue.clock())
            self._publish(name, instrument.symbol, message)
