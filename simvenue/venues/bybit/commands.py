"""Orders placed, changed and cancelled: the same acts for REST and the trade socket, single and in batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.exchange.types import (
    ZERO,
    Order,
    OrderStatus,
    OrderType,
    Rejection,
    RejectReason,
)
from simvenue.venues.bybit import attached_stops, errors, identifiers, user_topics
from simvenue.venues.bybit.instruments import Category, category_of
from simvenue.venues.bybit.messages import orders
from simvenue.venues.bybit.order_request import ORDER_FILTERS, link_id, order_request
from simvenue.venues.bybit.parameters import Parameters
from simvenue.venues.bybit.refused_orders import RefusedOrder

if TYPE_CHECKING:
    from collections.abc import Callable

    from simvenue.exchange.types import Instrument, OrderRequest
    from simvenue.venues.bybit.venue import Venue

type Act = Callable[[Venue, str, Parameters], dict[str, str]]

_REFUSED_LATER = {
    RejectReason.WOULD_TAKE: (OrderStatus.EXPIRED, "EC_PostOnlyWillTakeLiquidity"),
    RejectReason.NO_LIQUIDITY: (OrderStatus.REJECTED, "EC_NoImmediateQtyToFill"),
}
"""What the venue only finds out in the book: such orders are acknowledged first and refused on the order topic."""


def instrument_of(venue: Venue, parameters: Parameters) -> Instrument:
    """Give what ``category`` and ``symbol`` name."""
    found = venue.find(parameters.category(), parameters.text("symbol"))
    if found is None:
        raise errors.invalid_symbol()
    return found


def create(venue: Venue, account: str, parameters: Parameters) -> dict[str, str]:
    """Place an order.

    Raises:
        VenueError: 10001 for parameters, 110072/170141 for an id used before.
        Rejection: The exchange refused at once.
    """
    instrument = instrument_of(venue, parameters)
    last_price = venue.exchange.last_price(instrument.symbol)
    request = order_request(account, instrument, parameters, last_price)
    stops = attached_stops.read(instrument, request, parameters, last_price)
    used = request.client_order_id
    if used and venue.exchange.order(account, instrument.symbol, client_order_id=used):
        raise Rejection(RejectReason.DUPLICATE_CLIENT_ORDER_ID, f"{used} was used before")
    try:
        order = venue.exchange.submit(request, note=stops.note() if stops else None)
    except Rejection as rejection:
        trigger = request.trigger
        if rejection.reason is RejectReason.WOULD_TRIGGER and trigger and trigger.price:
            raise errors.would_trigger(trigger.price, last_price, rises=trigger.rises) from rejection
        if rejection.reason not in _REFUSED_LATER:
            raise
        return _refuse_later(venue, instrument, request, rejection.reason)
    venue.attached.attach(venue, order, stops)
    return _ids(instrument, order)


def amend(venue: Venue, account: str, parameters: Parameters) -> dict[str, str]:
    """Change an open order's quantity, price or trigger price.

    Raises:
        VenueError: 10001, or the category's "no such order".
        Rejection: The exchange refused.
    """
    instrument = instrument_of(venue, parameters)
    order = _open_order(venue, account, instrument, parameters)
    quantity = parameters.optional_decimal("qty")
    price = parameters.optional_decimal("price")
    trigger_price = parameters.optional_decimal("triggerPrice")
    if quantity is None and price is None and trigger_price is None:
        raise errors.VenueError(10001, "The order remains unchanged as the parameters entered match the existing ones.")
    amended = venue.exchange.amend(
        account,
        instrument.symbol,
        order_id=order.order_id,
        quantity=quantity,
        price=price,
        trigger_price=trigger_price,
    )
    return _ids(instrument, amended)


def cancel(venue: Venue, account: str, parameters: Parameters) -> dict[str, str]:
    """Cancel an open order.

    Raises:
        VenueError: 10001, or the category's "no such order".
    """
    instrument = instrument_of(venue, parameters)
    parameters.optional_choice("orderFilter", ORDER_FILTERS)
    order = _open_order(venue, account, instrument, parameters)
    return _ids(instrument, venue.exchange.cancel(account, instrument.symbol, order_id=order.order_id))


def cancel_all(venue: Venue, account: str, parameters: Parameters) -> list[dict[str, str]]:
    """Cancel the open orders of a symbol, a coin or a category; give the ids of those that are gone.

    Raises:
        VenueError: 10001.
    """
    chosen = chosen_instruments(venue, parameters, needs_one=True)
    wanted = parameters.optional_choice("orderFilter", ORDER_FILTERS)
    gone = []
    for instrument in chosen:
        for order in venue.exchange.open_orders(account, instrument.symbol):
            # A cancelled order may have taken others along.
            found = venue.exchange.order(account, instrument.symbol, order_id=order.order_id)
            if passes(instrument, order, wanted) and found and found.status.is_open:
                venue.exchange.cancel(account, instrument.symbol, order_id=order.order_id)
                gone.append(_ids(instrument, order))
    return gone


def batch(venue: Venue, account: str, parameters: Parameters, act: Act) -> dict[str, Any]:
    """Do the same with each order of a batch; one refused changes nothing for the others."""
    category = parameters.category()
    listed, outcomes = [], []
    for item in parameters.objects("request"):
        values = {**item, "category": category.value} if isinstance(item, dict) else {}
        row = {
            "category": category.value,
            "symbol": str(values.get("symbol", "")),
            "orderId": "",
            "orderLinkId": str(values.get("orderLinkId") or ""),
        }
        code, message = 0, "OK"
        try:
            row |= act(venue, account, Parameters(values))
        except errors.VenueError as error:
            code, message = error.code, error.message
        except Rejection as rejection:
            said = errors.from_rejection(rejection, category)
            code, message = said.code, said.message
        if act is create:
            row["createAt"] = str(venue.clock())
        listed.append(row)
        outcomes.append({"code": code, "msg": message})
    return {"list": listed, "retExtInfo": {"list": outcomes}}


def chosen_instruments(venue: Venue, parameters: Parameters, *, needs_one: bool) -> list[Instrument]:
    """Give the instruments that ``category`` with ``symbol``, ``baseCoin`` or ``settleCoin`` names.

    Args:
        venue: Where they are listed.
        parameters: The request's.
        needs_one: Refuse a linear request without any of the three, as the venue does.
    """
    category = parameters.category()
    name, base, settle = (parameters.optional_text(key) for key in ("symbol", "baseCoin", "settleCoin"))
    if needs_one and category is Category.LINEAR and not (name or base or settle):
        raise errors.parameter("Missing some parameters that must be filled in, symbol or settleCoin or baseCoin")
    if name:
        found = venue.find(category, name)
        if found is None:
            raise errors.invalid_symbol()
        return [found]
    # Spot settles nothing: there the coin says nothing.
    by_settle = settle if category is not Category.SPOT else None
    return [
        i
        for i in venue.instruments(category)
        if (base is None or i.base == base) and (by_settle is None or i.quote == by_settle)
    ]


def passes(instrument: Instrument, order: Order, wanted: str | None) -> bool:
    """Whether an order is of the kind that ``orderFilter`` names; without one every order is."""
    if wanted is None:
        return True
    kind = orders.stop_type(instrument, order)
    if wanted == "Order":
        return not kind
    return kind == "tpslOrder" if wanted == "tpslOrder" else bool(kind) and kind != "tpslOrder"


def _open_order(venue: Venue, account: str, instrument: Instrument, parameters: Parameters) -> Order:
    order_id, client_id = parameters.optional_text("orderId"), link_id(parameters)
    if not order_id and not client_id:
        raise errors.parameter("orderId or orderLinkId is required")
    found = None
    if order_id:
        number = identifiers.number(order_id)
        found = venue.exchange.order(account, instrument.symbol, order_id=number) if number is not None else None
    elif client_id:
        found = venue.exchange.order(account, instrument.symbol, client_order_id=client_id)
    if found is None or not found.status.is_open:
        raise errors.no_such_order(category_of(instrument))
    return found


def _ids(instrument: Instrument, order: Order) -> dict[str, str]:
    return {
        "orderId": identifiers.order_id(category_of(instrument), order.order_id),
        "orderLinkId": orders.link_id(order),
    }


def _refuse_later(venue: Venue, instrument: Instrument, request: OrderRequest, reason: RejectReason) -> dict[str, str]:
    now = venue.clock()
    status, words = _REFUSED_LATER[reason]
    order = Order(
        order_id=0,
        account=request.account,
        symbol=request.symbol,
        client_order_id=request.client_order_id or "x-0",
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        price=request.price if request.type is OrderType.LIMIT else None,
        quantity=request.quantity,
        filled=ZERO,
        quote_filled=ZERO,
        average_price=ZERO,
        reduce_only=request.reduce_only,
        status=status,
        created_ms=now,
        updated_ms=now,
        position_side=request.position_side,
        quote_quantity=request.quote_quantity,
    )
    document = orders.order(instrument, order, ZERO) | {
        "orderId": identifiers.refused_id(category_of(instrument)),
        "rejectReason": words,
    }
    refused = RefusedOrder(account=request.account, symbol=request.symbol, document=document)
    venue.refused.add(refused)
    user_topics.push_refused(venue, refused, request.side)
    return {"orderId": document["orderId"], "orderLinkId": document["orderLinkId"]}
