"""The errors that Binance's markets share: HTTP status, code and text, as in its public error lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.exchange.types import Rejection, RejectReason


class VenueError(Exception):
    """A refusal in the venue's own words.

    Args:
        code: The venue's negative error code.
        message: The venue's text.
        status: HTTP status of the reply (default 400).
    """

    def __init__(self, code: int, message: str, *, status: int = 400) -> None:
        """Keep the code, the text and the status."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def body(self) -> dict[str, int | str]:
        """The JSON body of the reply."""
        return {"code": self.code, "msg": self.message}


def unknown() -> VenueError:
    """Our own fault: the request was fine, the answer could not be made."""
    return VenueError(-1000, "An unknown error occurred while processing the request.", status=500)


def mandatory(name: str) -> VenueError:
    """A parameter is absent or empty."""
    return VenueError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def malformed(name: str, legal: str) -> VenueError:
    """A parameter holds characters or a range that it never may."""
    return VenueError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


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
