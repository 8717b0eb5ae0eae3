"""Every venue, as tests speak to it."""

from __future__ import annotations

from tests.integration.faults.binance_wire import Binance
from tests.integration.faults.bybit_wire import Bybit

_ALL: list[Binance | Bybit] = [
    Binance(
        name="binance_futures",
        symbol="BTCUSDT",
        prefix="/fapi/v1",
        order_event="ORDER_TRADE_UPDATE",
        fill_where={"o.x": "TRADE"},
        side_field="o.S",
        frame_path="/ws-fapi/v1",
    ),
    Binance(
        name="binance_spot",
        symbol="BTCUSDT",
        prefix="/api/v3",
        order_event="executionReport",
        fill_where={"x": "TRADE"},
        side_field="S",
        frame_path="/ws-api/v3",
    ),
    Bybit(name="bybit", symbol="BTCUSDT-LINEAR"),
]
WIRES = {wire.name: wire for wire in _ALL}
"""By name."""
