"""The account: wallet, settings, fees, and what an API key may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.credentials import Permission
from simvenue.exchange.contracts import MarginType
from simvenue.venues.bybit import accounts, errors
from simvenue.venues.bybit.endpoint import Route
from simvenue.venues.bybit.instruments import Category
from simvenue.venues.bybit.messages import instruments

if TYPE_CHECKING:
    from simvenue.venues.bybit.endpoint import Call

_MARGIN_TYPES = {"REGULAR_MARGIN": MarginType.CROSSED, "ISOLATED_MARGIN": MarginType.ISOLATED}
_CREATED = "2024-01-01T00:00:00Z"
_TRADE_RIGHTS = {
    "ContractTrade": ["Order", "Position"],
    "Spot": ["SpotTrade"],
    "Wallet": [],
    "Options": [],
    "Derivatives": ["DerivativesTrade"],
    "CopyTrading": [],
    "BlockTrade": [],
    "Exchange": [],
    "NFT": [],
    "Affiliate": [],
    "Earn": [],
}


def _wallet(call: Call) -> dict[str, Any]:
    call.parameters.choice("accountType", ("UNIFIED",))
    coins = tuple(filter(None, (call.parameters.optional_text("coin") or "").split(",")))
    return {"list": [accounts.wallet(call.venue, call.account, coins)]}


def _info(call: Call) -> dict[str, Any]:
    return {
        "unifiedMarginStatus": 5,
        "marginMode": _margin_mode(call),
        "isMasterTrader": False,
        "spotHedgingStatus": "OFF",
        "updatedTime": str(call.venue.clock()),
        "dcpStatus": "OFF",
        "timeWindow": 10,
        "smpGroup": 0,
    }


def _fee_rate(call: Call) -> dict[str, Any]:
    category = call.category()
    base = call.parameters.optional_text("baseCoin")
    one = call.optional_instrument()
    chosen = [one] if one else [i for i in call.venue.instruments(category) if base in {None, i.base}]
    return {
        "category": category.value if category is Category.OPTION else "",
        "list": [instruments.fee_rate(instrument) for instrument in chosen],
    }


def _set_margin_mode(call: Call) -> dict[str, Any]:
    wanted = call.parameters.choice("setMarginMode", (*_MARGIN_TYPES, "PORTFOLIO_MARGIN"))
    if wanted not in _MARGIN_TYPES:
        raise errors.VenueError(3400045, "Set margin mode failed: portfolio margin is not offered here")
    if _margin_mode(call) == wanted:
        raise errors.VenueError(110026, "Cross/isolated margin mode has not been modified")
    for instrument in call.venue.instruments(Category.LINEAR):
        if call.venue.exchange.margin_type(call.account, instrument.symbol) is not _MARGIN_TYPES[wanted]:
            call.venue.exchange.set_margin_type(call.account, instrument.symbol, _MARGIN_TYPES[wanted])
    return {"reasons": []}


def _margin_mode(call: Call) -> str:
    # The real account has one mode for all; here each contract's is set together.
    kinds = {call.venue.exchange.margin_type(call.account, i.symbol) for i in call.venue.instruments(Category.LINEAR)}
    return "ISOLATED_MARGIN" if kinds == {MarginType.ISOLATED} else "REGULAR_MARGIN"


def _query_api(call: Call) -> dict[str, Any]:
    may_trade = call.credential is not None and Permission.TRADE in call.credential.permissions
    return {
        "id": "1",
        "note": call.account,
        "apiKey": call.api_key,
        "readOnly": 0 if may_trade else 1,
        "secret": "",
        "permissions": _TRADE_RIGHTS if may_trade else {name: [] for name in _TRADE_RIGHTS},
        "ips": ["*"],
        "type": 1,
        "deadlineDay": 90,
        "expiredAt": "2099-01-01T00:00:00Z",
        "createdAt": _CREATED,
        "unified": 0,
        "uta": 1,
        "userID": 1,
        "inviterID": 0,
        "vipLevel": "No VIP",
        "mktMakerLevel": "0",
        "affiliateID": 0,
        "rsaPublicKey": "",
        "isMaster": True,
        "parentUid": "0",
        "kycLevel": "LEVEL_DEFAULT",
        "kycRegion": "",
    }


ROUTES = (
    Route("GET", "/v5/account/wallet-balance", Permission.READ, _wallet),
    Route("GET", "/v5/account/info", Permission.READ, _info),
    Route("GET", "/v5/account/fee-rate", Permission.READ, _fee_rate),
    Route("POST", "/v5/account/set-margin-mode", Permission.TRADE, _set_margin_mode),
    Route("GET", "/v5/user/query-api", Permission.READ, _query_api),
)
