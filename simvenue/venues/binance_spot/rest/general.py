"""Reachability, time, pairs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance_spot.messages import instruments

if TYPE_CHECKING:
    from simvenue.exchange.types import Instrument
    from simvenue.venues.binance.endpoint import Call

EXCHANGE_INFO_WEIGHT = 20
MAX_SYMBOLS = 200


def ping(_call: Call) -> dict[str, Any]:
    """Nothing, promptly."""
    return {}


def server_time(call: Call) -> dict[str, int]:
    """The venue's clock in milliseconds."""
    return {"serverTime": call.venue.clock()}


def exchange_info(call: Call) -> dict[str, Any]:
    """Every pair, or those that ``symbol`` or ``symbols`` name."""
    venue = call.venue
    wanted = named_instruments(call)
    document = instruments.exchange_info(wanted, venue.limiter.limits, venue.clock())
    for symbol in document["symbols"]:
        if venue.exchange.is_halted(symbol["symbol"]):
            symbol["status"] = "HALT"
    return document


def named_instruments(call: Call) -> list[Instrument]:
    """The pairs that ``symbol`` or ``symbols`` name; all without either.

    Raises:
        VenueError: -1128 for both, -1100, -1121 or -1151 for names that are none.
    """
    instrument = call.optional_instrument()
    listed = symbol_list(call)
    if instrument is not None and listed is not None:
        raise errors.VenueError(-1128, "Combination of optional parameters invalid.")
    if instrument is not None:
        return [instrument]
    return list(call.venue.exchange.instruments.values()) if listed is None else listed


def symbol_list(call: Call) -> list[Instrument] | None:
    """The pairs of the list ``symbols``; None when it was not sent."""
    text = call.parameters.optional_text("symbols")
    if text is None:
        return None
    try:
        names = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _illegal_symbols() from error
    if (
        not isinstance(names, list)
        or not 0 < len(names) <= MAX_SYMBOLS
        or not all(isinstance(name, str) for name in names)
    ):
        raise _illegal_symbols()
    if len(set(names)) < len(names):
        raise errors.VenueError(-1151, "Symbol is present multiple times in the list.")
    instruments_by_name = call.venue.exchange.instruments
    if any(name not in instruments_by_name for name in names):
        raise errors.invalid_symbol()
    return [instruments_by_name[name] for name in names]


def _illegal_symbols() -> errors.VenueError:
    return errors.malformed("symbols", '^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\\]$')


ROUTES = (
    Route("GET", "/api/v3/ping", Security.NONE, ping),
    Route("GET", "/api/v3/time", Security.NONE, server_time),
    Route("GET", "/api/v3/exchangeInfo", Security.NONE, exchange_info, EXCHANGE_INFO_WEIGHT),
)
