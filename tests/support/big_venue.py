"""A venue's ledger with thousands of open orders and positions, by the ledger's own writer."""

from __future__ import annotations

import time
from decimal import Decimal
from itertools import batched
from typing import TYPE_CHECKING

from simvenue.exchange.ledger import Changes, Ledger
from simvenue.exchange.types import (
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionSide,
    Side,
    TimeInForce,
)
from tests.support.big_ledger import fill_at_once
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
                fills=[fill_at_once(order, one.trade_id or 0) for one, order in filled],
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
