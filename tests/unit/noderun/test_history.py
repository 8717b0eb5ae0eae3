"""The guard against history that the cache had and purged, on upstream's own reports."""

from __future__ import annotations

from typing import Any

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.reports import ExecutionMassStatus, OrderStatusReport
from nautilus_trader.model.enums import OrderSide, OrderStatus, OrderType, TimeInForce
from nautilus_trader.model.identifiers import AccountId, ClientId, ClientOrderId, InstrumentId, Venue, VenueOrderId
from nautilus_trader.model.objects import Quantity

from noderun.engine.guards.history import _leave_out_purged

ACCOUNT = AccountId("BINANCE-USDT_FUTURES-master")
HORIZON = 1_000


class KnownOrders:
    """The one question that the guard asks the cache."""

    def client_order_id(self, venue_order_id: VenueOrderId) -> ClientOrderId | None:
        """Knows order 3 only."""
        return ClientOrderId("O-3") if venue_order_id == VenueOrderId("3") else None


def _report(number: str, status: OrderStatus, ts: int) -> OrderStatusReport:
    facts: dict[str, Any] = {
        "account_id": ACCOUNT,
        "instrument_id": InstrumentId.from_str("BTCUSDT-PERP.BINANCE"),
        "venue_order_id": VenueOrderId(number),
        "order_side": OrderSide.BUY,
        "order_type": OrderType.MARKET,
        "time_in_force": TimeInForce.GTC,
        "order_status": status,
        "quantity": Quantity.from_str("1"),
        "filled_qty": Quantity.from_str("1"),
        "report_id": UUID4(),
        "ts_accepted": ts,
        "ts_last": ts,
        "ts_init": ts,
    }
    return OrderStatusReport(**facts)


def test_only_unknown_orders_that_closed_before_the_horizon_are_left_out() -> None:
    """Open orders, known orders and anything recent stay; what may have been purged goes."""
    status = ExecutionMassStatus(ClientId("BINANCE"), ACCOUNT, Venue("BINANCE"), UUID4(), 0)
    status.add_order_reports(
        [
            _report("1", OrderStatus.FILLED, HORIZON - 1),
            _report("2", OrderStatus.ACCEPTED, HORIZON - 1),
            _report("3", OrderStatus.FILLED, HORIZON - 1),
            _report("4", OrderStatus.FILLED, HORIZON),
        ]
    )
    _leave_out_purged(status, KnownOrders(), HORIZON)
    assert [str(order_id) for order_id in status.order_reports] == ["2", "3", "4"]
