"""A noderun that is broken on purpose, so that a checker that would pass it is caught. CHAOS_BROKEN says how."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from nautilus_trader.execution.engine import ExecutionEngine
from nautilus_trader.live.execution_engine import LiveExecutionEngine
from nautilus_trader.model.events import OrderAccepted, OrderFilled
from nautilus_trader.model.identifiers import TradeId

from noderun.cli import app
from noderun.engine.guards.gate import Gate
from noderun.engine.node import Engine

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "CHAOS_BROKEN"
_DROPPED, _DOUBLED, _FORGOTTEN = 7, 9, 5


def drop_fills() -> None:
    """Drop every 7th fill, and whatever would stand for it."""
    seen: list[Any] = []
    dropped: set[Any] = set()

    def handle(engine: Any, event: Any) -> None:  # noqa: ANN401 upstream is untyped
        if isinstance(event, OrderFilled):
            if event.trade_id not in seen:
                seen.append(event.trade_id)
                if len(seen) % _DROPPED == 0:
                    dropped.add(event.client_order_id)
            if event.client_order_id in dropped:
                return
        ExecutionEngine._handle_event(engine, event)

    LiveExecutionEngine._handle_event = handle


def apply_fills_twice() -> None:
    """Apply every 9th fill to its position a second time."""
    count = 0

    def handle(engine: Any, order: Any, fill: Any, oms: Any) -> None:  # noqa: ANN401 as above
        nonlocal count
        count += 1
        ExecutionEngine._handle_order_fill(engine, order, fill, oms)
        if count % _DOUBLED == 0:
            again = OrderFilled.from_dict({**OrderFilled.to_dict(fill), "trade_id": TradeId(f"{fill.trade_id}b").value})
            ExecutionEngine._handle_order_fill(engine, order, again, oms)

    LiveExecutionEngine._handle_order_fill = handle


def ignore_halt() -> None:
    """Let orders through whatever an operator said."""

    def pass_all(gate: Any, pass_on: Any, client: Any, refuse: Any) -> Any:  # noqa: ANN401 as above
        del gate, client, refuse
        return pass_on

    def halt_nothing(engine: Any, why: str) -> None:  # noqa: ANN401 as above
        engine.gate.closed = why

    Gate._guarded = pass_all  # type: ignore[method-assign,assignment]
    Engine.halt_orders = halt_nothing  # type: ignore[method-assign,assignment]


def forget_orders() -> None:
    """Hear nothing of every 5th order that the venue accepts."""
    accepted: list[Any] = []

    def handle(engine: Any, event: Any) -> None:  # noqa: ANN401 as above
        if isinstance(event, OrderAccepted) and event.client_order_id not in accepted:
            accepted.append(event.client_order_id)
        if event.client_order_id in accepted[_FORGOTTEN - 1 :: _FORGOTTEN]:
            return
        ExecutionEngine._handle_event(engine, event)

    LiveExecutionEngine._handle_event = handle


def command(way: str) -> tuple[str, ...]:
    """Return what starts a noderun that is broken in one way."""
    return ("env", f"{VARIABLE}={way}", sys.executable, "-m", "tests.chaos.broken")


WAYS: dict[str, Callable[[], None]] = {
    "drop_fills": drop_fills,
    "apply_fills_twice": apply_fills_twice,
    "ignore_halt": ignore_halt,
    "forget_orders": forget_orders,
}

if __name__ == "__main__":
    WAYS[os.environ[VARIABLE]]()
    app()
