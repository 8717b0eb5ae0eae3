"""Binance's words for refusals that faults put in, and what one of its requests is about."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from simvenue.venues.binance import errors
from simvenue.venues.binance.venue import VENUE
from simvenue.venues.transport.fault_form import Answer, Subject
from simvenue.venues.transport.gate import SocketKind

if TYPE_CHECKING:
    from aiohttp import web

# Codes that do not come with HTTP 400, and texts, of Binance's public error lists.
_STATUS = {-1001: 503, -1003: 429, -1007: 408, -1008: 503, -1015: 429, -1016: 503, -2014: 401, -2015: 401}
_TEXT = {
    -1000: "An unknown error occurred while processing the request.",
    -1001: "Internal error; unable to process your request. Please try again.",
    -1003: "Too many requests queued.",
    -1007: "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    -1008: "Request throttled by system-level protection. Reduce-only/close-position orders are exempt. "
    "Please try again.",
    -1015: "Too many new orders.",
    -1016: "This service is no longer available.",
    -1021: "Timestamp for this request is outside of the recvWindow.",
    -1022: "Signature for this request is not valid.",
    -2010: "NEW_ORDER_REJECTED",
    -2011: "Unknown order sent.",
    -2013: "Order does not exist.",
    -2015: "Invalid API-key, IP, or permissions for action.",
    -2018: "Balance is insufficient.",
    -2019: "Margin is insufficient.",
    -2021: "Order would immediately trigger.",
    -2022: "ReduceOnly Order is rejected.",
    -5022: "Due to the order could not be executed as maker, the Post Only order will be rejected.",
}
_WEIGHT = 2400
_RETRY_SECONDS = 5
_BAN_SECONDS = 120


class BinanceFaultForm:
    """The `FaultForm` of both markets."""

    def error(self, code: int, message: str | None) -> Answer:
        """Any error code, with the HTTP status that goes with it."""
        text = _TEXT.get(code, "An error occurred.") if message is None else message
        return _answer(errors.VenueError(code, text, status=_STATUS.get(code, 400)))

    def rate_limited(self, *, banned: bool, retry_after: int | None) -> Answer:
        """-1003, with HTTP 429, or 418 for a banned address."""
        if not banned:
            return _answer(errors.too_much_weight(_WEIGHT, _RETRY_SECONDS if retry_after is None else retry_after))
        now_ms = time.time_ns() // 1_000_000
        until_ms = now_ms + (_BAN_SECONDS if retry_after is None else retry_after) * 1000
        return _answer(errors.banned(until_ms, now_ms))

    def maintenance(self) -> Answer:
        """-1016 with HTTP 503."""
        return self.error(-1016, None)

    def signature_rejected(self) -> Answer:
        """-1022."""
        return _answer(errors.invalid_signature())

    def subject(self, request: web.Request, body: bytes) -> Subject:
        """Key, symbol and side as the request names them, in the query or the body."""
        venue = request.app[VENUE]
        text = request.raw_path.partition("?")[2] + "&" + body.decode("ascii", "replace")
        parameters = dict(parse_qsl(text, errors="replace"))
        credential = venue.credentials.get(request.headers.get("X-MBX-APIKEY", ""))
        account = credential.account if credential else ""
        socket = None
        if "Upgrade" in request.headers:
            name = parameters.get("listenKey") or request.match_info.get("names", "")
            owner = venue.listen_keys.owner(name)
            socket = _socket_kind(request.path, user="listenKey" in parameters or owner is not None)
            account = owner or account
        return Subject(
            account=account,
            symbol=parameters.get("symbol", "").upper(),
            side=parameters.get("side", "").upper(),
            signed="signature" in parameters,
            socket=socket,
        )


def _socket_kind(path: str, *, user: bool) -> SocketKind:
    if user:
        return SocketKind.USER
    return SocketKind.API if path.startswith(("/ws-api", "/ws-fapi")) else SocketKind.PUBLIC


def _answer(error: errors.VenueError) -> Answer:
    body = json.dumps(error.body(), separators=(",", ":"))
    return Answer(code=error.code, message=error.message, status=error.status, body=body, headers=error.headers)


fault_form = BinanceFaultForm()
