"""Conditional orders, which this simulation does not have: there are none to list and none can be placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security

if TYPE_CHECKING:
    from simvenue.venues.binance.endpoint import Call


def none_open(call: Call) -> list[Any]:
    """The empty list, for a symbol that exists."""
    call.optional_instrument()
    return []


def none_ever(call: Call) -> list[Any]:
    """The empty list; ``symbol`` is mandatory here."""
    call.instrument()
    return []


def submit(call: Call) -> object:
    """Refuse."""
    call.instrument()
    raise errors.not_supported()


def cancel(_call: Call) -> object:
    """Nothing to cancel."""
    raise errors.unknown_order_sent()


def query(_call: Call) -> object:
    """Nothing to show."""
    raise errors.no_such_order()


def cancel_all(call: Call) -> dict[str, int | str]:
    """Done, as there are none."""
    call.instrument()
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


ROUTES = (
    Route("GET", "/fapi/v1/openAlgoOrders", Security.SIGNED, none_open),
    Route("GET", "/fapi/v1/allAlgoOrders", Security.SIGNED, none_ever),
    Route("POST", "/fapi/v1/algoOrder", Security.SIGNED, submit),
    Route("DELETE", "/fapi/v1/algoOrder", Security.SIGNED, cancel),
    Route("GET", "/fapi/v1/algoOrder", Security.SIGNED, query),
    Route("DELETE", "/fapi/v1/algoOpenOrders", Security.SIGNED, cancel_all),
)
