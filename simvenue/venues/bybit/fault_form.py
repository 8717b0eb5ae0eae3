"""Bybit's words for refusals that faults put in, and what one of its requests is about."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from simvenue.venues.bybit import errors
from simvenue.venues.bybit.venue import VENUE
from simvenue.venues.transport.fault_form import Answer, Subject
from simvenue.venues.transport.gate import SocketKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web

# Of Bybit's public list of v5 error codes.
_TEXT = {
    10000: "Server Timeout",
    10001: "params error",
    10002: "invalid request, please check your server timestamp or recv_window param.",
    10003: "API key is invalid.",
    10004: "error sign! Please check your signature generation algorithm.",
    10005: "Permission denied, please check your API key permissions.",
    10006: "Too many visits. Exceeded the API Rate Limit.",
    10010: "Unmatched IP, please check your API key's bound IP addresses.",
    10016: "Internal System Error.",
    10018: "Exceeded the IP Rate Limit.",
    10019: "ws trade service is restarting, do not accept new request, but the request in the process is not affected.",
    10429: "System level frequency protection",
    33004: "Your api key has expired.",
    110001: "order not exists or too late to cancel",
    110003: "Order price exceeds the allowable range.",
    110007: "ab not enough for new order",
    110017: "orderQty will be truncated to zero.",
    110043: "Set leverage has not been modified.",
    110072: "OrderLinkedID is duplicate",
    110094: "Order does not meet minimum order value 5USDT",
    170131: "Insufficient balance.",
    170213: "Order does not exist.",
}
_SIDES = {"Buy": "BUY", "Sell": "SELL"}
_SOCKETS = {"/v5/private": SocketKind.USER, "/v5/trade": SocketKind.API}
_LIMIT_RESET_MS = 1000


class BybitFaultForm:
    """The venue's `FaultForm`."""

    def error(self, code: int, message: str | None) -> Answer:
        """Any error code, over HTTP 200."""
        return _answer(errors.VenueError(code, _TEXT.get(code, "An error occurred.") if message is None else message))

    def rate_limited(self, *, banned: bool, retry_after: int | None) -> Answer:
        """10006 with the limit's headers; for a banned address HTTP 403, which the venue lifts after ten minutes."""
        if banned:
            return _answer(errors.too_many_from_address())
        wait_ms = _LIMIT_RESET_MS if retry_after is None else retry_after * 1000
        resets = time.time_ns() // 1_000_000 + wait_ms
        headers = {"X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "0", "X-Bapi-Limit-Reset-Timestamp": str(resets)}
        return _answer(errors.too_many_visits(), headers)

    def maintenance(self) -> Answer:
        """10016 with HTTP 503."""
        return _answer(errors.maintenance())

    def signature_rejected(self) -> Answer:
        """10004."""
        return _answer(errors.invalid_signature())

    def subject(self, request: web.Request, body: bytes) -> Subject:
        """Key, symbol and side as the request names them, in the query or the JSON body."""
        credential = request.app[VENUE].credentials.get(request.headers.get("X-BAPI-API-KEY", ""))
        values: dict[str, Any] = dict(parse_qsl(request.raw_path.partition("?")[2], errors="replace"))
        try:
            sent = json.loads(body) if body else {}
        except (ValueError, RecursionError):
            sent = {}
        values |= sent if isinstance(sent, dict) else {}
        return Subject(
            account=credential.account if credential else "",
            symbol=symbol_named(values),
            side=side_of(values),
            signed="X-BAPI-SIGN" in request.headers,
            socket=_SOCKETS.get(request.path, SocketKind.PUBLIC) if "Upgrade" in request.headers else None,
        )


def symbol_named(values: Mapping[str, Any]) -> str:
    """Give the exchange's symbol of what category and symbol name; of a batch, its first order's."""
    values = _first(values)
    category, name = values.get("category"), values.get("symbol")
    if not isinstance(category, str) or not isinstance(name, str) or not name:
        return ""
    return f"{name}-{category}".upper()


def side_of(values: Mapping[str, Any]) -> str:
    """Give BUY or SELL; empty when no side is named."""
    side = _first(values).get("side")
    return _SIDES.get(side, "") if isinstance(side, str) else ""


def _first(values: Mapping[str, Any]) -> Mapping[str, Any]:
    batch = values.get("request")
    if isinstance(batch, list) and batch and isinstance(batch[0], dict):
        return {"category": values.get("category"), **batch[0]}
    return values


def _answer(error: errors.VenueError, headers: Mapping[str, str] | None = None) -> Answer:
    now = time.time_ns() // 1_000_000
    body = json.dumps(errors.envelope(error.code, error.message, {}, now), separators=(",", ":"))
    return Answer(code=error.code, message=error.message, status=error.status, body=body, headers=headers or {})


fault_form = BybitFaultForm()
