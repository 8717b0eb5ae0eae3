"""The ledger's tables, as they stand in the file, and the statements whose columns are our types' fields.

A change of a table is a new version.
"""
# ruff: noqa: S608 - the statements are put together from field names of our own types, nothing comes from outside

from __future__ import annotations

from dataclasses import fields

from simvenue.exchange.types import Fill, Order, Position

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE sequences (name TEXT PRIMARY KEY, reserved INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE balances (
    account TEXT NOT NULL, asset TEXT NOT NULL, initial TEXT NOT NULL, amount TEXT NOT NULL,
    PRIMARY KEY (account, asset)) STRICT, WITHOUT ROWID;
CREATE TABLE positions (
    account TEXT NOT NULL, symbol TEXT NOT NULL, quantity TEXT NOT NULL, entry_price TEXT NOT NULL,
    realized_pnl TEXT NOT NULL, updated_ms INTEGER NOT NULL, PRIMARY KEY (account, symbol)) STRICT, WITHOUT ROWID;
CREATE TABLE orders (
    order_id INTEGER PRIMARY KEY, account TEXT NOT NULL, symbol TEXT NOT NULL,
    client_order_id TEXT NOT NULL, side TEXT NOT NULL, type TEXT NOT NULL, time_in_force TEXT NOT NULL, price TEXT,
    quantity TEXT NOT NULL, filled TEXT NOT NULL, quote_filled TEXT NOT NULL, average_price TEXT NOT NULL,
    reduce_only INTEGER NOT NULL, status TEXT NOT NULL, created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,
    priority INTEGER NOT NULL) STRICT;
CREATE INDEX orders_by_account ON orders (account, symbol, order_id);
CREATE INDEX orders_by_client_id ON orders (account, symbol, client_order_id, order_id);
CREATE INDEX orders_open ON orders (priority) WHERE status IN ('NEW', 'PARTIALLY_FILLED');
CREATE TABLE fills (
    trade_id INTEGER NOT NULL, order_id INTEGER NOT NULL REFERENCES orders, client_order_id TEXT NOT NULL,
    account TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL, price TEXT NOT NULL, quantity TEXT NOT NULL,
    is_maker INTEGER NOT NULL, commission TEXT NOT NULL, commission_asset TEXT NOT NULL, realized_pnl TEXT NOT NULL,
    time_ms INTEGER NOT NULL, PRIMARY KEY (trade_id, order_id)) STRICT, WITHOUT ROWID;
CREATE INDEX fills_by_account ON fills (account, symbol, trade_id);
CREATE TRIGGER fills_never_change BEFORE UPDATE ON fills BEGIN SELECT RAISE(ABORT, 'fills are append-only'); END;
CREATE TRIGGER fills_never_go BEFORE DELETE ON fills BEGIN SELECT RAISE(ABORT, 'fills are append-only'); END;
CREATE TABLE markets (symbol TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
"""

ORDER_FIELDS = tuple(field.name for field in fields(Order))
FILL_FIELDS = tuple(field.name for field in fields(Fill))
POSITION_FIELDS = tuple(field.name for field in fields(Position))
INSERT_ORDER = (
    f"INSERT INTO orders ({', '.join(ORDER_FIELDS)}) VALUES ({', '.join('?' * len(ORDER_FIELDS))}) "
    "ON CONFLICT (order_id) DO UPDATE SET "
    + ", ".join(
        f"{name}=excluded.{name}"
        for name in ("price", "quantity", "filled", "quote_filled", "average_price", "status", "updated_ms", "priority")
    )
)
INSERT_FILL = f"INSERT INTO fills ({', '.join(FILL_FIELDS)}) VALUES ({', '.join('?' * len(FILL_FIELDS))})"
INSERT_POSITION = (
    f"INSERT OR REPLACE INTO positions ({', '.join(POSITION_FIELDS)}) VALUES ({', '.join('?' * len(POSITION_FIELDS))})"
)
SELECT_ORDER = f"SELECT {', '.join(ORDER_FIELDS)} FROM orders"
SELECT_FILL = f"SELECT {', '.join(FILL_FIELDS)} FROM fills"
