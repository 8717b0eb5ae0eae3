"""Frames of the WebSocket API: what a client's says, and the form of the replies."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors
from simvenue.venues.binance.parameters import MAX_PARAMETERS, Parameters
from simvenue.venues.transport.hub import encode

if TYPE_CHECKING:
    from simvenue.venues.transport.fault_form import Answer

MAX_TEXT = 16 * 1024


@dataclass(frozen=True, slots=True)
class ClientFrame:
    """A request as it was sent; ``signed`` is what its signature must cover."""

    id: int | str | None
    method: str
    parameters: Parameters
    signed: str


class FrameError(Exception):
    """A frame that is no request.

    Args:
        error: What is wrong.
        request_id: The frame's own id where it had one.
    """

    def __init__(self, error: errors.VenueError, request_id: int | str | None = None) -> None:
        """Keep what the reply needs."""
        super().__init__(error.message)
        self.error = error
        self.request_id = request_id


def parse(text: str) -> ClientFrame:
    """Read a frame.

    Raises:
        FrameError: not JSON, no object, no method, or parameters that are no texts, numbers, truth values or lists.
    """
    try:
        frame = json.loads(text, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FrameError(_invalid_json()) from error
    if not isinstance(frame, dict):
        raise FrameError(_invalid_json())
    request_id = frame.get("id")
    if isinstance(request_id, bool) or not isinstance(request_id, int | str | None) or "id" not in frame:
        raise FrameError(errors.malformed("id", "^[a-zA-Z0-9-_]{1,36}$"))
    method, given = frame.get("method"), frame.get("params", {})
    if not isinstance(method, str) or not method:
        raise FrameError(errors.mandatory("method"), request_id)
    if not isinstance(given, dict) or len(given) > MAX_PARAMETERS:
        raise FrameError(_invalid_json(), request_id)
    try:
        values = {name: _as_text(name, value) for name, value in given.items() if value is not None}
        parameters = Parameters.of(values)
    except errors.VenueError as error:
        raise FrameError(error, request_id) from error
    signed = "&".join(f"{name}={values[name]}" for name in sorted(values) if name != "signature")
    # Names may carry the version they are of.
    return ClientFrame(request_id, method.removeprefix("v3/").removeprefix("v1/"), parameters, signed)


def _refuse(name: str) -> float:
    raise ValueError(name)


def _invalid_json() -> errors.VenueError:
    return errors.VenueError(-1135, "Invalid JSON Request")


def _as_text(name: str, value: object) -> str:
    match value:
        case bool():
            text = "true" if value else "false"
        case int() | str():
            text = str(value)
        case list():
            text = json.dumps(value, separators=(",", ":"))
        case _:
            raise errors.invalid_value(name)
    if len(text) > MAX_TEXT:
        raise errors.invalid_value(name)
    return text


def success(request_id: int | str | None, result: object, limits: list[dict[str, Any]] | None) -> str:
    """The reply to what worked."""
    reply = {"id": request_id, "status": 200, "result": result}
    return encode(reply if limits is None else reply | {"rateLimits": limits})


def failure(
    request_id: int | str | None, error: errors.VenueError, limits: list[dict[str, Any]] | None, now_ms: int
) -> str:
    """The reply to what was refused."""
    body = error.body()
    if error.retry_after is not None:
        body["data"] = {"serverTime": now_ms, "retryAfter": now_ms + error.retry_after * 1000}
    reply = {"id": request_id, "status": error.status, "error": body}
    return encode(reply if limits is None else reply | {"rateLimits": limits})


def put_in(request_id: int | str | None, answer: Answer) -> str:
    """The reply to a request whose refusal was put in from outside."""
    error = {"code": answer.code, "msg": answer.message}
    return encode({"id": request_id, "status": answer.status, "error": error})
