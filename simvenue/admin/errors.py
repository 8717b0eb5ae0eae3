"""The one form in which the admin API refuses: a reason for programs, a sentence for people, every problem at once."""

from __future__ import annotations

import difflib
import logging
from typing import TYPE_CHECKING, Any

from aiohttp import web

from simvenue.exchange.exchange import ExchangeFailed
from simvenue.exchange.types import Rejection, RejectReason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.typedefs import Handler
    from pydantic import BaseModel, ValidationError

log = logging.getLogger(__name__)

_NOT_FOUND = frozenset({RejectReason.UNKNOWN_ACCOUNT, RejectReason.UNKNOWN_ORDER, RejectReason.UNKNOWN_SYMBOL})


class AdminError(Exception):
    """A request that cannot be carried out.

    Attributes:
        status: of the HTTP answer.
        reason: for programs, in capitals.
        detail: one sentence for people.
        problems: each wrong value with what is wrong about it; empty when there is only one thing to say.
    """

    def __init__(self, status: int, reason: str, detail: str, problems: Iterable[str] = ()) -> None:
        """Keep what the answer says."""
        super().__init__(f"{reason}: {detail}")
        self.status = status
        self.reason = reason
        self.detail = detail
        self.problems = tuple(problems)


def invalid(problems: Iterable[str]) -> AdminError:
    """Refuse a request for all that is wrong in it."""
    found = list(problems)
    return AdminError(400, "INVALID_REQUEST", "; ".join(found), found)


def problems_of(error: ValidationError, model: type[BaseModel], place: str = "") -> list[str]:
    """Say each problem of a value as ``key: problem``.

    Args:
        error: what pydantic found.
        model: what the value should have been; its fields are suggested for misspelt ones.
        place: set before each key, e.g. ``?`` for query parameters.
    """
    found = []
    for details in error.errors(include_url=False):
        location = details["loc"]
        text = details["msg"]
        if details["type"] == "extra_forbidden":
            text += _suggestion(model, location)
        key = ".".join(str(part) for part in location)
        found.append(f"{place}{key}: {text}" if key else f"body: {text}")
    return found


def _suggestion(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    *way, name = location
    for part in way:
        # A choice between models stands in the location by the chosen one's tag.
        kinds: dict[str, type[BaseModel]] = getattr(model, "KINDS", {})
        if str(part) not in kinds:
            return ""
        model = kinds[str(part)]
    close = difflib.get_close_matches(str(name), model.model_fields, n=1)
    return f"; did you mean {close[0]}?" if close else f"; choose from {', '.join(model.model_fields) or 'none'}"


def answer(error: AdminError) -> web.Response:
    """Put a refusal into its JSON form."""
    body: dict[str, Any] = {"reason": error.reason, "detail": error.detail}
    if error.problems:
        body["problems"] = list(error.problems)
    return web.json_response({"error": body}, status=error.status)


@web.middleware
async def in_our_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every refusal and every failure in the one form."""
    try:
        return await handler(request)
    except AdminError as error:
        return answer(error)
    except Rejection as rejection:
        status = 404 if rejection.reason in _NOT_FOUND else 409
        return answer(AdminError(status, rejection.reason, rejection.detail))
    except ExchangeFailed as error:
        return answer(AdminError(503, "EXCHANGE_FAILED", str(error)))
    except web.HTTPException as error:
        if error.status < web.HTTPBadRequest.status_code:
            raise
        reason = (error.reason or "ERROR").upper().replace(" ", "_")
        refused = answer(AdminError(error.status, reason, f"{request.method} {request.path}"))
        if "Allow" in error.headers:
            refused.headers["Allow"] = error.headers["Allow"]
        return refused
    except Exception:
        log.exception("no answer to %s %s", request.method, request.path)
        return answer(AdminError(500, "INTERNAL", "simvenue failed at this request; its log says where"))
