"""The private topics: what happens to an account, told as ``order``, ``execution``, ``position`` and ``wallet``."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simvenue.exchange.contracts import FundingEvent
from simvenue.exchange.types import InstrumentKind, OrderEvent
from simvenue.venues.bybit import accounts
from simvenue.venues.bybit.instruments import category_of
from simvenue.venues.bybit.messages import funding, orders
from simvenue.venues.transport.frame import Frame, FrameKind

if TYPE_CHECKING:
    from simvenue.exchange.types import Event, Instrument, Side
    from simvenue.venues.bybit.refused_orders import RefusedOrder
    from simvenue.venues.bybit.venue import Venue

_BY_CATEGORY = ("order", "execution", "position", "execution.fast")
_PLAIN = (*_BY_CATEGORY, "wallet", "greeks", "dcp.future", "dcp.spot", "dcp.option")
TOPICS = frozenset(
    {
        *_PLAIN,
        *(f"{topic}.{category}" for topic in _BY_CATEGORY for category in ("linear", "spot", "inverse", "option")),
    }
)
"""Everything a private socket may subscribe to; a name with a category is the same, limited to it."""


def stream(account: str, topic: str) -> str:
    """Give the name under which listeners of an account's topic are kept."""
    return f"{account}/{topic}"


def publish(venue: Venue, event: Event) -> None:
    """Tell an account what the exchange just did to its order, or what it paid; other events pass."""
    if isinstance(event, FundingEvent):
        payment = event.payment
        instrument = venue.exchange.instruments[payment.symbol]
        _push(venue, Subject(payment.account, instrument, None), "execution", funding.execution(instrument, payment))
        push_wallet(venue, payment.account)
    if not isinstance(event, OrderEvent):
        return
    order, fill = event.order, event.fill
    instrument = venue.exchange.instruments[order.symbol]
    fees = venue.fees.after(event)
    if not any(venue.hub.has_listeners(stream(order.account, topic)) for topic in TOPICS):
        return
    subject = Subject(order.account, instrument, order.side)
    if fill:
        mark = venue.exchange.mark_price(order.symbol)
        execution = orders.execution(instrument, fill, order, mark)
        _push(venue, subject, "execution", execution)
        _push(venue, subject, "execution.fast", _fast(execution))
        if event.position and instrument.kind is InstrumentKind.PERPETUAL:
            _push(venue, subject, "position", accounts.position(venue, instrument, event.position))
    document = orders.order(instrument, order, fees) | venue.attached.words(instrument, order)
    _push(venue, subject, "order", document)
    push_wallet(venue, order.account)


def push_wallet(venue: Venue, account: str) -> None:
    """Tell an account its wallet."""
    name = stream(account, "wallet")
    if venue.hub.has_listeners(name):
        frame = Frame(kind=FrameKind.USER, name="wallet", account=account)
        venue.hub.publish(name, _envelope(venue, "wallet", accounts.wallet(venue, account)), frame)


def push_refused(venue: Venue, refused: RefusedOrder, side: Side) -> None:
    """Tell an account that an acknowledged order was refused."""
    instrument = venue.exchange.instruments[refused.symbol]
    _push(venue, Subject(refused.account, instrument, side), "order", refused.document)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose event, and about what."""

    account: str
    instrument: Instrument
    side: Side | None


def _push(venue: Venue, subject: Subject, topic: str, document: dict[str, Any]) -> None:
    for name in (topic, f"{topic}.{category_of(subject.instrument).value}"):
        listened = stream(subject.account, name)
        if venue.hub.has_listeners(listened):
            frame = Frame(
                kind=FrameKind.USER,
                name=topic,
                account=subject.account,
                symbol=subject.instrument.symbol,
                side=subject.side or "",
            )
            venue.hub.publish(listened, _envelope(venue, name, document), frame)


def _envelope(venue: Venue, topic: str, document: dict[str, Any]) -> dict[str, Any]:
    return {"id": secrets.token_hex(16), "topic": topic, "creationTime": venue.clock(), "data": [document]}


def _fast(document: dict[str, Any]) -> dict[str, Any]:
    names = (
        "category", "symbol", "execId", "execPrice", "execQty", "orderId", "isMaker", "orderLinkId", "side",
        "execTime", "seq",
    )  # fmt: skip
    return {name: document[name] for name in names}
