"""The user data stream: what happens to an account, told to the listeners of its key."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from simvenue.exchange.contracts import FundingEvent, MarginType, Setting, SettingEvent
from simvenue.exchange.types import Execution, OrderEvent
from simvenue.venues.binance_futures import conditional
from simvenue.venues.binance_futures.messages import algo_orders, orders
from simvenue.venues.transport.frame import Frame, FrameKind

if TYPE_CHECKING:
    from simvenue.exchange.types import Event
    from simvenue.venues.binance.venue import Venue

FINISHED_LAG_SECONDS = 0.2
"""The algo service hears of an order's end after the matching engine has told it, and tells it in turn.

Upstream relies on that: it books a missing fill when FINISHED comes before it has worked off the trade.
"""


def publish(venue: Venue, event: Event) -> None:
    """Tell an account what the exchange just did to it, and everybody about a liquidation."""
    match event:
        case OrderEvent(order=order):
            if conditional.is_liquidation(order) and event.execution is Execution.TRADE:
                _publish_force_order(venue, event)
            if _listeners(venue, order.account) is not None:
                _send(venue, order.account, _order_messages(venue, event), symbol=order.symbol, side=order.side)
                _finish_later(venue, event)
        case FundingEvent(payment=payment):
            _send(venue, payment.account, [_funding_message(venue, event)], symbol=payment.symbol)
        case SettingEvent(account=account, symbol=symbol):
            _send(venue, account, _setting_messages(venue, event), symbol=symbol)
        case _:
            pass


def _send(venue: Venue, account: str, messages: list[dict[str, Any]], *, symbol: str, side: str = "") -> None:
    name = _listeners(venue, account)
    if name is None:
        return
    for message in messages:
        frame = Frame(kind=FrameKind.USER, name=message["e"], account=account, symbol=symbol, side=side)
        venue.hub.publish(name, message, frame)


def _listeners(venue: Venue, account: str) -> str | None:
    name = venue.listen_keys.name(account)
    return name if name is not None and venue.hub.has_listeners(name) else None


def _funding_message(venue: Venue, event: FundingEvent) -> dict[str, Any]:
    asset = event.payment.asset
    return orders.account_update(
        "FUNDING_FEE",
        balances={asset: event.balances[asset]},
        # A crossed position is not repeated when the wallet pays for it.
        positions=[],
        time_ms=event.time_ms,
        now_ms=venue.clock(),
        change=event.payment.amount,
    )


def _setting_messages(venue: Venue, event: SettingEvent) -> list[dict[str, Any]]:
    exchange, now_ms = venue.exchange, venue.clock()
    match event.setting:
        case Setting.LEVERAGE:
            return [orders.leverage_update(event.symbol, int(event.value), now_ms)]
        case Setting.MARGIN_TYPE:
            instrument, mark = exchange.instruments[event.symbol], exchange.mark_price(event.symbol)
            isolated = event.value == MarginType.ISOLATED
            changed = [
                orders.position(instrument, position, mark, isolated=isolated)
                for position in exchange.positions(event.account)
                if position.symbol == event.symbol
            ]
            return [
                orders.account_update(
                    "MARGIN_TYPE_CHANGE", balances={}, positions=changed, time_ms=event.time_ms, now_ms=now_ms
                )
            ]
        case Setting.POSITION_MODE:
            # The venue has no event for it.
            return []


def _order_messages(venue: Venue, event: OrderEvent) -> list[dict[str, Any]]:
    order, now_ms = event.order, venue.clock()
    instrument = venue.exchange.instruments[order.symbol]
    in_engine = orders.trade_events(instrument, event, venue.exchange.mark_price(order.symbol), now_ms)
    if order.trigger is None:
        return in_engine

    def update(status: str) -> dict[str, Any]:
        return algo_orders.algo_update(instrument, order, status, event.time_ms, now_ms)

    if event.execution is Execution.TRIGGERED:
        return [update("TRIGGERING"), update("TRIGGERED"), *in_engine]
    if not conditional.is_matching(order):
        # The venue has no way to amend a waiting order, so there is no word for it either.
        return [] if event.execution is Execution.AMENDMENT else [update(conditional.status(order))]
    return in_engine


def _finish_later(venue: Venue, event: OrderEvent) -> None:
    order = event.order
    if order.trigger is None or order.status.is_open or not conditional.is_matching(order):
        return

    def finish() -> None:
        instrument, now_ms = venue.exchange.instruments[order.symbol], venue.clock()
        message = algo_orders.algo_update(instrument, order, "FINISHED", now_ms, now_ms)
        _send(venue, order.account, [message], symbol=order.symbol, side=order.side)

    asyncio.get_running_loop().call_later(FINISHED_LAG_SECONDS, finish)


def _publish_force_order(venue: Venue, event: OrderEvent) -> None:
    symbol = event.order.symbol
    message = orders.force_order(venue.exchange.instruments[symbol], event, venue.clock())
    for name in (f"{symbol.lower()}@forceOrder", "!forceOrder@arr"):
        venue.hub.publish(name, message, Frame(kind=FrameKind.PUBLIC, name=name, symbol=symbol))
