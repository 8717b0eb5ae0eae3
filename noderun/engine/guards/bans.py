"""A banned address is quiet until its ban is over.

Upstream: nothing looks at HTTP 418 (nautilus_trader/adapters/binance/http/client.py). Strategies go on sending orders,
checks go on asking, and Binance lengthens the ban with each request, from two minutes to three days; a node that is
banned cannot cancel either.

Here: until the moment that the venue named, requests fail here, with the venue's own words, and none is sent. No
answer is missed: the venue would give that one.

Shown by: tests/integration/node/test_bans.py. Can go when upstream keeps quiet by itself.
"""

from __future__ import annotations

import re
import time
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient
from nautilus_trader.adapters.binance.http.error import BinanceClientError

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_BANNED: Final = 418
_UNTIL: Final = re.compile(r"until (\d{13})")
_LONGEST_SECONDS: Final = 600.0
"""A longer ban is asked about again after so long: it may have been lifted."""


def install(client: Any) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Make a client keep quiet while it is banned; other venues' clients are left alone."""
    if not isinstance(client, BinanceCommonExecutionClient):
        return
    http: Any = client._http_client  # noqa: SLF001 the one place that all requests pass
    if not getattr(http.send_request, "keeps_bans", False):
        setattr(http, http.send_request.__name__, _quiet(http.send_request))


def _quiet(send: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    over = 0.0
    ban: BinanceClientError | None = None

    @wraps(send)
    async def send_request(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 upstream's signature
        nonlocal over, ban
        if ban is not None and time.monotonic() < over:
            raise ban.with_traceback(None)
        try:
            return await send(*args, **kwargs)
        except BinanceClientError as error:
            if error.status == _BANNED:
                seconds = ban_seconds(error.message, error.headers, time.time())
                over, ban = time.monotonic() + seconds, error
                logs.get().error("banned by the venue: nothing is sent until that is over", seconds=round(seconds, 1))
            raise

    send_request.keeps_bans = True  # type: ignore[attr-defined]
    return send_request


def ban_seconds(message: object, headers: Any, now: float) -> float:  # noqa: ANN401 upstream's headers
    """Return how long a ban lasts: as its header says, else its text; at most ten minutes, 0 when neither says.

    Args:
        message: What the venue said.
        headers: Of the answer.
        now: Seconds since the epoch.
    """
    given = {str(name).lower(): str(value) for name, value in dict(headers or {}).items()}
    if given.get("retry-after", "").isdigit():
        return min(float(given["retry-after"]), _LONGEST_SECONDS)
    until = _UNTIL.search(str(message))
    return min(max(0.0, int(until[1]) / 1000 - now), _LONGEST_SECONDS) if until else 0.0
