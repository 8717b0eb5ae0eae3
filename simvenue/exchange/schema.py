"""The ledger's tables, as they stand in the file, and the steps that bring an older file up to date.

A change of a table is a new step at the end; steps that were released never change.
"""

from __future__ import annotations

_V1 = """
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

_V2 = """
DROP INDEX orders_open;
CREATE INDEX orders_open ON orders (priority) WHERE status IN ('UNTRIGGERED', 'NEW', 'PARTIALLY_FILLED');
ALTER TABLE orders ADD COLUMN position_side TEXT NOT NULL DEFAULT 'BOTH';
ALTER TABLE orders ADD COLUMN "trigger" TEXT;
ALTER TABLE orders ADD COLUMN triggered_ms INTEGER;
ALTER TABLE orders ADD COLUMN expires_ms INTEGER;
ALTER TABLE orders ADD COLUMN quote_quantity TEXT;
ALTER TABLE orders ADD COLUMN close_position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fills ADD COLUMN position_side TEXT NOT NULL DEFAULT 'BOTH';
ALTER TABLE positions RENAME TO positions_v1;
CREATE TABLE positions (
    account TEXT NOT NULL, symbol TEXT NOT NULL, position_side TEXT NOT NULL, quantity TEXT NOT NULL,
    entry_price TEXT NOT NULL, realized_pnl TEXT NOT NULL, updated_ms INTEGER NOT NULL,
    PRIMARY KEY (account, symbol, position_side)) STRICT, WITHOUT ROWID;
INSERT INTO positions (account, symbol, position_side, quantity, entry_price, realized_pnl, updated_ms)
    SELECT account, symbol, 'BOTH', quantity, entry_price, realized_pnl, updated_ms FROM positions_v1;
DROP TABLE positions_v1;
CREATE TABLE settings (
    account TEXT NOT NULL, symbol TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (account, symbol, name)) STRICT, WITHOUT ROWID;
CREATE TABLE funding (
    payment_id INTEGER PRIMARY KEY, account TEXT NOT NULL, symbol TEXT NOT NULL, position_side TEXT NOT NULL,
    quantity TEXT NOT NULL, mark_price TEXT NOT NULL, rate TEXT NOT NULL, amount TEXT NOT NULL, asset TEXT NOT NULL,
    time_ms INTEGER NOT NULL) STRICT;
CREATE INDEX funding_by_account ON funding (account, symbol, payment_id);
CREATE TRIGGER funding_never_changes BEFORE UPDATE ON funding
    BEGIN SELECT RAISE(ABORT, 'funding is append-only'); END;
CREATE TRIGGER funding_never_goes BEFORE DELETE ON funding BEGIN SELECT RAISE(ABORT, 'funding is append-only'); END;
"""

_V3 = """
CREATE INDEX fills_by_order ON fills (order_id);
CREATE TABLE notes (order_id INTEGER PRIMARY KEY REFERENCES orders, note TEXT NOT NULL) STRICT;
"""

STEPS = (_V1, _V2, _V3)
"""SQL by schema version: ``STEPS[n]`` makes a file of version n one of version n + 1; an empty file has version 0."""
SCHEMA_VERSION = len(STEPS)
