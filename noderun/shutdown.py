"""The stop: gate first, then policy, verified at the venue, then state, then everything else. Always with an end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from nodecfg import ShutdownPolicy
from noderun.engine import components, orders
from noderun.states import Exit, Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from nodecfg import TradingNodeSettings
    from noderun.engine.node import Engine

_LOOK_EVERY = 0.05
_CLOSE_RESERVE = 4.0
"""Seconds kept for saving state, for ending tasks and for draining the cache's writes."""
_LEAST_FOR_POLICY = 2.0
_HURRY = 1.0


async def stop(
    engine: Engine, settings: TradingNodeSettings, *, asked: bool, hurry: asyncio.Event, tell: Callable[[str], None]
) -> list[Failure]:
    """Stop the node within SHUTDOWN_TIMEOUT and return what went wrong on the way; the process goes on to dispose it.

    Args:
        engine: In whatever state it is.
        settings: Policy and timeouts.
        asked: True when somebody wants the node down. A start that failed before any strategy ran leaves the orders of
            an earlier run alone: the next start goes on with them.
        hurry: Set by a second signal: no more waiting for venue or strategies.
        tell: Told what is going on.
    """
    problems: list[Failure] = []
    budget = settings.shutdown.timeout - settings.timeouts.disconnection - _CLOSE_RESERVE
    deadline = asyncio.get_running_loop().time() + max(_LEAST_FOR_POLICY, budget)
    trading = engine.trading
    engine.halt_orders("the node is stopping")
    tell("stopping strategies")
    problems += [Failure(Exit.HANDLER, reason) for reason in components.stop_all(engine)]
    policy = settings.shutdown.policy if asked or trading else ShutdownPolicy.KEEP
    try:
        await _within(deadline, hurry, _apply(engine, policy, tell))
    except TimeoutError:
        left = ", ".join(orders.still_open(engine)) or "the venue did not confirm"
        problems.append(Failure(Exit.STOP_DEADLINE, f"policy {policy} not carried out in time: {left}"))
    except Failure as failure:
        problems.append(failure)
    except Exception as error:
        problems.append(
            Failure(Exit.STOP_DEADLINE, f"policy {policy} not carried out: {type(error).__name__}: {error}")
        )
    tell("saving strategy state")
    problems += [Failure(Exit.HANDLER, reason) for reason in components.save_state(engine)]
    tell("disconnecting")
    try:
        await engine.close()
    except Exception as error:
        problems.append(Failure(Exit.UNEXPECTED, f"upstream's stop raised: {type(error).__name__}: {error}"))
    return problems


async def _apply(engine: Engine, policy: ShutdownPolicy, tell: Callable[[str], None]) -> None:
    while running := components.still_running(engine):
        tell(f"waiting for {', '.join(running)} to stop")
        await asyncio.sleep(_LOOK_EVERY)
    await orders.drain(engine)
    if policy is ShutdownPolicy.KEEP or not (engine.reconciliation.done or orders.still_open(engine)):
        return
    if not engine.connected:
        raise Failure(Exit.STOP_DEADLINE, f"no venue connected, left as it was: {', '.join(orders.still_open(engine))}")
    tell("cancelling open orders, verified at the venue")
    await orders.cancel_all(engine)
    if policy is ShutdownPolicy.FLATTEN:
        tell("closing positions")
        await orders.close_all(engine)
        await orders.cancel_all(engine)


async def _within(deadline: float, hurry: asyncio.Event, work: Coroutine[None, None, None]) -> None:
    task = asyncio.ensure_future(work)
    hurried = asyncio.ensure_future(hurry.wait())
    try:
        seconds = max(0.0, deadline - asyncio.get_running_loop().time())
        await asyncio.wait({task, hurried}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and hurried.done():
            await asyncio.wait({task}, timeout=_HURRY)
        if not task.done():
            raise TimeoutError
        task.result()
    finally:
        task.cancel()
        hurried.cancel()
