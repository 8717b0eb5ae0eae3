"""A funding payment as the venue tells it: an execution of type Funding that no order is behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Side
from simvenue.venues.bybit import decimals, identifiers
from simvenue.venues.bybit.instruments import category_of
from simvenue.venues.bybit.messages.orders import SIDES

if TYPE_CHECKING:
    from simvenue.exchange.contracts import FundingPayment
    from simvenue.exchange.types import Instrument

# Payments are numbered by themselves: their ids must not be those of orders and trades.
_FIRST_ID = 1 << 47


def execution(instrument: Instrument, payment: FundingPayment) -> dict[str, Any]:
    """Describe what one position paid (a positive ``execFee``) or received."""
    category = category_of(instrument)
    number = _FIRST_ID + payment.payment_id
    price = decimals.price(instrument, payment.mark_price)
    quantity = decimals.quantity(instrument, abs(payment.quantity))
    return {
        "category": category.value,
        "symbol": instrument.wire_name,
        "orderId": identifiers.order_id(category, number),
        "orderLinkId": "",
        "side": SIDES[Side.BUY if payment.quantity > 0 else Side.SELL],
        "orderPrice": decimals.price(instrument, None),
        "orderQty": quantity,
        "leavesQty": "0",
        "orderType": "UNKNOWN",
        "stopOrderType": "UNKNOWN",
        "createType": "",
        "isLeverage": "0",
        "execFee": decimals.plain(-payment.amount),
        "execFeeV2": "",
        "execId": identifiers.execution_id(category, number),
        "execPrice": price,
        "execQty": quantity,
        "execType": "Funding",
        "execValue": decimals.plain(payment.mark_price * abs(payment.quantity)),
        "execTime": str(payment.time_ms),
        "feeCurrency": payment.asset,
        "isMaker": False,
        "feeRate": decimals.plain(payment.rate),
        "tradeIv": "",
        "markIv": "",
        "markPrice": price,
        "indexPrice": price,
        "underlyingPrice": "",
        "blockTradeId": "",
        "closedSize": "",
        "execPnl": "0",
        "marketUnit": "",
        "extraFees": "",
        "seq": payment.payment_id,
    }
