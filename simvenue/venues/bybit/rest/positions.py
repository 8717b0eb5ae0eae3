"""Positions: list, leverage, position mode, and the orders that protect a whole position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.credentials import Permission
from simvenue.exchange.contracts import PositionMode
from simvenue.exchange.types import PositionSide
from simvenue.venues.bybit import accounts, commands, errors, trading_stop
from simvenue.venues.bybit.endpoint import Route
from simvenue.venues.bybit.instruments import Category

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument, Position
    from simvenue.venues.bybit.endpoint import Call

_MODES = {0: PositionMode.ONE_WAY, 3: PositionMode.HEDGE}
_SIDES = {
    PositionMode.ONE_WAY: (PositionSide.BOTH,),
    PositionMode.HEDGE: (PositionSide.LONG, PositionSide.SHORT),
}


def _linear(call: Call) -> Instrument:
    if call.category() is not Category.LINEAR:
        raise errors.invalid("category")
    return call.instrument()


def _list(call: Call) -> dict[str, Any]:
    if call.category() is Category.SPOT:
        raise errors.invalid("category")
    chosen = {i.symbol: i for i in commands.chosen_instruments(call.venue, call.parameters, needs_one=True)}
    limit = call.parameters.limit(default=20, maximum=200)
    first = call.parameters.optional_integer("cursor") or 0
    held = [value for value in call.venue.exchange.positions(call.account) if value.symbol in chosen]
    if call.parameters.optional_text("symbol"):
        # Asked for one symbol the venue shows it even when it is flat.
        instrument = call.instrument()
        found = [_held(held, call.account, instrument, side) for side in _SIDES[_mode(call)]]
    else:
        found = [value for value in held if value.quantity]
    page = found[first : first + limit]
    return {
        "category": call.category().value,
        "list": [accounts.position(call.venue, chosen[value.symbol], value) for value in page],
        "nextPageCursor": str(first + limit) if found[first + limit :] else "",
    }


def _held(held: list[Position], account: str, instrument: Instrument, side: PositionSide) -> Position:
    matching = (value for value in held if value.symbol == instrument.symbol and value.position_side is side)
    return next(matching, accounts.flat(account, instrument, side))


def _mode(call: Call) -> PositionMode:
    return call.venue.exchange.position_mode(call.account)


def _set_leverage(call: Call) -> dict[str, Any]:
    instrument = _linear(call)
    buy, sell = call.parameters.decimal("buyLeverage"), call.parameters.decimal("sellLeverage")
    if buy != sell:
        raise errors.parameter("buy leverage not equal sell leverage")
    if not 1 <= buy <= instrument.max_leverage or buy % 1:
        raise errors.VenueError(110013, "cannot set leverage due to risk limit level")
    if call.venue.exchange.leverage(call.account, instrument.symbol) == buy:
        raise errors.VenueError(110043, "leverage not modified")
    call.venue.exchange.set_leverage(call.account, instrument.symbol, int(buy))
    return {}


def _switch_mode(call: Call) -> dict[str, Any]:
    # The real venue switches a symbol or a coin; here the whole account follows.
    if call.parameters.optional_text("symbol"):
        _linear(call)
    elif not call.parameters.optional_text("coin") or call.category() is not Category.LINEAR:
        raise errors.parameter("symbol or coin is required")
    number = call.parameters.optional_integer("mode")
    if number not in _MODES:
        raise errors.invalid("mode")
    if _mode(call) is _MODES[number]:
        raise errors.VenueError(110025, "Position mode is not modified")
    call.venue.exchange.set_position_mode(call.account, _MODES[number])
    return {}


def _switch_isolated(_call: Call) -> dict[str, Any]:
    raise errors.VenueError(100028, "The API cannot be accessed by unified account users.")


def _trading_stop(call: Call) -> dict[str, Any]:
    trading_stop.apply(call.venue, call.account, _linear(call), call.parameters)
    return {}


ROUTES = (
    Route("GET", "/v5/position/list", Permission.READ, _list),
    Route("POST", "/v5/position/set-leverage", Permission.TRADE, _set_leverage),
    Route("POST", "/v5/position/switch-mode", Permission.TRADE, _switch_mode),
    Route("POST", "/v5/position/switch-isolated", Permission.TRADE, _switch_isolated),
    Route("POST", "/v5/position/trading-stop", Permission.TRADE, _trading_stop),
)
