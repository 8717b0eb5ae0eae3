"""Several orders in one request: each is answered in its place, with its order or with its own refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Rejection
from simvenue.venues.binance import errors
from simvenue.venues.binance.endpoint import Route, Security, in_venues_words
from simvenue.venues.binance.parameters import MAX_INTEGER, Parameters
from simvenue.venues.binance_futures.rest import orders
from simvenue.venues.binance_futures.rest.order_requests import CLIENT_ORDER_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from simvenue.venues.binance.endpoint import Call

MAX_PLACED = 5
MAX_CANCELLED = 10


def place(call: Call) -> list[dict[str, Any]]:
    """Place up to five orders."""
    return _each(call, _elements(call), orders.submit)


def amend(call: Call) -> list[dict[str, Any]]:
    """Change up to five orders."""
    return _each(call, _elements(call), orders.amend)


def cancel(call: Call) -> list[dict[str, Any]]:
    """Cancel up to ten orders of one symbol."""
    symbol = call.instrument().symbol
    if call.parameters.optional_text("orderIdList"):
        name, ids = "orderId", _id_list(call, "orderIdList", _is_order_id)
    else:
        name, ids = "origClientOrderId", _id_list(call, "origClientOrderIdList", _is_client_order_id)
    return _each(call, [{"symbol": symbol, name: str(value)} for value in ids], orders.cancel)


def _each(
    call: Call, elements: Iterable[dict[str, str]], act: Callable[[Call], dict[str, Any]]
) -> list[dict[str, Any]]:
    replies: list[dict[str, Any]] = []
    for values in elements:
        try:
            replies.append(act(replace(call, parameters=Parameters(values))))
        except (errors.VenueError, Rejection) as error:
            replies.append(in_venues_words(call.venue, error).body())
    return replies


def _json_list(call: Call, name: str, most: int) -> list[Any]:
    try:
        # Numbers keep the digits they were sent with.
        values = json.loads(call.parameters.text(name), parse_float=str)
    except (ValueError, RecursionError) as error:
        raise errors.invalid_value(name) from error
    if not isinstance(values, list) or not 1 <= len(values) <= most:
        raise (
            errors.VenueError(-4082, "Invalid number of batch place orders.")
            if most == MAX_PLACED
            else (errors.invalid_value(name))
        )
    return values


def _elements(call: Call) -> list[dict[str, str]]:
    name = "batchOrders"
    values = _json_list(call, name, MAX_PLACED)
    return [_texts(value, name) for value in values]


def _texts(element: object, name: str) -> dict[str, str]:
    if not isinstance(element, dict):
        raise errors.invalid_value(name)
    texts = {key: _text(value) for key, value in element.items()}
    if not all(text is not None and text.isascii() and text.isprintable() for text in texts.values()):
        raise errors.invalid_value(name)
    return {key: text for key, text in texts.items() if text is not None}


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def _is_order_id(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER


def _is_client_order_id(value: object) -> bool:
    return isinstance(value, str) and CLIENT_ORDER_ID.fullmatch(value) is not None


def _id_list(call: Call, name: str, is_id: Callable[[object], bool]) -> list[Any]:
    values = _json_list(call, name, MAX_CANCELLED)
    if not all(map(is_id, values)):
        raise errors.invalid_value(name)
    return values


ROUTES = (
    Route("POST", "/fapi/v1/batchOrders", Security.SIGNED, place, weight=5, orders=5),
    Route("PUT", "/fapi/v1/batchOrders", Security.SIGNED, amend, weight=5, orders=5),
    Route("DELETE", "/fapi/v1/batchOrders", Security.SIGNED, cancel),
)
