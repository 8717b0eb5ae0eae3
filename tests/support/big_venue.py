"""A venue's ledger with thousands of open orders and positions, by the ledger's own writer."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import batched
from typing import TYPE_CHECKING

from simvenue.exchange.ledger import Changes, Ledger
from simvenue.exchange.types import (
    Fill,
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionSide,
    Side,
    TimeInForce,
)
from tests.support.many import QUANTITY, TAKEN

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.support.many import Placed

_BLOCK = 5_000
_NOTHING = Decimal(0)


def fill_ledger(path: Path, account: str, placed: Iterable[Placed]) -> None:
    """Books what was placed for an account that has a million USDT."""
    ledger = Ledger(path)
    ledger.open_account(account, {"USDT": Decimal(1_000_000)})
    now = time.time_ns() // 1_000_000
    for block in batched(placed, _BLOCK):
        orders = [_order(account, one, now) for one in block]
        filled = [(one, order) for one, order in zip(block, orders, strict=True) if one.trade_id is not None]
        ledger.commit(
            Changes(
                orders={order.order_id: order for order in orders},
                fills=[_fill(order, one.trade_id or 0) for one, order in filled],
                positions={
                    (account, one.symbol, PositionSide.BOTH): Position(
                        account=account,
                        symbol=one.symbol,
                        quantity=QUANTITY,
                        entry_price=TAKEN,
                        realized_pnl=_NOTHING,
                        updated_ms=now,
                    )
                    for one, _ in filled
                },
            )
        )
        ledger.reserve("orders", block[-1].order_id + 1)
        ledger.reserve("trades", block[-1].order_id + 1)
    ledger.close()


def _order(account: str, one: Placed, now: int) -> Order:
    filled = QUANTITY if one.price is None else _NOTHING
    return Order(
        order_id=one.order_id,
        account=account,
        symbol=one.symbol,
        client_order_id=one.client_order_id,
        side=Side.BUY,
        type=OrderType.MARKET if one.price is None else OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price=one.price,
        quantity=QUANTITY,
        filled=filled,
        quote_filled=filled * TAKEN,
        average_price=TAKEN if filled else _NOTHING,
        reduce_only=False,
        status=OrderStatus.FILLED if filled else OrderStatus.NEW,
        created_ms=now,
        updated_ms=now,
        priority=one.order_id,
    )


def _fill(order: Order, trade_id: int) -> Fill:
    return Fill(
        trade_id=trade_id,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        price=TAKEN,
        quantity=order.quantity,
        is_maker=False,
        commission=Decimal("0.00000000"),
        commission_asset="USDT",
        realized_pnl=Decimal("0.00000000"),
        time_ms=order.created_ms,
    )
