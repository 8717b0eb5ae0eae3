"""The methods of the WebSocket API: those of REST under other names, and the user data streams of its sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simvenue.venues.binance import errors
from simvenue.venues.binance.ws_api import Access, Method, listen_key_methods, method, session_methods
from simvenue.venues.binance.ws_api.session import MAX_SUBSCRIPTIONS
from simvenue.venues.binance_spot.rest import account, general, history, market_data, orders

if TYPE_CHECKING:
    from simvenue.venues.binance.ws_api import Request

WEIGHT = 2


def subscribe(request: Request) -> dict[str, int]:
    """Send the events of the account that the session is logged in for."""
    if request.session.login is None:
        raise errors.no_permission()
    return _subscribe(request, own=True)


def subscribe_signed(request: Request) -> dict[str, int]:
    """Send the events of the account whose key signed this request."""
    return _subscribe(request, own=False)


def _subscribe(request: Request, *, own: bool) -> dict[str, int]:
    subscriptions = request.session.subscriptions
    if any(wanted.account == request.account for wanted in subscriptions.values()):
        raise errors.VenueError(-2035, "User Data Stream subscription already active.")
    if len(subscriptions) >= MAX_SUBSCRIPTIONS:
        raise errors.VenueError(-1191, f"Too many subscriptions. Connection may create up to '{MAX_SUBSCRIPTIONS}'.")
    connection = request.session.connection
    connection.account = connection.account or request.account
    return {"subscriptionId": request.session.subscribe(request.account, own=own)}


def unsubscribe(request: Request) -> dict[str, Any]:
    """End one subscription, or all."""
    number = request.parameters.optional_integer("subscriptionId")
    session = request.session
    if number is None:
        numbers = list(session.subscriptions)
    elif number in session.subscriptions:
        numbers = [number]
    else:
        numbers = []
    if not numbers:
        raise errors.VenueError(-2036, "User Data Stream subscription not active.")
    session.end(numbers, request.venue.clock())
    return {}


def subscriptions(request: Request) -> list[dict[str, int]]:
    """The subscriptions of this session."""
    return [{"subscriptionId": number} for number in request.session.subscriptions]


METHODS = (
    *session_methods.METHODS,
    *listen_key_methods.METHODS,
    Method(name="userDataStream.subscribe", handler=subscribe, access=Access.KEY, weight=WEIGHT),
    Method(
        name="userDataStream.subscribe.signature",
        handler=subscribe_signed,
        access=Access.OWN_SIGNATURE,
        weight=WEIGHT,
    ),
    Method(name="userDataStream.unsubscribe", handler=unsubscribe, weight=WEIGHT),
    Method(name="session.subscriptions", handler=subscriptions, weight=WEIGHT),
    method.public("ping", general.ping),
    method.public("time", general.server_time),
    method.public("exchangeInfo", general.exchange_info, weight=general.EXCHANGE_INFO_WEIGHT),
    method.public("depth", market_data.depth, weight=market_data.depth_weight),
    method.public("trades.recent", market_data.trades, weight=25),
    method.public("trades.historical", market_data.historical_trades, weight=25),
    method.public("trades.aggregate", market_data.aggregate_trades, weight=4),
    method.public("klines", market_data.klines, weight=2),
    method.public("uiKlines", market_data.klines, weight=2),
    method.public("avgPrice", market_data.average_price, weight=2),
    method.public("ticker", market_data.window, weight=market_data.window_weight),
    method.public("ticker.24hr", market_data.day, weight=market_data.DAY_WEIGHT),
    method.public("ticker.price", market_data.last_price, weight=market_data.TICKER_WEIGHT),
    method.public("ticker.book", market_data.best_prices, weight=market_data.TICKER_WEIGHT),
    method.trade("order.place", orders.place, orders=1),
    method.trade("order.test", orders.test, weight=orders.test_weight),
    method.trade("order.cancel", orders.cancel),
    method.trade("order.cancelReplace", orders.cancel_replace, orders=1),
    method.trade("order.amend.keepPriority", orders.amend, weight=4),
    method.trade("openOrders.cancelAll", orders.cancel_all),
    method.trade("orderList.place", orders.no_list),
    method.trade("orderList.place.oco", orders.no_list),
    method.trade("orderList.place.oto", orders.no_list),
    method.trade("orderList.place.otoco", orders.no_list),
    method.trade("orderList.cancel", orders.no_list_to_cancel),
    method.account("orderList.status", orders.no_such_list, weight=4),
    method.account("openOrderLists.status", orders.no_lists, weight=6),
    method.account("allOrderLists", orders.no_lists, weight=20),
    method.account("order.status", orders.query, weight=4),
    method.account("openOrders.status", history.open_orders, weight=history.open_orders_weight),
    method.account("allOrders", history.all_orders, weight=20),
    method.account("myTrades", history.my_trades, weight=history.my_trades_weight),
    method.account("account.status", account.account, weight=20),
    method.account("account.commission", account.commission, weight=20),
    method.account("account.rateLimits.orders", account.order_limits, weight=40),
)
