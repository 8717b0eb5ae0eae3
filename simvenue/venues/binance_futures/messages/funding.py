"""Mark price, funding and open interest: REST rows and the mark price event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import decimals

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.types import Instrument

FUNDING_INTERVAL_MS = 8 * 60 * 60 * 1000
# Nothing is charged by the clock: the rate is the venue's neutral one, and funding is settled on command.
FUNDING_RATE = "0.00010000"


def next_funding_ms(now_ms: int) -> int:
    """The next of the venue's three daily funding times."""
    return (now_ms // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS


def mark_price_event(instrument: Instrument, mark: Decimal, now_ms: int) -> dict[str, Any]:
    """The event of ``<symbol>@markPrice``; the index price is the mark price."""
    price = decimals.amount(mark)
    return {
        "e": "markPriceUpdate",
        "E": now_ms,
        "s": instrument.symbol,
        "p": price,
        "i": price,
        "P": price,
        "r": FUNDING_RATE,
        "T": next_funding_ms(now_ms),
    }


def premium_index(instrument: Instrument, mark: Decimal, now_ms: int) -> dict[str, Any]:
    """One row of ``/fapi/v1/premiumIndex``."""
    price = decimals.amount(mark)
    return {
        "symbol": instrument.symbol,
        "markPrice": price,
        "indexPrice": price,
        "estimatedSettlePrice": price,
        "lastFundingRate": FUNDING_RATE,
        "interestRate": FUNDING_RATE,
        "nextFundingTime": next_funding_ms(now_ms),
        "time": now_ms,
    }


def funding_rate(instrument: Instrument, funding_ms: int) -> dict[str, Any]:
    """One row of ``/fapi/v1/fundingRate``; the mark price of long ago is empty, as in the venue's oldest rows."""
    return {"symbol": instrument.symbol, "fundingTime": funding_ms, "fundingRate": FUNDING_RATE, "markPrice": ""}


def funding_info(instrument: Instrument) -> dict[str, Any]:
    """One row of ``/fapi/v1/fundingInfo``."""
    return {
        "symbol": instrument.symbol,
        "adjustedFundingRateCap": "0.02000000",
        "adjustedFundingRateFloor": "-0.02000000",
        "fundingIntervalHours": FUNDING_INTERVAL_MS // 3_600_000,
        "disclaimer": False,
        "updateTime": 0,
    }


def open_interest(instrument: Instrument, quantity: Decimal, now_ms: int) -> dict[str, Any]:
    """The document of ``/fapi/v1/openInterest``."""
    return {"openInterest": decimals.quantity(instrument, quantity), "symbol": instrument.symbol, "time": now_ms}
