"""Strategies that fail on purpose, one way each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nautilus_trader.config import StrategyConfig
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.strategy import Strategy

if TYPE_CHECKING:
    from nautilus_trader.model.data import QuoteTick
    from nautilus_trader.model.events import OrderEvent

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
        if self.config.at == "quiet":
            self.subscribe_quote_ticks(InstrumentId.from_str("XRPUSDT-PERP.BINANCE"))

    def on_quote_tick(self, tick: QuoteTick) -> None:
        """Fails if told so."""
        self._fail_at("on_quote_tick")
        if self.config.at == "block":
            time.sleep(3600)
        if self.config.at.startswith("on_order") and not self.cache.orders(strategy_id=self.id):
            instrument = self.cache.instrument(INSTRUMENT)
            self.submit_order(self.order_factory.market(INSTRUMENT, OrderSide.BUY, instrument.make_qty(0.01)))
        if self.config.at == "shutdown":
            self.shutdown_system("enough for today")

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

    def _fail_at(self, place: str, kind: type[Exception] = ValueError) -> None:
        if self.config.at == place:
            raise kind(f"told to fail in {place}")


def misbehave(at: str) -> dict[str, object]:
    """Returns the entry of strategies.yaml for a strategy that fails there."""
    module = "tests.integration.node.misbehave"
    return {
        "strategy_path": f"{module}:Misbehave",
        "config_path": f"{module}:MisbehaveConfig",
        "config": {"at": at, "order_id_tag": "900"},
    }
