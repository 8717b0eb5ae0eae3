"""The verbs about orders: list, place, cancel, as any account; and the one order that nobody wants: liquidation."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from simvenue.admin.documents import OrderDocument
from simvenue.admin.route import Answer, Call, Given, Route, VenueQuery
from simvenue.exchange.types import (
    OrderRequest,
    OrderType,
    PositionSide,
    Rejection,
    RejectReason,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
    TriggerSource,
)

Amount = Annotated[Decimal, Field(max_digits=36, decimal_places=18, description="Best as a string.")]


class TriggerBody(Given):
    """What a conditional order waits for."""

    kind: TriggerKind
    rises: bool = Field(description="True: fires at or above the price; false: at or below.")
    price: Amount | None = Field(None, examples=["61000"])
    source: TriggerSource = TriggerSource.LAST
    activation_price: Amount | None = None
    callback_rate: Amount | None = Field(None, description="A share of the price: 0.01 is 1 %.")
    callback_offset: Amount | None = None


class OrderBody(Given):
    """An order as any account; the fields of `simvenue.exchange.types.OrderRequest`."""

    account: str = Field(examples=["other"])
    symbol: str = Field(examples=["BTCUSDT"])
    side: Side
    type: OrderType = OrderType.LIMIT
    quantity: Amount = Field(Decimal(0), examples=["0.01"])
    price: Amount | None = Field(None, examples=["60000"])
    time_in_force: TimeInForce = TimeInForce.GTC
    client_order_id: Annotated[str, Field(pattern=r"^[.A-Z:/a-z0-9_-]{1,36}$")] | None = None
    reduce_only: bool = False
    position_side: PositionSide = PositionSide.BOTH
    trigger: TriggerBody | None = None
    expires_ms: Annotated[int, Field(ge=0, lt=2**53)] | None = Field(None, description="With GTD.")
    quote_quantity: Amount | None = Field(None, description="A spot MARKET order's amount to spend or receive.")
    close_position: bool = False

    def request(self) -> OrderRequest:
        """Put it into the exchange's words."""
        trigger = None if self.trigger is None else Trigger(**dict(self.trigger))
        return OrderRequest(**{**dict(self), "trigger": trigger})


class OpenOrdersQuery(VenueQuery):
    """Whose orders in which market."""

    account: str | None = Field(None, description="Everybody's without it.", examples=["node"])
    symbol: str | None = Field(None, description="Of all markets without it.", examples=["BTCUSDT"])


class OpenOrders(Answer):
    """Open orders, by account, oldest first."""

    venue: str
    orders: list[OrderDocument]


def open_orders(call: Call[OpenOrdersQuery, None]) -> OpenOrders:
    """List open orders."""
    exchange, query = call.venue.exchange, call.query
    accounts = exchange.accounts if query.account is None else (query.account,)
    if query.symbol is not None:
        exchange.mark_price(query.symbol)
    found = [order for account in accounts for order in exchange.open_orders(account, query.symbol)]
    return OpenOrders(venue=call.venue.name, orders=[OrderDocument.model_validate(order) for order in found])


def place_order(call: Call[VenueQuery, OrderBody]) -> OrderDocument:
    """Place an order as somebody else, or as an account's owner from elsewhere."""
    return OrderDocument.model_validate(call.venue.exchange.submit(call.body.request()))


def cancel_order(call: Call[VenueQuery, None]) -> OrderDocument:
    """Cancel an open order of any account, as its owner would from elsewhere."""
    exchange, order_id = call.venue.exchange, int(call.request.match_info["order_id"])
    for account in exchange.accounts:
        for order in exchange.open_orders(account):
            if order.order_id == order_id:
                return OrderDocument.model_validate(exchange.cancel(account, order.symbol, order_id=order_id))
    raise Rejection(RejectReason.UNKNOWN_ORDER, f"no open order {order_id}")


class LiquidateBody(Given):
    """Whose position in which contract."""

    account: str = Field(examples=["node"])
    symbol: str = Field(examples=["BTCUSDT"])


class Liquidated(Answer):
    """The orders that closed the position."""

    venue: str
    orders: list[OrderDocument]


def liquidate(call: Call[VenueQuery, LiquidateBody]) -> Liquidated:
    """Cancel an account's orders in a contract and close its position by force."""
    orders = call.venue.exchange.liquidate(call.body.account, call.body.symbol)
    return Liquidated(venue=call.venue.name, orders=[OrderDocument.model_validate(order) for order in orders])


ROUTES = (
    Route(method="GET", path="/admin/v1/orders", act=open_orders, answer=OpenOrders, query=OpenOrdersQuery),
    Route(
        method="POST",
        path="/admin/v1/orders",
        act=place_order,
        answer=OrderDocument,
        query=VenueQuery,
        body=OrderBody,
        examples={
            "limit": {"account": "other", "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01", "price": "60100"},
            "market": {"account": "node", "symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"},
            "stop": {
                "account": "node",
                "symbol": "BTCUSDT",
                "side": "SELL",
                "type": "MARKET",
                "quantity": "0.01",
                "reduce_only": True,
                "trigger": {"kind": "STOP", "rises": False, "price": "59000"},
            },
        },
    ),
    Route(
        method="DELETE",
        path="/admin/v1/orders/{order_id}",
        path_pattern="[0-9]{1,18}",
        act=cancel_order,
        answer=OrderDocument,
        query=VenueQuery,
    ),
    Route(
        method="POST",
        path="/admin/v1/liquidate",
        act=liquidate,
        answer=Liquidated,
        query=VenueQuery,
        body=LiquidateBody,
        examples={"example": {"account": "node", "symbol": "BTCUSDT"}},
    ),
)
