"""Income: what changed a wallet, as ``/fapi/v1/income`` lists it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simvenue.exchange.contracts import FundingPayment
    from simvenue.exchange.types import Fill

TYPES = frozenset(
    {
        "TRANSFER",
        "WELCOME_BONUS",
        "REALIZED_PNL",
        "FUNDING_FEE",
        "COMMISSION",
        "INSURANCE_CLEAR",
        "REFERRAL_KICKBACK",
        "COMMISSION_REBATE",
        "API_REBATE",
        "CONTEST_REWARD",
        "CROSS_COLLATERAL_TRANSFER",
        "INTERNAL_TRANSFER",
        "AUTO_EXCHANGE",
    }
)
"""The words the venue knows; only profits, commissions and funding happen here."""


def of_fills(fills: Iterable[Fill]) -> Iterator[dict[str, Any]]:
    """The profit and the commission of each fill; what is zero is not listed."""
    for fill in fills:
        for kind, amount in (("REALIZED_PNL", fill.realized_pnl), ("COMMISSION", -fill.commission)):
            if amount:
                yield {
                    "symbol": fill.symbol,
                    "incomeType": kind,
                    "income": decimals.amount(amount),
                    "asset": fill.commission_asset,
                    "info": str(fill.trade_id),
                    "time": fill.time_ms,
                    "tranId": fill.trade_id,
                    "tradeId": str(fill.trade_id),
                }


def of_funding(payments: Iterable[FundingPayment]) -> Iterator[dict[str, Any]]:
    """Each funding payment."""
    for payment in payments:
        yield {
            "symbol": payment.symbol,
            "incomeType": "FUNDING_FEE",
            "income": decimals.amount(payment.amount),
            "asset": payment.asset,
            "info": "FUNDING_FEE",
            "time": payment.time_ms,
            "tranId": payment.payment_id,
            "tradeId": "",
        }
