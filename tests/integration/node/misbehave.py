"""Strategies that fail on purpose, one way each."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from nautilus_trader.config import StrategyConfig
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

if TYPE_CHECKING:
    from nautilus_trader.common.component import TimeEvent
    from nautilus_trader.core.message import Event
    from nautilus_trader.model.data import QuoteTick
    from nautilus_trader.model.events import OrderEvent, PositionOpened

RASH = "903"
INSTRUMENT = InstrumentId.from_str("BTCUSDT-PERP.BINANCE")


class MisbehaveConfig(StrategyConfig, frozen=True):
    """Where to fail."""

    at: str


class Misbehave(Strategy):  # type: ignore[misc]  # upstream is untyped
    """Fails at the named place."""

    def on_start(self) -> None:
        """Subscribes, after failing if told so."""
        self._fail_at("on_start")
        self._fail_at("on_start_runtime", RuntimeError)
        if self.config.at == "on_start_for_ever":
            time.sleep(3600)
        self.subscribe_quote_ticks(INSTRUMENT)
        if self.config.at.startswith("early"):
            self._buy()
        if self.config.at in {"quiet", "early_and_quiet"}:
            self.subscribe_quote_ticks(InstrumentId.from_str("XRPUSDT-PERP.BINANCE"))
        soon = timedelta(seconds=1)
        match self.config.at:
            case "timer":
                self.clock.set_timer("beat", soon, callback=self._on_timer)
            case "alert":
                self.clock.set_time_alert("once", self.clock.utc_now() + soon, callback=self._on_timer)
            case "on_event":
                self.clock.set_timer("beat", soon)

    def _on_timer(self, event: TimeEvent) -> None:
        raise ValueError(f"told to fail in {event.name}")

    def on_event(self, event: Event) -> None:
        """Fails if told so; a timer without a callback comes here."""
        del event
        self._fail_at("on_event")

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Fails if told so."""
        self._fail_at("on_quote_tick")
        self._fail_at("cancelled", asyncio.CancelledError)
        if self.config.at == "block":
            time.sleep(3600)
        if self.config.at.startswith("on_order") and not self.cache.orders(strategy_id=self.id):
            self._buy()
        if self.config.at == "shutdown":
            self.shutdown_system("enough for today")

    def _buy(self) -> None:
        instrument = self.cache.instrument(INSTRUMENT)
        self.submit_order(self.order_factory.market(INSTRUMENT, OrderSide.BUY, instrument.make_qty(0.01)))

    def on_order_event(self, event: OrderEvent) -> None:
        """Fails if told so; there are orders only for one that trades."""
        del event
        self._fail_at("on_order")

    def on_stop(self) -> None:
        """Fails if told so."""
        self._fail_at("on_stop")

    def on_save(self) -> dict[str, bytes]:
        """Fails if told so."""
        self._fail_at("on_save")
        return {"kept": b"1"}

    def on_load(self, state: dict[str, bytes]) -> None:
        """Fails if told so."""
        self._fail_at("on_load")

    def _fail_at(self, place: str, kind: type[BaseException] = ValueError) -> None:
        if self.config.at == place:
            raise kind(f"told to fail in {place}")


class BusyConfig(StrategyConfig, frozen=True):
    """What to order."""

    instrument_id: InstrumentId


class Busy(Strategy):  # type: ignore[misc]  # upstream is untyped
    """Orders once, far from the market, and keeps the loop busy until the venue has long told what became of it."""

    def on_start(self) -> None:
        """Subscribes."""
        self.subscribe_quote_ticks(self.config.instrument_id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Orders at the first quote."""
        if self.cache.orders(strategy_id=self.id):
            return
        instrument = self.cache.instrument(self.config.instrument_id)
        price = instrument.make_price(tick.bid_price.as_decimal() * 9 / 10)
        order = self.order_factory.limit(instrument.id, OrderSide.BUY, instrument.make_qty(0.01), price)
        self.submit_order(order)
        self._compute(10)

    def _compute(self, turns: int) -> None:
        # Sending the order, and the engine's note of it, take several turns of the loop: each becomes a long one.
        time.sleep(0.05)
        if turns:
            asyncio.get_running_loop().call_soon(self._compute, turns - 1)


def busy(instrument: str) -> dict[str, object]:
    """Returns the entry of strategies.yaml for a strategy that is busy when the venue answers."""
    module = "tests.integration.node.misbehave"
    return {
        "strategy_path": f"{module}:Busy",
        "config_path": f"{module}:BusyConfig",
        "config": {"instrument_id": instrument, "order_id_tag": "901"},
    }


class Rash(Strategy):  # type: ignore[misc]  # upstream is untyped
    """Orders all the time, past the risk engine, as upstream's emulator does with the orders that it releases."""

    def on_start(self) -> None:
        """Subscribes."""
        self._ordered = 0
        self.subscribe_quote_ticks(INSTRUMENT)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Orders far from the market, not more often than the venue allows."""
        now = self.clock.timestamp_ns()
        if now - self._ordered < 250_000_000:
            return
        self._ordered = now
        instrument = self.cache.instrument(INSTRUMENT)
        price = instrument.make_price(tick.bid_price.as_decimal() * 9 / 10)
        order = self.order_factory.limit(INSTRUMENT, OrderSide.BUY, instrument.make_qty(0.01), price)
        self.cache.add_order(order, None, None)
        command = SubmitOrder(self.trader_id, self.id, order, UUID4(), now)
        self.msgbus.send(endpoint="ExecEngine.execute", msg=command)


class RashConfig(StrategyConfig, frozen=True):
    """Nothing to choose."""


def rash() -> dict[str, object]:
    """Returns the entry of strategies.yaml for a strategy that the risk engine does not stop."""
    module = "tests.integration.node.misbehave"
    return {
        "strategy_path": f"{module}:Rash",
        "config_path": f"{module}:RashConfig",
        "config": {"order_id_tag": RASH},
    }


class Turning(Strategy):  # type: ignore[misc]  # upstream is untyped
    """Opens a position and closes it, again and again, and fails when more than so many of its lives are kept."""

    def on_start(self) -> None:
        """Subscribes."""
        self.subscribe_quote_ticks(self.config.instrument_id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Opens or closes, when the order before is done."""
        del tick
        if self.cache.orders_open(strategy_id=self.id) or self.cache.orders_inflight(strategy_id=self.id):
            return
        instrument = self.cache.instrument(self.config.instrument_id)
        side = OrderSide.BUY if self.portfolio.is_flat(instrument.id) else OrderSide.SELL
        self.submit_order(self.order_factory.market(instrument.id, side, instrument.make_qty(0.01)))

    def on_position_opened(self, event: PositionOpened) -> None:
        """Counts."""
        kept = len(self.cache.position_snapshot_bytes(event.position_id))
        if kept > self.config.most:
            raise ValueError(f"{kept} former lives are kept")


class TurningConfig(StrategyConfig, frozen=True):
    """How many lives may be kept."""

    instrument_id: InstrumentId
    most: int


def turning(instrument: str, most: int) -> dict[str, object]:
    """Returns the entry of strategies.yaml for a strategy whose position lives many times."""
    module = "tests.integration.node.misbehave"
    return {
        "strategy_path": f"{module}:Turning",
        "config_path": f"{module}:TurningConfig",
        "config": {"instrument_id": instrument, "most": most, "order_id_tag": "902"},
    }


def misbehave(at: str) -> dict[str, object]:
    """Returns the entry of strategies.yaml for a strategy that fails there."""
    module = "tests.integration.node.misbehave"
    return {
        "strategy_path": f"{module}:Misbehave",
        "config_path": f"{module}:MisbehaveConfig",
        "config": {"at": at, "order_id_tag": "900"},
    }
