"""The user data stream: what happens to an account, told to its sessions and to the listeners of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import Execution, OrderEvent
from simvenue.venues.binance.venue import VENUE
from simvenue.venues.binance.ws_api import SESSIONS
from simvenue.venues.binance_spot.cancel_names import CANCEL_NAME, made_up
from simvenue.venues.binance_spot.messages import user_events
from simvenue.venues.transport.frame import Frame, FrameKind

if TYPE_CHECKING:
    from aiohttp import web

    from simvenue.exchange.types import Event


def publish(app: web.Application, event: Event) -> None:
    """Tell an account what the exchange just did to its order; other events pass."""
    if not isinstance(event, OrderEvent) or not _is_heard(app, event.order.account):
        return
    venue, order, now_ms = app[VENUE], event.order, app[VENUE].clock()
    instrument = venue.exchange.instruments[order.symbol]
    cancel_id = app[CANCEL_NAME].current or made_up() if event.execution is Execution.CANCELED else None
    report = user_events.execution_report(instrument, event, cancel_id=cancel_id, now_ms=now_ms)
    tell(app, order.account, report, symbol=order.symbol, side=order.side)
    position = user_events.account_position(
        sorted({instrument.base, instrument.quote}),
        venue.exchange.free(order.account),
        venue.exchange.locked(order.account),
        time_ms=event.time_ms,
        now_ms=now_ms,
    )
    tell(app, order.account, position, symbol=order.symbol, side=order.side)


def tell(app: web.Application, account: str, event: dict[str, Any], *, symbol: str = "", side: str = "") -> None:
    """Send an event wherever an account's events are wanted."""
    for session in app[SESSIONS]:
        session.tell(account, event, symbol=symbol, side=side)
    venue = app[VENUE]
    name = venue.listen_keys.name(account)
    if name is not None:
        frame = Frame(kind=FrameKind.USER, name=event["e"], account=account, symbol=symbol, side=side)
        venue.hub.publish(name, event, frame)


def _is_heard(app: web.Application, account: str) -> bool:
    name = app[VENUE].listen_keys.name(account)
    if name is not None and app[VENUE].hub.has_listeners(name):
        return True
    return any(wanted.account == account for session in app[SESSIONS] for wanted in session.subscriptions.values())
