"""Everything the cached state says, as plain data: two releases that read one state can be compared by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import AccountId, ClientOrderId, PositionId

from noderun.engine.records import open_cache

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautilus_trader.config import TradingNodeConfig


def decoded(config: TradingNodeConfig) -> dict[str, dict[str, dict[str, Any] | None]]:
    """Read orders, positions and accounts as upstream does at a start; a record it would skip is None.

    Raises:
        Exception: Whatever upstream raises for a record it cannot read; `noderun cache verify` names it.
    """
    database = open_cache(config)

    def all_of(kind: str, load: Callable[[str], Any], tell: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        names = sorted(key.rsplit(":", maxsplit=1)[1] for key in database.keys(f"{kind}:*"))
        records = ((name, load(name)) for name in names)
        return {name: None if record is None else tell(record) for name, record in records}

    return {
        "accounts": all_of("accounts", lambda name: database.load_account(AccountId(name)), _account),
        "orders": all_of("orders", lambda name: database.load_order(ClientOrderId(name)), _order),
        "positions": all_of("positions", lambda name: database.load_position(PositionId(name)), _position),
    }


def _account(account: Any) -> dict[str, Any]:  # noqa: ANN401 any of upstream's accounts
    return {
        "type": account.type.name if hasattr(account.type, "name") else str(account.type),
        "total": sorted(str(money) for money in account.balances_total().values()),
        "locked": sorted(str(money) for money in account.balances_locked().values()),
        "events": account.event_count,
    }


def _order(order: Any) -> dict[str, Any]:  # noqa: ANN401 any of upstream's order classes
    fills = [event for event in order.events if isinstance(event, OrderFilled)]
    return {
        "venue_order_id": str(order.venue_order_id),
        "instrument_id": str(order.instrument_id),
        "strategy_id": str(order.strategy_id),
        "side": order.side_string(),
        "type": order.type_string(),
        "status": order.status_string(),
        "price": str(getattr(order, "price", None)),
        "trigger_price": str(getattr(order, "trigger_price", None)),
        "quantity": str(order.quantity),
        "filled_qty": str(order.filled_qty),
        "fills": [[str(fill.trade_id), str(fill.last_qty), str(fill.last_px), str(fill.commission)] for fill in fills],
        "events": order.event_count,
    }


def _position(position: Any) -> dict[str, Any]:  # noqa: ANN401 upstream's position is untyped
    return {
        "instrument_id": str(position.instrument_id),
        "strategy_id": str(position.strategy_id),
        "account_id": str(position.account_id),
        "quantity": str(position.signed_decimal_qty()),
        "avg_px_open": f"{position.avg_px_open:.12g}",
        "realized_pnl": str(position.realized_pnl),
        "trades": [str(trade_id) for trade_id in position.trade_ids],
        "events": position.event_count,
    }
