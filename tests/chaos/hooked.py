"""A noderun that stands still at a crash point, blocks its loop or raises, once a file tells it to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nautilus_trader.execution.engine import ExecutionEngine
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.live.execution_engine import LiveExecutionEngine
from nautilus_trader.model.events import OrderFilled

from noderun.cli import app
from noderun.engine.guards.gate import Gate
from strategies.market_maker import MarketMaker
from tests.chaos.workload import Keeper

if TYPE_CHECKING:
    from collections.abc import Callable

WAY, PLACE = "CHAOS_HOOK", "CHAOS_HOOK_PLACE"
_place = Path(os.environ.get(PLACE, "."))
_ARMED, _REACHED = "armed", "reached"


def command(way: str, place: Path) -> tuple[str, ...]:
    """Return what starts a noderun with one hook, whose files lie in a directory."""
    return ("env", f"{WAY}={way}", f"{PLACE}={place}", sys.executable, "-m", "tests.chaos.hooked")


def arm(place: Path, said: str = "") -> None:
    """Let the hook strike at its next occasion, with a word for it."""
    partial = place / f"{_ARMED}.partial"
    partial.write_text(said)
    partial.rename(place / _ARMED)


def reached(place: Path) -> str | None:
    """Return what the hook told when it struck, None before."""
    path = place / _REACHED
    return path.read_text() if path.exists() else None


def _armed() -> bool:
    return (_place / _ARMED).exists()


def _reach(said: object) -> None:
    word = (_place / _ARMED).read_text()
    (_place / _ARMED).unlink()
    if word:
        os.kill(int(word), signal.SIGSTOP)
    partial = _place / f"{_REACHED}.partial"
    partial.write_text(str(said))
    partial.rename(_place / _REACHED)


def _stand() -> None:
    # The loop's thread: nothing of ours goes on but what is on its way in native threads. The harness kills.
    time.sleep(3600)


def decided() -> None:
    """P1: an order that a strategy has decided, and nobody else knows."""

    def hook(strategy: type[Any]) -> None:
        submit = strategy.submit_order

        def submit_order(self: Any, order: Any, *rest: Any, **more: Any) -> None:  # noqa: ANN401 upstream is untyped
            if _armed():
                _reach(order.client_order_id)
                _stand()
            submit(self, order, *rest, **more)

        strategy.submit_order = submit_order

    for strategy in (Keeper, MarketMaker):
        hook(strategy)


def recorded() -> None:
    """P2: an order on its way to Redis that is not SUBMITTED yet."""
    guarded = Gate._guarded

    def hook(gate: Any, pass_on: Any, client: Any, refuse: Any) -> Any:  # noqa: ANN401 as above
        async def hold(command: Any) -> None:  # noqa: ANN401 as above
            if _armed() and hasattr(command, "order"):
                _reach(command.order.client_order_id)
                _stand()
            await pass_on(command)

        return guarded(gate, hold, client, refuse)

    Gate._guarded = hook  # type: ignore[method-assign,assignment]


def submitted() -> None:
    """P2: an order that is SUBMITTED, for Redis too, and was not sent; the node goes on without it."""
    generate = LiveExecutionClient.generate_order_submitted

    def hook(client: Any, **said: Any) -> None:  # noqa: ANN401 as above
        generate(client, **said)
        if _armed():
            _reach(said["client_order_id"])
            raise asyncio.CancelledError  # Leaves the client before it sends.

    LiveExecutionClient.generate_order_submitted = hook


def filled() -> None:
    """P5: a fill that the node has applied while Redis, stopped in this moment, takes no write of it."""

    def handle(engine: Any, event: Any) -> None:  # noqa: ANN401 as above
        struck = isinstance(event, OrderFilled) and _armed()
        if struck:
            _reach(f"{event.client_order_id} {event.trade_id}")
        ExecutionEngine._handle_event(engine, event)
        if struck:
            _stand()

    LiveExecutionEngine._handle_event = handle


def blocked() -> None:
    """A strategy computes for ever in its handler."""
    handle = Keeper.on_quote_tick

    def hook(keeper: Keeper, tick: Any) -> None:  # noqa: ANN401 as above
        if _armed():
            _reach("on_quote_tick")
            while True:
                pass
        handle(keeper, tick)

    Keeper.on_quote_tick = hook  # type: ignore[method-assign,assignment]


def handler_raises() -> None:
    """A strategy's handler raises."""
    handle = Keeper.on_quote_tick

    def hook(keeper: Keeper, tick: Any) -> None:  # noqa: ANN401 as above
        if _armed():
            _reach("on_quote_tick")
            raise ValueError("told to fail")
        handle(keeper, tick)

    Keeper.on_quote_tick = hook  # type: ignore[method-assign,assignment]


def engine_raises() -> None:
    """The execution engine raises at a fill, as its queue hands it over: upstream ends the process at once."""

    def handle(engine: Any, event: Any) -> None:  # noqa: ANN401 as above
        if isinstance(event, OrderFilled) and _armed():
            _reach(event.trade_id)
            raise ValueError("told to fail")
        ExecutionEngine._handle_event(engine, event)

    LiveExecutionEngine._handle_event = handle


WAYS: dict[str, Callable[[], None]] = {
    hook.__name__: hook for hook in (decided, recorded, submitted, filled, blocked, handler_raises, engine_raises)
}

if __name__ == "__main__":
    WAYS[os.environ[WAY]]()
    app()
