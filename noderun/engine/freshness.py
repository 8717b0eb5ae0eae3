"""How old the market data of every subscription is, read from upstream's cache: the path of the data pays nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.model.data import BarType
from nautilus_trader.model.identifiers import InstrumentId

if TYPE_CHECKING:
    from nautilus_trader.system.kernel import NautilusKernel

    from noderun.engine.feeds import Feeds
    from noderun.readiness import Feed


class Freshness:
    """Looks at the cache now and then, and remembers when it last saw something new."""

    def __init__(self, kernel: NautilusKernel, feeds: Feeds) -> None:
        """Watch what the strategies are subscribed to at each look."""
        self._kernel = kernel
        self._feeds = feeds
        self._seen: dict[Feed, tuple[int, float]] = {}

    def look(self, now: float) -> dict[Feed, float]:
        """Return the age of each subscription's last data, in seconds; a new one starts at 0.

        Args:
            now: Seconds of a monotonic clock. The venue's time stamps are not compared with it, only with each other.
        """
        marks = {feed: mark for feed in self._feeds.subscribed() if (mark := self._mark(feed)) is not None}
        self._seen = {
            feed: before if (before := self._seen.get(feed)) and before[0] == mark else (mark, now)
            for feed, mark in marks.items()
        }
        return {feed: now - when for feed, (_, when) in self._seen.items()}

    def _mark(self, feed: Feed) -> int | None:
        # Something that differs after each message; None for data that upstream does not keep.
        cache = self._kernel.cache
        if feed.bar_type is not None:
            bar = cache.bar(BarType.from_str(feed.bar_type))
            return int(bar.ts_init) if bar else 0
        instrument_id = InstrumentId.from_str(feed.instrument_id)
        match feed.kind:
            case "quotes":
                quote = cache.quote_tick(instrument_id)
                return int(quote.ts_init) if quote else 0
            case "trades":
                trade = cache.trade_tick(instrument_id)
                return int(trade.ts_init) if trade else 0
            case "mark prices":
                price = cache.mark_price(instrument_id)
                return int(price.ts_init) if price else 0
            case "book deltas":
                book = cache.order_book(instrument_id)
                return int(book.update_count) if book else None
        return None
