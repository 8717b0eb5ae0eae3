"""What an account may set: position mode, leverage, margin type; and what it may not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.contracts import MarginType, PositionMode
from simvenue.exchange.types import Rejection, RejectReason
from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance.limits import Counted
from simvenue.venues.binance_futures.messages import positions
from simvenue.venues.binance_futures.rest.tickers import one_or_all

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call

_DONE: dict[str, int | str] = {"code": 200, "msg": "success"}


def position_mode(call: Call) -> dict[str, bool]:
    """Whether the account holds a long and a short position of each symbol."""
    return {"dualSidePosition": call.venue.exchange.position_mode(call.account) is PositionMode.HEDGE}


def set_position_mode(call: Call) -> dict[str, int | str]:
    """Change the position mode; refused while orders or positions are open."""
    call.parameters.text("dualSidePosition")
    exchange, dual = call.venue.exchange, call.parameters.boolean("dualSidePosition")
    wanted = PositionMode.HEDGE if dual else PositionMode.ONE_WAY
    if exchange.position_mode(call.account) is wanted:
        raise errors.VenueError(-4059, "No need to change position side.")
    if exchange.open_orders(call.account):
        raise errors.VenueError(-4067, "Position side cannot be changed if there exists open orders.")
    # What is left of the exchange's reasons is an open position, -4068.
    exchange.set_position_mode(call.account, wanted)
    return _DONE


def symbol_config(call: Call) -> list[dict[str, Any]]:
    """Leverage and margin type, of one symbol or of all."""
    only, exchange = call.optional_instrument(), call.venue.exchange
    return [
        positions.symbol_config(
            instrument,
            exchange.leverage(call.account, instrument.symbol),
            exchange.margin_type(call.account, instrument.symbol),
        )
        for instrument in ([only] if only else exchange.instruments.values())
    ]


def set_leverage(call: Call) -> dict[str, Any]:
    """Change the leverage of one symbol."""
    symbol, leverage = call.instrument().symbol, call.parameters.integer("leverage")
    try:
        call.venue.exchange.set_leverage(call.account, symbol, leverage)
    except Rejection as rejection:
        if rejection.reason is RejectReason.LEVERAGE:
            raise errors.VenueError(-4028, f"Leverage {leverage} is not valid") from rejection
        if rejection.reason is RejectReason.INSUFFICIENT_MARGIN:
            message = "Leverage is smaller than permitted: insufficient margin balance."
            raise errors.VenueError(-2028, message) from rejection
        raise
    return {"leverage": leverage, "maxNotionalValue": positions.MAX_NOTIONAL, "symbol": symbol}


def set_margin_type(call: Call) -> dict[str, int | str]:
    """Change the margin type of one symbol; refused while orders or a position are open."""
    symbol, exchange = call.instrument().symbol, call.venue.exchange
    try:
        wanted = MarginType(call.parameters.text("marginType"))
    except ValueError as error:
        raise errors.invalid_value("marginType") from error
    if exchange.margin_type(call.account, symbol) is wanted:
        raise errors.VenueError(-4046, "No need to change margin type.")
    if exchange.open_orders(call.account, symbol):
        raise errors.VenueError(-4047, "Margin type cannot be changed if there exists open orders.")
    try:
        exchange.set_margin_type(call.account, symbol, wanted)
    except Rejection as rejection:
        if rejection.reason is RejectReason.ORDERS_OR_POSITIONS_OPEN:
            message = "Margin type cannot be changed if there exists position."
            raise errors.VenueError(-4048, message) from rejection
        raise
    return _DONE


def leverage_bracket(call: Call) -> object:
    """The bracket of one symbol, or a list of all."""
    return one_or_all(call, positions.leverage_bracket)


def multi_assets_mode(_call: Call) -> dict[str, bool]:
    """Margin is counted asset by asset, always."""
    return {"multiAssetsMargin": False}


def set_multi_assets_mode(call: Call) -> object:
    """Refuse: what is asked for is either so already or not there."""
    call.parameters.text("multiAssetsMargin")
    if call.parameters.boolean("multiAssetsMargin"):
        raise errors.not_supported()
    raise errors.VenueError(-4171, "No need to change joint margin.")


def account_config(call: Call) -> dict[str, Any]:
    """What the account is allowed and set to."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        **position_mode(call),
        "updateTime": 0,
        **multi_assets_mode(call),
        "tradeGroupId": -1,
    }


def fee_burn(_call: Call) -> dict[str, bool]:
    """Fees are paid in the settlement asset, always."""
    return {"feeBurn": False}


def order_limits(call: Call) -> list[dict[str, Any]]:
    """How many orders the account may send in which time."""
    return [limit.document() for limit in call.venue.limiter.limits if limit.counted is Counted.ORDERS]


ROUTES = (
    Route("GET", "/fapi/v1/positionSide/dual", Security.SIGNED, position_mode, weight=30),
    Route("POST", "/fapi/v1/positionSide/dual", Security.SIGNED, set_position_mode),
    Route("GET", "/fapi/v1/symbolConfig", Security.SIGNED, symbol_config, weight=5),
    Route("POST", "/fapi/v1/leverage", Security.SIGNED, set_leverage),
    Route("POST", "/fapi/v1/marginType", Security.SIGNED, set_margin_type),
    Route("GET", "/fapi/v1/leverageBracket", Security.SIGNED, leverage_bracket),
    Route("GET", "/fapi/v1/multiAssetsMargin", Security.SIGNED, multi_assets_mode, weight=30),
    Route("POST", "/fapi/v1/multiAssetsMargin", Security.SIGNED, set_multi_assets_mode),
    Route("GET", "/fapi/v1/accountConfig", Security.SIGNED, account_config, weight=5),
    Route("GET", "/fapi/v1/feeBurn", Security.SIGNED, fee_burn, weight=30),
    Route("GET", "/fapi/v1/rateLimit/order", Security.SIGNED, order_limits),
)
