"""What the admin API answers: the exchange's values as JSON, numbers as plain decimal strings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decimal import Decimal

    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.types import Fill, Order, Position


def number(value: Decimal) -> str:
    """Print a number with the decimals it carries, never with an exponent."""
    return format(value, "f")


def order(value: Order) -> dict[str, Any]:
    """Describe an order."""
    return {
        "order_id": value.order_id,
        "client_order_id": value.client_order_id,
        "account": value.account,
        "symbol": value.symbol,
        "side": value.side,
        "type": value.type,
        "time_in_force": value.time_in_force,
        "price": None if value.price is None else number(value.price),
        "quantity": number(value.quantity),
        "filled": number(value.filled),
        "average_price": number(value.average_price),
        "reduce_only": value.reduce_only,
        "status": value.status,
        "created_ms": value.created_ms,
        "updated_ms": value.updated_ms,
    }


def fill(value: Fill) -> dict[str, Any]:
    """Describe a fill."""
    return {
        "trade_id": value.trade_id,
        "order_id": value.order_id,
        "client_order_id": value.client_order_id,
        "account": value.account,
        "symbol": value.symbol,
        "side": value.side,
        "price": number(value.price),
        "quantity": number(value.quantity),
        "commission": number(value.commission),
        "commission_asset": value.commission_asset,
        "realized_pnl": number(value.realized_pnl),
        "is_maker": value.is_maker,
        "time": value.time_ms,
    }


def position(value: Position) -> dict[str, Any]:
    """Describe a position."""
    return {
        "symbol": value.symbol,
        "quantity": number(value.quantity),
        "entry_price": number(value.entry_price.normalize()),
        "realized_pnl": number(value.realized_pnl),
    }


def ledger(exchange: Exchange, account: str) -> dict[str, Any]:
    """Describe all that an account ever did and what it owns."""
    return {
        "account": account,
        "orders": [order(value) for value in exchange.all_orders(account, limit=None)],
        "fills": [fill(value) for value in exchange.fills(account, limit=None)],
        "positions": [position(value) for value in exchange.positions(account)],
        "balances": {asset: number(amount) for asset, amount in exchange.balances(account).items()},
    }


def account(exchange: Exchange, name: str) -> dict[str, Any]:
    """Describe what an account has at this moment."""
    margin = exchange.margin(name)
    return {
        "name": name,
        "balances": {asset: number(amount) for asset, amount in exchange.balances(name).items()},
        "unrealized_pnl": number(margin.unrealized),
        "available": number(margin.available),
        "open_orders": len(exchange.open_orders(name)),
        "positions": [position(value) for value in exchange.positions(name) if value.quantity],
    }


def instrument(exchange: Exchange, symbol: str) -> dict[str, Any]:
    """Describe a market at this moment."""
    top = exchange.top(symbol)
    return {
        "symbol": symbol,
        "mark_price": number(exchange.mark_price(symbol)),
        "bid": number(top.bid),
        "bid_quantity": number(top.bid_quantity),
        "ask": number(top.ask),
        "ask_quantity": number(top.ask_quantity),
    }
