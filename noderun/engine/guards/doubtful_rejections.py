"""Only the venue rejects an order.

Upstream: `BinanceCommonExecutionClient` (nautilus_trader/adapters/binance/execution.py) calls an order REJECTED at once
when its submission ends with any error: HTTP 5xx, a proxy's page, -1007 ("execution status unknown"), a stop while the
answer was on its way; and when a later question for the order fails. The order may rest at the venue, or be filled: its
events are then refused ("InvalidStateTrigger REJECTED -> FILLED"), and its strategy has sent another one.

Here: an error by which the venue does not refuse the order leaves it SUBMITTED, and the checks of orders in flight ask
for it (guards/in_flight.py). Where those are off, upstream's way stays: nobody would ever ask.

Shown by: tests/integration/node/test_lost_answers.py. Can go when upstream tells refusals from silence.
"""

from __future__ import annotations

import ast
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_UNSURE: Final = frozenset({-1000, -1001, -1006, -1007, -4116})
"""Codes after which the order may live: unknown, disconnected, unexpected response, timeout, a duplicate of itself
(developers.binance.com, USDⓈ-M futures, error codes)."""

_doing: ContextVar[str] = ContextVar("doing", default="")


def install(client: Any, *, checked: bool) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Keep doubtful rejections back; other venues' clients are left alone.

    Args:
        client: The client.
        checked: Whether somebody asks for orders in flight.
    """
    if not isinstance(client, BinanceCommonExecutionClient) or not checked:
        return
    upstream: Any = client
    reject = upstream.generate_order_rejected

    @wraps(reject)
    def reject_when_sure(*args: Any, **said: Any) -> None:  # noqa: ANN401 upstream's signature
        doing, reason = _doing.get(), said.get("reason")
        if not doing or (doing == "submit" and is_refusal(reason)):
            reject(*args, **said)
        else:
            order = said.get("client_order_id")
            logs.get().warning("an order's fate is not known; the venue will be asked", order=str(order), said=reason)

    upstream.generate_order_rejected = reject_when_sure
    upstream._submit_order_inner = _while("submit", upstream._submit_order_inner)  # noqa: SLF001 where upstream rejects
    upstream.generate_order_status_report = _while("ask", upstream.generate_order_status_report)


def _while(doing: str, act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(act)
    async def acting(*args: Any, **said: Any) -> Any:  # noqa: ANN401 upstream's signature
        token = _doing.set(doing)
        try:
            return await act(*args, **said)
        finally:
            _doing.reset(token)

    return acting


def is_refusal(reason: str | None) -> bool:
    """Tell whether an error's text is the venue's refusal: one of its codes, but none that leaves the fate open."""
    try:
        said = ast.literal_eval(reason or "")
    except (ValueError, SyntaxError):
        return False
    return isinstance(said, dict) and isinstance(said.get("code"), int) and said["code"] not in _UNSURE
