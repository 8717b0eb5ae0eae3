"""Orders with any numbers in them: refused or taken, never an exception of another kind."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from simvenue.exchange.types import (
    OrderRequest,
    OrderType,
    Rejection,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
)
from tests.unit.simvenue.mixed import PERPETUAL, SPOT, Mixed
from tests.unit.simvenue.room import START_MS

if TYPE_CHECKING:
    from collections.abc import Iterator

EXTREME = [
    "0", "-0", "-1", "1E-30", "1E+30", "1E+999999", "-1E+999999", "1E-999999", "NaN", "sNaN", "Infinity", "-Infinity",
    "0.00000001", "59999.9", "60000", "60000.1", "61000", "0.001", "1", "0.0333333333333333333333333333333333333333333",
]  # fmt: skip
EXTREMES: list[Any] = [None, *map(Decimal, EXTREME)]
_STOP = Trigger(kind=TriggerKind.STOP, rises=True, price=Decimal(60_500))
_TRAIL = Trigger(kind=TriggerKind.TRAILING, rises=True, callback_rate=Decimal("0.01"))
_LIMIT = OrderRequest(
    account="a",
    symbol=PERPETUAL,
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.01"),
    price=Decimal(59_000),
    expires_ms=START_MS + 1_000_000,
)
_MARKET = replace(_LIMIT, type=OrderType.MARKET, price=None)
GOOD = [
    _LIMIT,
    _MARKET,
    replace(_LIMIT, symbol=SPOT),
    replace(_MARKET, symbol=SPOT, quantity=Decimal(0), quote_quantity=Decimal(100)),
    replace(_LIMIT, time_in_force=TimeInForce.GTD),
    replace(_LIMIT, trigger=_STOP),
    replace(_MARKET, trigger=_STOP, quantity=Decimal(0), close_position=True),
    replace(_MARKET, trigger=_TRAIL),
    replace(_LIMIT, symbol=SPOT, trigger=_TRAIL),
]
NUMBERS_OF_REQUEST = ("quantity", "price", "quote_quantity")
NUMBERS_OF_TRIGGER = ("price", "activation_price", "callback_rate", "callback_offset", "extreme")
TIMES: tuple[Any, ...] = (None, 0, -1, 2**63 - 1)


def spoiled() -> Iterator[OrderRequest]:
    """Give every good request with each of its numbers replaced by each extreme."""
    for good in GOOD:
        for name in NUMBERS_OF_REQUEST:
            yield from (replace(good, **{name: value}) for value in EXTREMES if (name, value) != ("quantity", None))
        if good.trigger:
            for name in NUMBERS_OF_TRIGGER:
                yield from (replace(good, trigger=replace(good.trigger, **{name: value})) for value in EXTREMES)
        yield from (replace(good, expires_ms=time) for time in TIMES)
        yield from (replace(good, account=name) for name in ("z", "", "market"))
        yield from (replace(good, symbol=name) for name in ("", "\0", PERPETUAL, SPOT))


@pytest.fixture
def quoted(mixed: Mixed) -> Mixed:
    """Both markets quote and have traded."""
    for symbol in (PERPETUAL, SPOT):
        mixed.trade_at("60000", symbol=symbol)
    return mixed


def test_any_number_in_an_order_is_refused_or_taken(quoted: Mixed) -> None:
    """Whatever one number of a good order becomes, the answer is an order or a rejection, and the exchange lives."""
    taken = 0
    for request in spoiled():
        with suppress(Rejection):
            order = quoted.exchange.submit(request)
            taken += 1
            if order.status.is_open:
                quoted.exchange.cancel(order.account, order.symbol, order_id=order.order_id)
    assert taken > 100
    assert quoted.exchange.failure is None
    quoted.reopen()


@pytest.mark.parametrize("good", [good for good in GOOD if good.trigger or good.type is OrderType.LIMIT])
def test_any_number_in_an_amendment_is_refused_or_taken(quoted: Mixed, good: OrderRequest) -> None:
    """Whatever an amendment asks for, the answer is an order or a rejection, and the exchange lives."""
    order = quoted.exchange.submit(good)
    for name in ("quantity", "price", "trigger_price"):
        for value in EXTREMES:
            if not quoted.now(order).status.is_open:
                order = quoted.exchange.submit(good)
            with suppress(Rejection):
                quoted.exchange.amend(order.account, order.symbol, order_id=order.order_id, **{name: value})
    assert quoted.exchange.failure is None
    quoted.reopen()
