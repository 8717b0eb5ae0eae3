"""A query that failed is not an empty answer.

Upstream: `generate_{order_status,fill,position_status}_reports` of the Binance and of the Bybit client catch a venue
error and return `[]` (nautilus_trader/adapters/{binance,bybit}/execution.py). The engine then believes the venue flat
and books a made-up fill against the real position, or calls a start-up reconciliation without any open order a success.
Bybit's does it at every stop too: it cancels its own requests while the checks still run.

Here: the error is raised again. Every caller handles that: reconciliation at the start fails, the continuous checks log
"Skipping position reconciliation" and look again later.

Shown by: tests/integration/node/test_guards.py, tests/integration/venue_bybit/test_guards.py. Can go when upstream's
methods raise.
"""

from __future__ import annotations

from asyncio import CancelledError
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any

from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient
from nautilus_trader.adapters.binance.http.error import BinanceError
from nautilus_trader.adapters.bybit.execution import BybitExecutionClient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

QUERIES = ("generate_order_status_reports", "generate_fill_reports", "generate_position_status_reports")

_BYBIT_REQUESTS = frozenset(
    {"request_order_status_reports", "request_fill_reports", "request_position_status_reports", "query_order"}
)

_errors: ContextVar[list[BaseException] | None] = ContextVar("errors", default=None)


def install(client: Any) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Make the client's queries raise when a request behind them failed; other venues' clients are left alone."""
    if isinstance(client, BinanceCommonExecutionClient):
        # The HTTP client can be shared by several clients (upstream caches it): wrap it once.
        http = client._http_client  # noqa: SLF001 upstream has no other place where an error can be seen
        if not getattr(http.send_request, "remembers_errors", False):
            setattr(http, http.send_request.__name__, _remembering(http.send_request, BinanceError))
    elif isinstance(client, BybitExecutionClient):
        remembering: Any = _Remembering(client._http_client)  # noqa: SLF001 as above
        client._http_client = remembering  # noqa: SLF001 as above
    else:
        return
    for name in QUERIES:
        setattr(client, name, _raising(getattr(client, name)))


@contextmanager
def remembered_errors() -> Iterator[list[BaseException]]:
    """Collect the errors of requests that are made inside, also those that upstream swallows; for every one around."""
    errors: list[BaseException] = []
    outer = _errors.get()
    token = _errors.set(errors)
    try:
        yield errors
    finally:
        _errors.reset(token)
        if outer is not None:
            outer.extend(errors)


class _Remembering:
    """Bybit's HTTP client, whose class is compiled and takes no other methods."""

    def __init__(self, http: Any) -> None:  # noqa: ANN401 upstream's compiled client
        self._http = http

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 whatever the client has
        found = getattr(self._http, name)
        return _remembering(found, Exception, CancelledError) if name in _BYBIT_REQUESTS else found


def _remembering(send: Callable[..., Awaitable[Any]], *kinds: type[BaseException]) -> Callable[..., Awaitable[Any]]:
    @wraps(send)
    async def send_request(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 upstream's signature
        try:
            return await send(*args, **kwargs)
        except kinds as error:
            if (errors := _errors.get()) is not None:
                errors.append(error)
            raise

    send_request.remembers_errors = True  # type: ignore[attr-defined]
    return send_request


def _raising(query: Callable[[Any], Awaitable[list[Any]]]) -> Callable[[Any], Awaitable[list[Any]]]:
    @wraps(query)
    async def guarded(command: Any) -> list[Any]:  # noqa: ANN401 one of upstream's commands
        with remembered_errors() as errors:
            reports = await query(command)
        if errors:
            raise errors[0]
        return reports

    return guarded
