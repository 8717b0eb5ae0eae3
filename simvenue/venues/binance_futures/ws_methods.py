"""The methods of ``/ws-fapi/v1``: the REST endpoints of orders and account, and their reading of the book, by name."""

from __future__ import annotations

from simvenue.venues.binance.ws_api.listen_key_methods import METHODS as LISTEN_KEY_METHODS
from simvenue.venues.binance.ws_api.method import account, public, trade
from simvenue.venues.binance.ws_api.session_methods import METHODS as SESSION_METHODS
from simvenue.venues.binance_futures.rest import account as accounts
from simvenue.venues.binance_futures.rest import algo_orders, general, market_data, orders, tickers

METHODS = (
    *SESSION_METHODS,
    *LISTEN_KEY_METHODS,
    public("ping", general.ping),
    public("time", general.server_time),
    public("exchangeInfo", general.exchange_info),
    public("depth", market_data.depth, weight=market_data.depth_weight),
    public("ticker.price", tickers.last_price),
    public("ticker.book", tickers.best_prices, weight=2),
    trade("order.place", orders.submit, orders=1),
    trade("order.modify", orders.amend, orders=1),
    trade("order.cancel", orders.cancel),
    account("order.status", orders.query),
    trade("algoOrder.place", algo_orders.submit, orders=1),
    trade("algoOrder.cancel", algo_orders.cancel),
    account("account.balance", accounts.balance, weight=5),
    account("v2/account.balance", accounts.balance, weight=5),
    account("account.status", accounts.account_v2, weight=5),
    account("v2/account.status", accounts.account_v3, weight=5),
    account("account.position", accounts.position_risk_v2, weight=5),
    account("v2/account.position", accounts.position_risk_v3, weight=5),
)
