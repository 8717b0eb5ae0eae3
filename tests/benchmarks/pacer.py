"""A strategy that measures the process it runs in: idle first, then orders at a fixed pace, each one timed."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

if TYPE_CHECKING:
    from nautilus_trader.common.events import TimeEvent
    from nautilus_trader.model.data import QuoteTick
    from nautilus_trader.model.events import OrderAccepted

INSTRUMENT = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")
_FAR = Decimal("0.97")
_WARM_UP = 20


class PacerConfig(StrategyConfig, frozen=True):
    """What to do.

    Attributes:
        result: File for the numbers, JSON, written when all orders are accepted.
        orders: How many are timed.
        every_ms: Between two orders; the venue allows 300 in 10 s.
        idle_seconds: How long the idle process is measured.
    """

    result: str
    orders: int
    every_ms: int = 50
    idle_seconds: float = 5.0


def memory_kib() -> int:
    """Returns the resident memory of this process."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


class Pacer(Strategy):  # type: ignore[misc]  # upstream is untyped
    """Places bids far below the market, and cancels each when it is accepted."""

    def on_start(self) -> None:
        """Sits idle, then begins."""
        self._submitted: dict[Any, float] = {}
        self._took: list[float] = []
        self._bid: Decimal | None = None
        self._document: dict[str, Any] = {}
        self.subscribe_quote_ticks(INSTRUMENT)
        # The start itself is not idleness.
        self.clock.set_time_alert("settled", self.clock.utc_now() + timedelta(seconds=3), self._on_settled)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Remembers the price."""
        self._bid = tick.bid_price.as_decimal()

    def on_order_accepted(self, event: OrderAccepted) -> None:
        """Times the order and cancels it; the last one ends the measurement."""
        self._took.append(time.perf_counter() - self._submitted[event.client_order_id])
        self.cancel_order(self.cache.order(event.client_order_id))
        if len(self._took) == _WARM_UP:
            self._mark()
        if len(self._took) == _WARM_UP + self.config.orders:
            self._end()

    def _mark(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def _on_settled(self, event: TimeEvent) -> None:
        del event
        self._mark()
        when = self.clock.utc_now() + timedelta(seconds=self.config.idle_seconds)
        self.clock.set_time_alert("idle", when, self._on_idle)

    def _on_idle(self, event: TimeEvent) -> None:
        del event
        idle = (time.process_time() - self._cpu) / (time.perf_counter() - self._wall)
        self._document |= {"idle_cpu": idle, "idle_kib": memory_kib()}
        self.clock.set_timer("pace", timedelta(milliseconds=self.config.every_ms), callback=self._on_pace)

    def _on_pace(self, event: TimeEvent) -> None:
        del event
        if self._bid is None or len(self._submitted) >= _WARM_UP + self.config.orders:
            return
        instrument = self.cache.instrument(INSTRUMENT)
        order = self.order_factory.limit(
            INSTRUMENT,
            OrderSide.BUY,
            instrument.make_qty(Decimal("0.010")),
            instrument.make_price(self._bid * _FAR),
            post_only=True,
        )
        self._submitted[order.client_order_id] = time.perf_counter()
        self.submit_order(order)

    def _end(self) -> None:
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        self._document |= {
            "load_kib": memory_kib(),
            "cpu_per_order": cpu / self.config.orders,
            "load_cpu": cpu / wall,
            "accept_seconds": self._took[_WARM_UP:],
        }
        path = Path(self.config.result)
        path.with_suffix(".part").write_text(json.dumps(self._document))
        path.with_suffix(".part").rename(path)
