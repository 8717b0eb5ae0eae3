"""An order in flight is over when the venue says so, not when it was asked for often enough.

Upstream: `LiveExecutionEngine._resolve_inflight_order` (nautilus_trader/live/execution_engine.py) guesses after
`inflight_check_retries` questions, answered or not: SUBMITTED becomes REJECTED, PENDING_CANCEL and PENDING_UPDATE
become CANCELED. While the venue's REST hangs or answers 503, orders that live there are over here, and are sent again.

Here: the venue is asked once more, and what it says is taken: its report, or its "no such order", after which
upstream's guess is right. A question that fails leaves the order in flight, to be asked for again.

Shown by: tests/integration/node/test_lost_answers.py. Can go when upstream tells "not found" from "no answer".
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.adapters.binance.common.enums import BinanceErrorCode
from nautilus_trader.adapters.binance.http.error import BinanceError, get_binance_error_code
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import GenerateOrderStatusReport

from noderun import logs
from noderun.engine.guards.failed_queries import remembered_errors
from noderun.lines import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nautilus_trader.model.orders import Order
    from nautilus_trader.system.kernel import NautilusKernel

_ANSWER_SECONDS: Final = 10.0


def install(kernel: NautilusKernel, clients: Sequence[Any]) -> None:
    """Make the engine ask one of the clients before it guesses."""
    engine = kernel.exec_engine
    guard = _InFlight(kernel, clients)
    setattr(engine, engine._resolve_inflight_order.__name__, guard.resolve)  # noqa: SLF001 the method that guesses


class _InFlight:
    """Takes the place of the method."""

    def __init__(self, kernel: NautilusKernel, clients: Sequence[Any]) -> None:
        self._engine: Any = kernel.exec_engine
        self._clock = kernel.clock
        self._clients = clients
        self._guess = self._engine._resolve_inflight_order  # noqa: SLF001 as above
        self._asked: set[Any] = set()

    def resolve(self, order: Order) -> None:
        """Ask for the order; upstream's loop does not wait for the answer."""
        client = next((client for client in self._clients if client.account_id == order.account_id), None)
        if client is None or not order.is_inflight:
            self._guess(order)
        elif order.client_order_id not in self._asked:
            self._asked.add(order.client_order_id)
            client.create_task(self._ask(client, order), log_msg=f"fate of {order.client_order_id}")

    async def _ask(self, client: Any, order: Order) -> None:  # noqa: ANN401 upstream's client
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                report = await self._report(client, order)
        except Exception as error:
            logs.get().warning(
                "the venue did not tell what became of an order", order=str(order.client_order_id), said=one_line(error)
            )
            self._engine._clear_recon_tracking(order.client_order_id)  # noqa: SLF001 upstream begins to count anew
        else:
            if report is None:
                self._guess(order)
            else:
                self._engine.reconcile_execution_report(report)
        finally:
            self._asked.discard(order.client_order_id)

    async def _report(self, client: Any, order: Order) -> Any:  # noqa: ANN401 as above
        command = GenerateOrderStatusReport(
            instrument_id=order.instrument_id,
            client_order_id=order.client_order_id,
            venue_order_id=order.venue_order_id,
            command_id=UUID4(),
            ts_init=self._clock.timestamp_ns(),
        )
        with remembered_errors() as errors:
            report = await client.generate_order_status_report(command)
        if report is None and (failed := [error for error in errors if not _says_no_such_order(error)]):
            raise failed[0]
        return report


def _says_no_such_order(error: BaseException) -> bool:
    return isinstance(error, BinanceError) and get_binance_error_code(error) == BinanceErrorCode.NO_SUCH_ORDER
