"""The account: balances, fees, limits used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import ZERO
from simvenue.venues.binance import decimals
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.limits import Counted

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.endpoint import Call

BASIS_POINTS = 10_000
_NOTHING = {"maker": "0.00000000", "taker": "0.00000000", "buyer": "0.00000000", "seller": "0.00000000"}


def account(call: Call) -> dict[str, Any]:
    """Free and locked balances of all assets; the fee is that of the first pair, as all have the same."""
    exchange = call.venue.exchange
    free, locked = exchange.free(call.account), exchange.locked(call.account)
    fees = next(iter(exchange.instruments.values()))
    only_held = call.parameters.boolean("omitZeroBalances")
    return {
        "makerCommission": int(fees.maker_fee * BASIS_POINTS),
        "takerCommission": int(fees.taker_fee * BASIS_POINTS),
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": _NOTHING
        | {"maker": decimals.amount(fees.maker_fee), "taker": decimals.amount(fees.taker_fee)},
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": call.venue.clock(),
        "accountType": "SPOT",
        "balances": [
            {"asset": asset, "free": decimals.amount(free[asset]), "locked": decimals.amount(locked.get(asset, ZERO))}
            for asset in sorted(free)
            if not only_held or free[asset] or locked.get(asset)
        ],
        "permissions": ["SPOT"],
        "uid": 1,
    }


def commission(call: Call) -> dict[str, Any]:
    """What the account pays for trading one pair."""
    instrument = call.instrument()
    return {
        "symbol": instrument.symbol,
        "standardCommission": _NOTHING
        | {"maker": decimals.amount(instrument.maker_fee), "taker": decimals.amount(instrument.taker_fee)},
        "specialCommission": _NOTHING,
        "taxCommission": _NOTHING,
        "discount": {
            "enabledForAccount": False,
            "enabledForSymbol": False,
            "discountAsset": "BNB",
            "discount": "0.75000000",
        },
    }


def trade_fee(call: Call) -> list[dict[str, str]]:
    """The same, of one pair or of all, as the wallet endpoints say it."""
    only = call.optional_instrument()
    listed = [only] if only else call.venue.exchange.instruments.values()
    return [_trade_fee(instrument) for instrument in listed]


def _trade_fee(instrument: Instrument) -> dict[str, str]:
    return {
        "symbol": instrument.symbol,
        "makerCommission": decimals.rate(instrument.maker_fee),
        "takerCommission": decimals.rate(instrument.taker_fee),
    }


def order_limits(call: Call) -> list[dict[str, str | int]]:
    """How many orders the account has placed, for each limit."""
    return call.venue.limiter.documents(Counted.ORDERS, call.account, call.venue.clock())


ROUTES = (
    Route("GET", "/api/v3/account", Security.SIGNED, account, 20),
    Route("GET", "/api/v3/account/commission", Security.SIGNED, commission, 20),
    Route("GET", "/api/v3/rateLimit/order", Security.SIGNED, order_limits, 40),
    Route("GET", "/sapi/v1/asset/tradeFee", Security.SIGNED, trade_fee),
)
