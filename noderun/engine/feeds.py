"""Which market data the strategies subscribed to, and which of it has arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nautilus_trader.common.data_topics import TopicCache

from noderun.readiness import Feed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nautilus_trader.system.kernel import NautilusKernel


class Feeds:
    """Listens on the message bus until closed, so that the path of market data pays nothing afterwards.

    Attributes:
        seen: Subscriptions that have brought data.
    """

    def __init__(self, kernel: NautilusKernel) -> None:
        """Listen to nothing yet."""
        self._kernel = kernel
        self._topics = TopicCache()
        self._listening: dict[Feed, Callable[[Any], None]] = {}
        self.seen: set[Feed] = set()

    @property
    def settled(self) -> bool:
        """Whether no subscription command is still waiting in upstream's queue."""
        return bool(self._kernel.data_engine.cmd_qsize() == 0)

    def wanted(self) -> set[Feed]:
        """Return the present subscriptions, and listen to those that are new."""
        feeds = self.subscribed()
        for feed in feeds - self._listening.keys():
            self._listen(feed)
        return feeds

    def subscribed(self) -> set[Feed]:
        """Return the present subscriptions."""
        return set(self._subscriptions())

    def close(self) -> None:
        """Stop listening."""
        for feed, handler in self._listening.items():
            self._kernel.msgbus.unsubscribe(feed.topic, handler)
        self._listening.clear()

    def _listen(self, feed: Feed) -> None:
        def arrived(_: Any) -> None:  # noqa: ANN401 any kind of market data
            self.seen.add(feed)

        self._listening[feed] = arrived
        self._kernel.msgbus.subscribe(feed.topic, arrived)

    def _subscriptions(self) -> Iterator[Feed]:
        engine, topics = self._kernel.data_engine, self._topics
        kinds = (
            ("quotes", engine.subscribed_quote_ticks, topics.get_quotes_topic),
            ("trades", engine.subscribed_trade_ticks, topics.get_trades_topic),
            ("book deltas", engine.subscribed_order_book_deltas, topics.get_deltas_topic),
            ("book depth", engine.subscribed_order_book_depth, topics.get_depth_topic),
            ("mark prices", engine.subscribed_mark_prices, topics.get_mark_prices_topic),
        )
        for kind, subscribed, topic in kinds:
            for instrument_id in subscribed():
                yield Feed(topic=topic(instrument_id), kind=kind, instrument_id=str(instrument_id))
        for bar_type in engine.subscribed_bars():
            yield Feed(
                topic=topics.get_bars_topic(bar_type),
                kind=f"{bar_type.spec} bars",
                instrument_id=str(bar_type.instrument_id),
                interval=bar_type.spec.timedelta.total_seconds() if bar_type.spec.is_time_aggregated() else None,
                bar_type=str(bar_type),
            )
