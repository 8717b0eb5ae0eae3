"""Stops, resumes and saves strategies, actors and algorithms, each by itself: one that raises stops no other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from nautilus_trader.trading.strategy import Strategy

from noderun.control.protocol import RefusedError
from noderun.lines import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noderun.engine.node import Engine

_LOOK_EVERY = 0.05


async def switch_strategy(engine: Engine, name: str, *, run: bool) -> None:
    """Stop a strategy, or let a stopped one go on.

    Raises:
        RefusedError: It cannot go on: upstream calls `on_resume` then, and this one has none.
    """
    strategy = next(s for s in engine.kernel.trader.strategies() if str(s.id) == name)
    if run and strategy.is_stopped:
        if type(strategy).on_resume is Strategy.on_resume:
            raise RefusedError(f"{name} has no on_resume, so it cannot go on; restart the node")
        strategy.resume()
    elif run and not strategy.is_running:
        strategy.start()
    elif not run and strategy.is_running:
        strategy.stop()
        while not strategy.is_stopped:  # noqa: ASYNC110 a market exit on stop tells nobody when it is done
            await asyncio.sleep(_LOOK_EVERY)


def stop_all(engine: Engine) -> list[str]:
    """Stop every strategy, actor and algorithm, and return what raised.

    Upstream's trader stops at the first `on_stop` that raises, and the node then never ends.
    """
    raised: list[str] = []
    for component in _all(engine):
        if component.is_running:
            try:
                component.stop()
            except Exception as error:
                raised.append(f"{component.id} raised in on_stop: {one_line(error)}")
    return raised


def still_running(engine: Engine) -> list[str]:
    """Return the components that have not stopped yet (a market exit on stop takes its time)."""
    return [str(component.id) for component in _all(engine) if component.is_running]


def save_state(engine: Engine) -> list[str]:
    """Save the state of every strategy and actor, and return what raised."""
    trader, cache = engine.kernel.trader, engine.kernel.cache
    raised: list[str] = []
    for components, save in (
        (trader.strategies(), cache.update_strategy),
        (trader.actors(), cache.update_actor),
    ):
        for component in components:
            try:
                save(component)
            except Exception as error:
                raised.append(f"{component.id} raised in on_save: {one_line(error)}")
    return raised


def _all(engine: Engine) -> Iterator[Any]:
    trader = engine.kernel.trader
    yield from (*trader.actors(), *trader.strategies(), *trader.exec_algorithms())
