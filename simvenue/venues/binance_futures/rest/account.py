"""The account: balances, positions, position mode, leverage, margin type, fees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import decimals, errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance_futures.messages import account as messages
from simvenue.venues.binance_futures.symbol_settings import MAX_LEVERAGE, SYMBOL_SETTINGS

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call


def account(call: Call) -> dict[str, Any]:
    """Balances and margins of all assets, and open positions."""
    exchange = call.venue.exchange
    held = [position for position in exchange.positions(call.account) if position.quantity]
    return messages.account(
        exchange.margin(call.account),
        exchange.balances(call.account),
        [
            messages.account_position(
                exchange.instruments[position.symbol],
                position,
                exchange.mark_price(position.symbol),
                call.app[SYMBOL_SETTINGS].get(call.account, position.symbol),
            )
            for position in held
        ],
        call.venue.clock(),
    )


def position_risk(call: Call) -> list[dict[str, Any]]:
    """Open positions, of one symbol or of all."""
    exchange, only = call.venue.exchange, call.optional_instrument()
    return [
        messages.position_risk(
            exchange.instruments[position.symbol],
            position,
            exchange.mark_price(position.symbol),
            call.app[SYMBOL_SETTINGS].get(call.account, position.symbol),
        )
        for position in exchange.positions(call.account)
        if position.quantity and (only is None or position.symbol == only.symbol)
    ]


def position_mode(_call: Call) -> dict[str, bool]:
    """One-way, always."""
    return {"dualSidePosition": False}


def set_position_mode(call: Call) -> object:
    """Refuse: one-way is what it is, hedge mode there is none."""
    call.parameters.text("dualSidePosition")
    if call.parameters.boolean("dualSidePosition"):
        raise errors.not_supported()
    raise errors.VenueError(-4059, "No need to change position side.")


def symbol_config(call: Call) -> list[dict[str, Any]]:
    """Leverage and margin type, of one symbol or of all."""
    only = call.optional_instrument()
    listed = [only] if only else call.venue.exchange.instruments.values()
    settings = call.app[SYMBOL_SETTINGS]
    return [messages.symbol_config(instrument, settings.get(call.account, instrument.symbol)) for instrument in listed]


def set_leverage(call: Call) -> dict[str, Any]:
    """Change the leverage of one symbol."""
    symbol, leverage = call.instrument().symbol, call.parameters.integer("leverage")
    if not 1 <= leverage <= MAX_LEVERAGE:
        raise errors.VenueError(-4028, f"Leverage {leverage} is not valid")
    call.app[SYMBOL_SETTINGS].set_leverage(call.account, symbol, leverage)
    return {"leverage": leverage, "maxNotionalValue": messages.MAX_NOTIONAL, "symbol": symbol}


def set_margin_type(call: Call) -> dict[str, int | str]:
    """Change the margin type of one symbol."""
    symbol, margin_type = call.instrument().symbol, call.parameters.text("marginType")
    if margin_type not in {"ISOLATED", "CROSSED"}:
        raise errors.invalid_value("marginType")
    if not call.app[SYMBOL_SETTINGS].set_isolated(call.account, symbol, isolated=margin_type == "ISOLATED"):
        raise errors.VenueError(-4046, "No need to change margin type.")
    return {"code": 200, "msg": "success"}


def commission_rate(call: Call) -> dict[str, str]:
    """What the account pays for trading one symbol."""
    instrument = call.instrument()
    return {
        "symbol": instrument.symbol,
        "makerCommissionRate": decimals.rate(instrument.maker_fee),
        "takerCommissionRate": decimals.rate(instrument.taker_fee),
    }


ROUTES = (
    Route("GET", "/fapi/v2/account", Security.SIGNED, account),
    Route("GET", "/fapi/v3/positionRisk", Security.SIGNED, position_risk),
    Route("GET", "/fapi/v1/positionSide/dual", Security.SIGNED, position_mode),
    Route("POST", "/fapi/v1/positionSide/dual", Security.SIGNED, set_position_mode),
    Route("GET", "/fapi/v1/symbolConfig", Security.SIGNED, symbol_config),
    Route("POST", "/fapi/v1/leverage", Security.SIGNED, set_leverage),
    Route("POST", "/fapi/v1/marginType", Security.SIGNED, set_margin_type),
    Route("GET", "/fapi/v1/commissionRate", Security.SIGNED, commission_rate),
)
