"""A venue's ledger after a long life: made by the ledger's own writer, not by trading for hours."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simvenue.exchange.ledger import Changes, Ledger
from simvenue.exchange.types import Fill, Order, OrderStatus, OrderType, Side, TimeInForce

if TYPE_CHECKING:
    from pathlib import Path

_PRICE, _QUANTITY = Decimal("60000.00"), Decimal("0.001")
_BLOCK = 5_000


def fill_ledger(path: Path, account: str, count: int) -> None:
    """Gives an account ``count`` orders of BTCUSDT, each filled by one fill, bought and sold in turn."""
    ledger = Ledger(path)
    ledger.open_account(account, {"USDT": Decimal(100_000)})
    first = ledger.reserve("orders", count)
    trade = ledger.reserve("trades", count)
    for start in range(0, count, _BLOCK):
        numbers = range(start, min(start + _BLOCK, count))
        orders = [_order(account, first + number, number) for number in numbers]
        fills = [fill_at_once(order, trade + number) for number, order in zip(numbers, orders, strict=True)]
        ledger.commit(Changes(orders={order.order_id: order for order in orders}, fills=fills))
    ledger.close()


def _order(account: str, order_id: int, number: int) -> Order:
    return Order(
        order_id=order_id,
        account=account,
        symbol="BTCUSDT",
        client_order_id=f"long-ago-{number}",
        side=Side.SELL if number % 2 else Side.BUY,
        type=OrderType.MARKET,
        time_in_force=TimeInForce.GTC,
        price=None,
        quantity=_QUANTITY,
        filled=_QUANTITY,
        quote_filled=_PRICE * _QUANTITY,
        average_price=_PRICE,
        reduce_only=False,
        status=OrderStatus.FILLED,
        created_ms=1_700_000_000_000 + number,
        updated_ms=1_700_000_000_000 + number,
        priority=order_id,
    )


def fill_at_once(order: Order, trade_id: int) -> Fill:
    """Gives the one fill of an order that took all it wanted, without a fee."""
    return Fill(
        trade_id=trade_id,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        price=order.average_price,
        quantity=order.filled,
        is_maker=False,
        commission=Decimal("0.00000000"),
        commission_asset="USDT",
        realized_pnl=Decimal("0.00000000"),
        time_ms=order.created_ms,
    )
