"""The errors that Binance's markets share: HTTP status, code and text, as in its public error lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.exchange.types import Rejection, RejectReason


class VenueError(Exception):
    """A refusal in the venue's own words.

    Args:
        code: The venue's negative error code.
        message: The venue's text.
        status: HTTP status of the reply (default 400).
        retry_after: Seconds for a ``Retry-After`` header; none by default.
        data: What the reply carries besides; a dictionary that goes into the body as ``data``.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        status: int = 400,
        retry_after: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Keep the code, the text and the status."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_after = retry_after
        self.data = data

    @property
    def headers(self) -> dict[str, str]:
        """The reply's further headers."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    def body(self) -> dict[str, Any]:
        """The JSON body of the reply."""
        body: dict[str, Any] = {"code": self.code, "msg": self.message}
        return body if self.data is None else body | {"data": self.data}


def unknown() -> VenueError:
    """Our own fault: the request was fine, the answer could not be made."""
    return VenueError(-1000, "An unknown error occurred while processing the request.", status=500)


def no_permission() -> VenueError:
    """A key nobody holds, or one that does not allow this."""
    return VenueError(-2015, "Invalid API-key, IP, or permissions for action.", status=401)


def invalid_signature() -> VenueError:
    """The signature is not the key's own over these parameters."""
    return VenueError(-1022, "Signature for this request is not valid.")


def too_much_weight(limit: int, retry_after: int) -> VenueError:
    """An address asked too much in one minute."""
    message = (
        f"Too much request weight used; current limit is {limit} request weight per 1 MINUTE. "
        "Please use WebSocket Streams for live updates to avoid polling the API."
    )
    return VenueError(-1003, message, status=429, retry_after=retry_after)


def banned(until_ms: int, now_ms: int) -> VenueError:
    """An address went on after it was told to stop."""
    message = (
        f"Way too much request weight used; IP banned until {until_ms}. "
        "Please use WebSocket Streams for live updates to avoid bans."
    )
    return VenueError(-1003, message, status=418, retry_after=-(-(until_ms - now_ms) // 1000))


def too_many_orders(limit: int, window: str, retry_after: int) -> VenueError:
    """An account placed too many orders."""
    message = f"Too many new orders; current limit is {limit} orders per {window}."
    return VenueError(-1015, message, status=429, retry_after=retry_after)


def mandatory(name: str) -> VenueError:
    """A parameter is absent or empty."""
    return VenueError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def malformed(name: str, legal: str) -> VenueError:
    """A parameter holds characters or a range that it never may."""
    return VenueError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def illegal_characters() -> VenueError:
    """What was sent cannot be read at all."""
    return VenueError(-1100, "Illegal characters found in a parameter.")


def invalid_value(name: str) -> VenueError:
    """A parameter is well formed but says nothing the venue knows."""
    return VenueError(-1130, f"Data sent for parameter '{name}' is not valid.")


def duplicated(name: str) -> VenueError:
    """A parameter was sent twice."""
    return VenueError(-1101, f"Duplicate values for parameter '{name}'.")


def invalid_symbol() -> VenueError:
    """No such instrument."""
    return VenueError(-1121, "Invalid symbol.")


def precision() -> VenueError:
    """More decimals than the instrument has."""
    return VenueError(-1111, "Precision is over the maximum defined for this asset.")


def unknown_order_sent() -> VenueError:
    """Nothing to cancel under that id."""
    return VenueError(-2011, "Unknown order sent.")


def no_such_order() -> VenueError:
    """Nothing to show or change under that id."""
    return VenueError(-2013, "Order does not exist.")


def not_supported() -> VenueError:
    """A function of the venue that this simulation does not have."""
    return VenueError(-4084, "Method is not allowed currently. Coming soon.")


def invalid_path(path: str, method: str) -> VenueError:
    """No such endpoint, or not with this method."""
    return VenueError(-5000, f"Path {path}, Method {method} is invalid", status=404)


def from_rejection(rejection: Rejection, words: Mapping[RejectReason, tuple[int, str]]) -> VenueError:
    """A market's words for a refusal of the exchange; -2010 where it has none of its own."""
    code, message = words.get(rejection.reason, (-2010, "NEW_ORDER_REJECTED"))
    return VenueError(code, message)
