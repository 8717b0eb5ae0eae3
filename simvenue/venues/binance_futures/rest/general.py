"""Reachability, time, instruments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance.endpoint import Route, Security
from simvenue.venues.binance_futures.messages import instruments

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call


def ping(_call: Call) -> dict[str, Any]:
    """Nothing, promptly."""
    return {}


def server_time(call: Call) -> dict[str, int]:
    """The venue's clock in milliseconds."""
    return {"serverTime": call.venue.clock()}


def exchange_info(call: Call) -> dict[str, Any]:
    """Every instrument."""
    venue = call.venue
    return instruments.exchange_info(venue.exchange.instruments.values(), venue.limiter.limits, venue.clock())


ROUTES = (
    Route("GET", "/fapi/v1/ping", Security.NONE, ping),
    Route("GET", "/fapi/v1/time", Security.NONE, server_time),
    Route("GET", "/fapi/v1/exchangeInfo", Security.NONE, exchange_info),
)
