"""Cancels and closes at a stop, and asks the venue whether it is so."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import SubmitOrder
from nautilus_trader.model.enums import OrderSide, OrderType
from nautilus_trader.model.identifiers import ClientOrderId

from noderun.engine import views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from noderun.engine.node import Engine
    from noderun.snapshot import OpenOrder

_LOOK_AGAIN = 0.2
_LONGEST_PAUSE = 5.0
_ONE_BY_ONE = 50
"""Orders that are cancelled each by a request of its own."""
_TRY_EVERY = 5


async def drain(engine: Engine) -> None:
    """Wait until the engines have handled every command and event that was on its way."""
    risk, execution = engine.kernel.risk_engine, engine.kernel.exec_engine
    while risk.cmd_qsize() or risk.evt_qsize() or execution.cmd_qsize() or execution.evt_qsize():  # noqa: ASYNC110 upstream's queues tell nobody when they are empty
        await asyncio.sleep(_LOOK_AGAIN / 10)


async def cancel_all(engine: Engine, strategy: str | None = None) -> None:
    """Cancel every order of our strategies, or of one, until the venue has none of them open; give it a deadline.

    Orders of nobody here (placed by hand, by another program) are left alone.
    """
    pause, left = _LOOK_AGAIN, 0
    while True:
        # What was submitted a moment ago is nobody's open order yet.
        await drain(engine)
        _cancel_what_is_open(engine, strategy)
        await asyncio.sleep(pause)
        before, left = left, len(list(_active(engine, strategy)))
        if not left and not await open_at_venue(engine, strategy):
            return
        # Who repeats at once what was refused for asking too much is banned, and can cancel nothing then.
        pause = min(pause * 2, _LONGEST_PAUSE) if left >= before > 0 else _LOOK_AGAIN


async def open_at_venue(engine: Engine, strategy: str | None = None) -> list[str]:
    """Ask the venue which orders of our strategies, or of one, it has open."""
    found: list[str] = []
    for client in engine.exec_clients():
        snapshot = await views.venue_snapshot(engine.kernel, client)
        found += [str(order) for order in snapshot.orders.values() if _belongs(engine, order, strategy)]
    return found


async def close_all(engine: Engine) -> None:
    """Close every position of our strategies by a reduce-only market order until none is open; give it a deadline."""
    while held := [position for strategy in _strategies(engine) for position in _positions(engine, strategy)]:
        for position in held:
            _close(engine, position)
        # One try a second: an order that the venue refuses shall not be repeated as fast as it is refused.
        for _ in range(_TRY_EVERY):
            await asyncio.sleep(_LOOK_AGAIN)
            if not any(_positions(engine, strategy) for strategy in _strategies(engine)):
                return


def still_open(engine: Engine) -> list[str]:
    """Return what the cache has open of our strategies, for the line that tells of an unfinished stop."""
    orders = [f"order {order.client_order_id}" for order in _active(engine)]
    return orders + [
        f"position {position.instrument_id} {position.signed_decimal_qty()}"
        for strategy in _strategies(engine)
        for position in _positions(engine, strategy)
    ]


def _cancel_what_is_open(engine: Engine, only: str | None) -> None:
    for strategy in _strategies(engine, only):
        opened = [o for o in engine.kernel.cache.orders_open(strategy_id=strategy.id) if not o.is_pending_cancel]
        together = _cancel_together(strategy, opened) if len(opened) > _ONE_BY_ONE else set()
        for order in opened:
            if order.client_order_id not in together:
                strategy.cancel_order(order)
        for order in engine.kernel.cache.orders_emulated(strategy_id=strategy.id):
            strategy.cancel_order(order)


def _cancel_together(strategy: Any, orders: list[Any]) -> set[Any]:  # noqa: ANN401 upstream's Strategy and orders are untyped
    # One request of weight for ten orders of a symbol; upstream's batches take no conditional orders.
    groups: defaultdict[Any, list[Any]] = defaultdict(list)
    for order in orders:
        if order.order_type == OrderType.LIMIT:
            groups[order.instrument_id].append(order)
    for group in groups.values():
        strategy.cancel_orders(group)
    return {order.client_order_id for group in groups.values() for order in group}


def _belongs(engine: Engine, order: OpenOrder, only: str | None) -> bool:
    if only is None or order.client_order_id is None:
        return only is None and order.ours
    return str(engine.kernel.cache.strategy_id_for_order(ClientOrderId(order.client_order_id))) == only


def _active(engine: Engine, only: str | None = None) -> Iterator[Any]:
    cache = engine.kernel.cache
    for strategy in _strategies(engine, only):
        yield from cache.orders_open(strategy_id=strategy.id)
        yield from cache.orders_inflight(strategy_id=strategy.id)
        yield from cache.orders_emulated(strategy_id=strategy.id)


def _positions(engine: Engine, strategy: Any) -> list[Any]:  # noqa: ANN401 upstream's Strategy is untyped
    return list(engine.kernel.cache.positions_open(strategy_id=strategy.id))


def _strategies(engine: Engine, only: str | None = None) -> list[Any]:
    return [strategy for strategy in engine.kernel.trader.strategies() if only in {None, str(strategy.id)}]


def _close(engine: Engine, position: Any) -> None:  # noqa: ANN401 upstream's Position is untyped
    kernel = engine.kernel
    strategy = next(s for s in _strategies(engine) if s.id == position.strategy_id)
    order = strategy.order_factory.market(
        instrument_id=position.instrument_id,
        order_side=OrderSide.SELL if position.is_long else OrderSide.BUY,
        quantity=position.quantity,
        reduce_only=True,
    )
    engine.gate.own.add(order.client_order_id)
    kernel.cache.add_order(order, position.id, None)
    # Past the risk engine: the gate that stops the strategies' orders would stop this one too.
    kernel.exec_engine.execute(
        SubmitOrder(
            trader_id=kernel.trader_id,
            strategy_id=strategy.id,
            order=order,
            command_id=UUID4(),
            ts_init=kernel.clock.timestamp_ns(),
            position_id=position.id,
        )
    )
