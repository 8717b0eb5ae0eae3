"""Everything a scrape tells, made from what is known already: a scrape never touches the node's event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics import Counter, Histogram

from noderun.figures import Figures
from noderun.states import State
from noderun.watch.conditions import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from prometheus_client.metrics_core import Metric

    from noderun.board import Board
    from noderun.engine.node import Engine
    from noderun.fencing import Lease
    from noderun.pulse import Pulse
    from noderun.watch.redis import RedisWatch
    from noderun.watch.watcher import Watcher

_ORDER_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_HTTP_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)


class Metrics:
    """The registry of this process.

    Attributes:
        engine: Set when the node is built.
        watcher: Set when the node has started.
        redis: Set when Redis was proven.
        lease: Set when it was asked for.
        pulse: Of the event loop.
        figures: The last numbers that were read on the loop.
        figures_failed: How often they could not be read.
    """

    def __init__(self, instance: str, versions: Mapping[str, str], board: Board, pulse: Pulse) -> None:
        """Register what there is from the first moment."""
        self.registry = CollectorRegistry()
        self.engine: Engine | None = None
        self.watcher: Watcher | None = None
        self.redis: RedisWatch | None = None
        self.lease: Lease | None = None
        self.figures = Figures()
        self.figures_failed = 0
        self._instance = instance
        self._versions = versions
        self._board = board
        self.pulse = pulse
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self.registry)
        accept = Histogram(
            "tradingnode_order_accept_seconds",
            "From the submit of an order to its acceptance, as this process saw it.",
            ("venue",),
            buckets=_ORDER_BUCKETS,
            registry=self.registry,
        )
        fill = Histogram(
            "tradingnode_order_fill_seconds",
            "From the submit of an order to its first fill, as this process saw it.",
            ("venue",),
            buckets=_ORDER_BUCKETS,
            registry=self.registry,
        )
        self._accept, self._fill = accept, fill
        self.http_requests = Counter(
            "tradingnode_http_requests",
            "Requests to this API.",
            ("endpoint", "code"),
            registry=self.registry,
        )
        self.http_seconds = Histogram(
            "tradingnode_http_request_seconds",
            "How long this API took to answer.",
            ("endpoint",),
            buckets=_HTTP_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(self)

    def attach(self, engine: Engine) -> None:
        """Time the orders of a node from now on."""
        self.engine = engine
        engine.events.on_accept = lambda venue, seconds: self._accept.labels(venue).observe(seconds)
        engine.events.on_fill = lambda venue, seconds: self._fill.labels(venue).observe(seconds)

    def collect(self) -> Iterator[Metric]:
        """Yield every family, for the registry."""
        yield _gauge(
            "tradingnode_build_info",
            "Which build runs; always 1.",
            {(self._instance, self._versions["version"], self._versions["nautilus_version"]): 1},
            ("instance_name", "version", "nautilus_version"),
        )
        yield from self._state()
        yield from self._loop()
        yield from self._orders()
        yield from self._money()
        yield from self._watched()
        yield from self._redis()

    def describe(self) -> list[Metric]:
        """Return nothing: what there is depends on how far the node is."""
        return []

    def _state(self) -> Iterator[Metric]:
        board = self._board
        yield _gauge(
            "tradingnode_state",
            "1 for the state the service is in, 0 for the others.",
            {(state.value,): float(board.state is state) for state in State},
            ("state",),
        )
        yield _counter(
            "tradingnode_state_transitions",
            "How often one state followed another.",
            {(before.value, after.value): count for (before, after), count in board.transitions.copy().items()},
            ("before", "after"),
        )
        yield _gauge("tradingnode_ready", "1 while the node is RUNNING.", float(board.state is State.RUNNING))
        yield _gauge("tradingnode_uptime_seconds", "Since the process began.", board.age)
        if board.seconds_to_ready is not None:
            text = "From the start of the process to its readiness."
            yield _gauge("tradingnode_start_seconds", text, board.seconds_to_ready)
        if self.lease is not None:
            yield _gauge("tradingnode_lease_valid", "1 while orders may be sent.", float(self.lease.lost() is None))

    def _loop(self) -> Iterator[Metric]:
        pulse = self.pulse
        yield _gauge("tradingnode_event_loop_lag_seconds", "How late the event loop's last beat was.", pulse.lag)
        yield _gauge("tradingnode_event_loop_worst_lag_seconds", "The largest lag so far.", pulse.worst_lag)
        yield _gauge("tradingnode_event_loop_age_seconds", "Since the event loop's last beat.", pulse.age)
        text = "Length of upstream's queues."
        yield _gauge("tradingnode_queue_length", text, _by_one(self.figures.queues), ("queue",))

    def _orders(self) -> Iterator[Metric]:
        engine = self.engine
        if engine is None:
            return
        yield _counter(
            "tradingnode_order_events",
            "Order events by kind: Submitted, Accepted, Filled, Rejected, Denied, Canceled, …",
            engine.events.orders.copy(),
            ("event", "strategy", "venue"),
        )
        yield _counter("tradingnode_fills", "Fills in the cache, those of earlier processes too.", engine.events.fills)
        yield _counter("tradingnode_orders_held", "Orders and changes that a closed gate held back.", engine.gate.held)
        text = "Orders now: open, inflight, emulated, external (open, of no strategy here)."
        yield _gauge("tradingnode_orders", text, _by_one(self.figures.orders), ("kind",))
        yield _counter("tradingnode_figures_failed", "Readings of the node's numbers that failed.", self.figures_failed)

    def _money(self) -> Iterator[Metric]:
        figures = self.figures
        text = "Signed quantity held."
        yield _gauge("tradingnode_position_quantity", text, figures.quantities, ("instrument", "strategy"))
        text = "Value of the open positions."
        yield _gauge("tradingnode_position_exposure", text, _by_one(figures.exposures), ("instrument",))
        text = "Unrealized profit and loss."
        yield _gauge("tradingnode_unrealized_pnl", text, figures.unrealized, ("instrument", "currency"))
        text = "Realized profit and loss since the cache began."
        yield _gauge("tradingnode_realized_pnl", text, figures.realized, ("instrument", "currency"))
        text = "Balances of the accounts: total, free, locked."
        yield _gauge("tradingnode_account_balance", text, figures.balances, ("account", "currency", "kind"))

    def _watched(self) -> Iterator[Metric]:
        watcher = self.watcher
        if watcher is None:
            return
        ages = watcher.ages
        text = "How many conditions of each subject hold now."
        counts = {(s.value,): float(sum(subject is s for subject, _ in ages)) for s in Subject}
        yield _gauge("tradingnode_conditions", text, counts, ("subject",))
        text = "How long the oldest condition of each subject has held; 0 for none."
        oldest = {(s.value,): max((age for (t, _), age in ages.items() if t is s), default=0.0) for s in Subject}
        yield _gauge("tradingnode_condition_seconds", text, oldest, ("subject",))
        text = "Age of the last message of each subscription."
        data = {(feed.instrument_id, feed.kind): age for feed, age in watcher.data_ages.items()}
        yield _gauge("tradingnode_market_data_age_seconds", text, data, ("instrument", "kind"))
        text = "How often a connection was found down that was up before."
        yield _counter("tradingnode_disconnects", text, _by_one(watcher.disconnects.copy()), ("link",))
        yield _counter("tradingnode_comparisons", "Comparisons of cache and venues.", watcher.comparisons)
        text = "Comparisons that found a lasting difference."
        yield _counter("tradingnode_comparisons_different", text, watcher.comparisons_different)
        text = "How long the last comparison took."
        yield _gauge("tradingnode_comparison_seconds", text, watcher.comparison_seconds)
        yield _gauge(
            "tradingnode_differences", "Differences between cache and venues.", float(len(watcher.differences))
        )
        text = "Seconds by which this host's clock is ahead of each venue's."
        yield _gauge("tradingnode_clock_offset_seconds", text, _by_one(watcher.clock_offsets), ("client",))

    def _redis(self) -> Iterator[Metric]:
        redis = self.redis
        if redis is None:
            return
        yield _gauge("tradingnode_redis_up", "1 while Redis answers.", float(redis.facts is not None))
        yield _gauge(
            "tradingnode_redis_waiting_seconds", "Age of the oldest write on its way.", redis.canaries.waited()
        )
        if redis.latency is not None:
            yield _gauge("tradingnode_redis_latency_seconds", "Last round trip to Redis.", redis.latency)
        if redis.canaries.lag is not None:
            text = "From a write into the cache to its arrival in Redis, at most a second too much."
            yield _gauge("tradingnode_redis_lag_seconds", text, redis.canaries.lag)


def _by_one(values: Mapping[str, float]) -> dict[tuple[str], float]:
    return {(name,): value for name, value in values.items()}


def _gauge(name: str, text: str, values: float | Mapping[Any, float], labels: Iterable[str] = ()) -> GaugeMetricFamily:
    return _fill(GaugeMetricFamily(name, text, labels=tuple(labels)), values)


def _counter(
    name: str, text: str, values: float | Mapping[Any, float], labels: Iterable[str] = ()
) -> CounterMetricFamily:
    return _fill(CounterMetricFamily(name, text, labels=tuple(labels)), values)


def _fill[F: (GaugeMetricFamily, CounterMetricFamily)](family: F, values: float | Mapping[Any, float]) -> F:
    if isinstance(values, float | int):
        family.add_metric((), values)
    else:
        for labels, value in values.items():
            family.add_metric(labels, value)
    return family
