"""A start asks Binance for its history no faster than the venue allows.

Upstream: a mass status asks for orders, algo orders and trades of each symbol that has any, one after the other, 15 of
a minute's 2400 units of request weight a symbol (nautilus_trader/adapters/binance/execution.py). Its own limiter counts
requests, and of the venue's answers it keeps no header, neither the weight used nor how long a ban lasts. From some 130
symbols on a start is refused, then banned, and so is each one after it.

Here: when three quarters of a minute are used, by the venue's own count, which holds every program behind this
address, the next question for a symbol's history waits for the next minute.

Shown by: tests/integration/node/test_many_symbols.py. Can go when upstream counts weight.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient
from nautilus_trader.adapters.binance.futures.execution import BinanceFuturesExecutionClient
from nautilus_trader.adapters.binance.http import client as http_client
from nautilus_trader.core.nautilus_pyo3 import HttpClient

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

FUTURES_A_MINUTE: Final = 2400
SPOT_A_MINUTE: Final = 6000
_SHARE: Final = 0.75
_MINUTE: Final = 60.0
_INTO_THE_NEXT: Final = 1.5
"""Seconds: the venue's clock may be behind."""
_USED: Final = "x-mbx-used-weight-1m"
_RETRY_AFTER: Final = "retry-after"


def keep_headers() -> None:
    """Make clients that are constructed from now on keep the headers in which the venue tells its limits."""
    setattr(http_client, HttpClient.__name__, partial(HttpClient, header_keys=[_USED, _RETRY_AFTER]))


def install(client: Any) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Make a client's questions for history wait; other venues' clients are left alone."""
    if not isinstance(client, BinanceCommonExecutionClient):
        return
    http: Any = client._http_client  # noqa: SLF001 upstream keeps no header of an answer
    if not isinstance(http._client, _Weighing):  # noqa: SLF001 as above
        http._client = _Weighing(http._client)  # noqa: SLF001 as above
    weighing = http._client  # noqa: SLF001 as above
    account = client._http_account  # noqa: SLF001 the requests to pace
    histories = ["query_all_orders", "query_user_trades"]
    if isinstance(client, BinanceFuturesExecutionClient):
        most = FUTURES_A_MINUTE * _SHARE
        histories.append("query_all_algo_orders")
    else:
        most = SPOT_A_MINUTE * _SHARE
    for name in histories:
        setattr(account, name, _paced(getattr(account, name), weighing, most))


class _Weighing:
    """Upstream's compiled HTTP client, which takes no other methods, and what the venue last said is used."""

    def __init__(self, http: Any) -> None:  # noqa: ANN401 upstream's compiled client
        self._http = http
        self._used, self._minute = 0, 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 whatever the client has
        return getattr(self._http, name)

    async def request(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 upstream's signature
        response = await self._http.request(*args, **kwargs)
        used = {name.lower(): value for name, value in response.headers.items()}.get(_USED, "")
        if used.isdigit():
            self._used, self._minute = int(used), int(time.time() // _MINUTE)
        return response

    def pause(self, most: float) -> float:
        """Return the seconds until weight is free again, 0 while it is."""
        now = time.time()
        if self._used < most or now // _MINUTE != self._minute:
            return 0.0
        return _MINUTE - now % _MINUTE + _INTO_THE_NEXT


def _paced(query: Callable[..., Awaitable[Any]], weighing: _Weighing, most: float) -> Callable[..., Awaitable[Any]]:
    @wraps(query)
    async def paced(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 upstream's signature
        while seconds := weighing.pause(most):
            logs.get().warning("waiting for the venue's next minute of request weight", seconds=round(seconds, 1))
            await asyncio.sleep(seconds)
        return await query(*args, **kwargs)

    return paced
