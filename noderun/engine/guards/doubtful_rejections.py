"""Only the venue rejects an order.

Upstream: `BinanceCommonExecutionClient` (nautilus_trader/adapters/binance/execution.py) calls an order REJECTED at once
when its submission ends with any error: HTTP 5xx, a proxy's page, -1007 ("execution status unknown"), a stop while the
answer was on its way; and when a later question for the order fails. The order may rest at the venue, or be filled: its
events are then refused ("InvalidStateTrigger REJECTED -> FILLED"), and its strategy has sent another one. Bybit's
client does so with every answer of the trade socket that is no success, also "server error" (10016) and timeouts.

Here: an error by which the venue does not refuse the order leaves it SUBMITTED, and the checks of orders in flight ask
for it (guards/in_flight.py). Where those are off, upstream's way stays: nobody would ever ask. A refusal that comes
after the venue has told that it knows no such order, as from a line that was dead for a while, is not told twice.

Shown by: tests/integration/node/test_lost_answers.py, tests/integration/venue_bybit/test_noderun.py. Can go when
upstream tells refusals from silence.
"""

from __future__ import annotations

import ast
import re
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient
from nautilus_trader.adapters.bybit.execution import BybitExecutionClient
from nautilus_trader.model.enums import OrderStatus
from nautilus_trader.model.identifiers import ClientOrderId

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_UNSURE: Final = frozenset({-1000, -1001, -1006, -1007, -4116})
"""Codes after which the order may live: unknown, disconnected, unexpected response, timeout, a duplicate of itself
(developers.binance.com, USDⓈ-M futures, error codes)."""

_NO_REFUSAL: Final = re.compile(
    r"server error|internal (system )?error|time(d )?[ -]?out|maintenance|busy|unavailable|disconnect|connection",
    re.IGNORECASE,
)
"""Bybit's words, of which upstream keeps the text only: 10000, 10016, 10019, 170007, 170146 (bybit-exchange.github.io,
v5, error codes), and those of a socket that was lost."""

_doing: ContextVar[str] = ContextVar("doing", default="")


def install(client: Any, *, checked: bool) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Keep doubtful rejections back; clients of other venues are left alone.

    Args:
        client: The client.
        checked: Whether somebody asks for orders in flight.
    """
    if checked and isinstance(client, BinanceCommonExecutionClient):
        _install_binance(client)
    elif checked and isinstance(client, BybitExecutionClient):
        _install_bybit(client)


def _install_bybit(upstream: Any) -> None:  # noqa: ANN401 as above
    hear = upstream._handle_order_rejected_pyo3  # noqa: SLF001 where answers of the trade socket come in

    def hear_when_sure(message: Any) -> None:  # noqa: ANN401 upstream's compiled event
        if _NO_REFUSAL.search(message.reason):
            _tell(message.client_order_id, message.reason)
        elif _is_rejected(upstream, message.client_order_id):
            _tell_again(message.client_order_id, message.reason)
        else:
            hear(message)

    setattr(upstream, hear.__name__, hear_when_sure)
    reject = upstream.generate_order_rejected

    @wraps(reject)
    def reject_once(*args: Any, **said: Any) -> None:  # noqa: ANN401 upstream's signature
        if _is_rejected(upstream, said.get("client_order_id")):
            _tell_again(said.get("client_order_id"), said.get("reason"))
        else:
            reject(*args, **said)

    # Where the order stream tells of one that was refused.
    upstream.generate_order_rejected = reject_once


def _tell(order: Any, said: str | None) -> None:  # noqa: ANN401 any of upstream's identifiers
    logs.get().warning("an order's fate is not known; the venue will be asked", order=str(order), said=said)


def _is_rejected(client: Any, name: Any) -> bool:  # noqa: ANN401 as above
    order = client._cache.order(ClientOrderId(str(name)))  # noqa: SLF001 where its events go
    return order is not None and order.status == OrderStatus.REJECTED


def _tell_again(order: Any, said: str | None) -> None:  # noqa: ANN401 as above
    logs.get().info("the venue refuses an order that was called rejected before", order=str(order), said=said)


def _install_binance(upstream: Any) -> None:  # noqa: ANN401 as above
    reject = upstream.generate_order_rejected

    @wraps(reject)
    def reject_when_sure(*args: Any, **said: Any) -> None:  # noqa: ANN401 upstream's signature
        doing, reason = _doing.get(), said.get("reason")
        if doing and _is_rejected(upstream, said.get("client_order_id")):
            _tell_again(said.get("client_order_id"), reason)
        elif not doing or (doing == "submit" and is_refusal(reason)):
            reject(*args, **said)
        else:
            _tell(said.get("client_order_id"), reason)

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
