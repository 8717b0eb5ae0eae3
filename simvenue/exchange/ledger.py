"""The truth on disk: customers' orders, fills, positions and balances in SQLite, committed before anybody hears of it.

WAL with ``synchronous=NORMAL``: a commit is with the operating system when it returns, so a process killed at any
moment takes nothing back that was acknowledged. A machine that loses power may lose the last transactions, each as a
whole; the file stays sound. Waiting for the disk at each commit (FULL) would make every order several times slower.
Fills and funding payments are append-only, by trigger.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simvenue.exchange.rows import (
    FILLS_OF,
    INSERT_BALANCE,
    INSERT_FILL,
    INSERT_FUNDING,
    INSERT_ORDER,
    INSERT_POSITION,
    SELECT_FILL,
    SELECT_FUNDING,
    SELECT_NOTED,
    SELECT_ORDER,
    SELECT_POSITION,
    fill_row,
    funding_row,
    order_row,
    position_row,
    read_fill,
    read_funding,
    read_order,
    read_position,
)
from simvenue.exchange.schema import SCHEMA_VERSION, STEPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from simvenue.exchange.contracts import FundingPayment
    from simvenue.exchange.types import Fill, Order, Position, PositionSide

FIRST_ID = 1_000_000_001
"""Ids of a new ledger have as many digits from the first on as after years: clients sort them as text."""


class LedgerError(Exception):
    """The ledger cannot be opened or written; the message says why and what to do."""


@dataclass(slots=True)
class Changes:
    """What one exchange operation changed; written as one transaction."""

    orders: dict[int, Order] = field(default_factory=dict)
    fills: list[Fill] = field(default_factory=list)
    positions: dict[tuple[str, str, PositionSide], Position] = field(default_factory=dict)
    balances: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    funding: list[FundingPayment] = field(default_factory=list)
    settings: dict[tuple[str, str, str], str] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    notes_done: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether there is anything to write."""
        return bool(self.orders or self.balances or self.settings or self.notes_done)


class Ledger:
    """An open ledger file; one exchange writes it, others may read the file with any SQLite tool meanwhile."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; one of an earlier release is brought up to date, all or nothing.

        Raises:
            LedgerError: not a ledger, from a newer release, held by another process, or not writable.
        """
        self.path = path
        try:
            self._lock = _lock(path.with_name(path.name + ".lock"))
        except BlockingIOError as error:
            message = f"ledger {path}: another simvenue holds it; stop that one or set another data_dir"
            raise LedgerError(message) from error
        except OSError as error:
            message = f"ledger {path}: {error.strerror}; make data_dir exist and writable for this user"
            raise LedgerError(message) from error
        with ExitStack() as opened:
            opened.callback(os.close, self._lock)
            try:
                self._db = sqlite3.connect(path, timeout=2.0, isolation_level=None)
                opened.callback(self._db.close)
                self._open()
            except sqlite3.DatabaseError as error:
                raise LedgerError(_explain(path, error)) from error
            opened.pop_all()

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA foreign_keys=ON")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA_VERSION:
            raise LedgerError(
                f"{self.path} was written by a newer simvenue (schema {version}, this one knows {SCHEMA_VERSION}); "
                "install that release or set data_dir to another directory"
            )
        if version < SCHEMA_VERSION:
            steps = "".join(STEPS[version:])
            self._db.executescript(f"BEGIN IMMEDIATE; {steps} PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")

    def close(self) -> None:
        """Close the file; the WAL is folded into it."""
        self._db.close()
        os.close(self._lock)

    def commit(self, changes: Changes) -> None:
        """Write one operation, all or nothing; safe from the end of the process when this returns.

        Raises:
            LedgerError: the write failed (disk full, file gone); nothing of the operation is in the file.
        """
        self._write(
            (
                (INSERT_ORDER, [order_row(order) for order in changes.orders.values()]),
                (INSERT_FILL, [fill_row(fill) for fill in changes.fills]),
                (INSERT_POSITION, [position_row(position) for position in changes.positions.values()]),
                (INSERT_FUNDING, [funding_row(payment) for payment in changes.funding]),
                (
                    INSERT_BALANCE,
                    [(account, asset, amount) for (account, asset), amount in changes.balances.items()],
                ),
                (
                    "INSERT OR REPLACE INTO settings VALUES (?,?,?,?)",
                    [(*key, value) for key, value in changes.settings.items()],
                ),
                ("INSERT INTO notes VALUES (?,?)", list(changes.notes.items())),
                ("DELETE FROM notes WHERE order_id=?", [(order_id,) for order_id in changes.notes_done]),
            )
        )

    def open_account(self, account: str, balances: Mapping[str, Decimal]) -> None:
        """Give an account its first balances; assets it has already are left alone."""
        rows = [(account, asset, amount, amount) for asset, amount in balances.items()]
        self._write((("INSERT INTO balances VALUES (?,?,?,?) ON CONFLICT DO NOTHING", rows),))

    def reserve(self, sequence: str, count: int) -> int:
        """Reserve ``count`` ids that no later process will hand out again; give the first."""
        row = self._db.execute("SELECT reserved FROM sequences WHERE name=?", (sequence,)).fetchone()
        last = row[0] if row else FIRST_ID - 1
        self._write((("INSERT OR REPLACE INTO sequences VALUES (?,?)", [(sequence, last + count)]),))
        return int(last) + 1

    def save_markets(self, states: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep where each simulated market is (symbol to a small JSON object)."""
        rows = [(symbol, json.dumps(state)) for symbol, state in states.items()]
        self._write((("INSERT OR REPLACE INTO markets VALUES (?,?)", rows),))

    def markets(self) -> dict[str, dict[str, Any]]:
        """Read back what `save_markets` kept."""
        return {symbol: json.loads(state) for symbol, state in self._db.execute("SELECT symbol, state FROM markets")}

    def balances(self, account: str) -> dict[str, Decimal]:
        """Give an account's present balances."""
        rows = self._db.execute("SELECT asset, amount FROM balances WHERE account=?", (account,))
        return {asset: Decimal(amount) for asset, amount in rows}

    def initial_balances(self, account: str) -> dict[str, Decimal]:
        """Give what an account started with."""
        rows = self._db.execute("SELECT asset, initial FROM balances WHERE account=?", (account,))
        return {asset: Decimal(initial) for asset, initial in rows}

    def accounts(self) -> list[str]:
        """Name every account that ever had a balance."""
        return [name for (name,) in self._db.execute("SELECT DISTINCT account FROM balances ORDER BY account")]

    def positions(self, account: str) -> list[Position]:
        """Give an account's positions, flat ones included."""
        rows = self._db.execute(f"{SELECT_POSITION} WHERE account=? ORDER BY symbol, position_side", (account,))
        return [read_position(row) for row in rows]

    def settings(self, account: str) -> dict[tuple[str, str], str]:
        """Give what an account has set: (symbol, name) to value."""
        rows = self._db.execute("SELECT symbol, name, value FROM settings WHERE account=?", (account,))
        return {(symbol, name): value for symbol, name, value in rows}

    def open_orders(self) -> list[Order]:
        """Give every open order, first come first."""
        rows = self._db.execute(
            f"{SELECT_ORDER} WHERE status IN ('UNTRIGGERED', 'NEW', 'PARTIALLY_FILLED') ORDER BY priority"
        )
        return [read_order(row) for row in rows]

    def notes(self) -> list[tuple[Order, str]]:
        """Give every order that has a note, oldest first, open or final, with its note."""
        notes = dict(self._db.execute("SELECT order_id, note FROM notes").fetchall())
        orders = map(read_order, self._db.execute(SELECT_NOTED).fetchall())
        return [(order, notes[order.order_id]) for order in orders]

    def order(self, account: str, symbol: str, *, order_id: int | None, client_order_id: str | None) -> Order | None:
        """Find one order; of several with one client id the last."""
        where, value = ("order_id", order_id) if order_id is not None else ("client_order_id", client_order_id)
        row = self._db.execute(
            f"{SELECT_ORDER} WHERE account=? AND symbol=? AND {where}=? ORDER BY order_id DESC LIMIT 1",
            (account, symbol, value),
        ).fetchone()
        return read_order(row) if row else None

    def orders(
        self,
        account: str,
        symbol: str | None = None,
        *,
        limit: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        from_id: int | None = None,
    ) -> list[Order]:
        """List orders by id, oldest first: the first ``limit`` from ``from_id`` on, else the last ``limit``."""
        filters = {"account=?": account, "symbol=?": symbol, "created_ms>=?": start_ms, "created_ms<=?": end_ms}
        rows = self._page(SELECT_ORDER, filters, "order_id", from_id, limit)
        return [read_order(row) for row in rows]

    def fills(
        self,
        account: str,
        symbol: str | None = None,
        *,
        limit: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        from_id: int | None = None,
    ) -> list[Fill]:
        """List fills by trade id, oldest first: the first ``limit`` from ``from_id`` on, else the last ``limit``."""
        filters = {"account=?": account, "symbol=?": symbol, "time_ms>=?": start_ms, "time_ms<=?": end_ms}
        rows = self._page(SELECT_FILL, filters, "trade_id", from_id, limit)
        return [read_fill(row) for row in rows]

    def fills_of(self, account: str, order_ids: Iterable[int]) -> list[Fill]:
        """List the fills of an account's orders by trade id, oldest first; orders of others have none here."""
        rows = self._db.execute(FILLS_OF, (json.dumps(list(order_ids)), account))
        return [read_fill(row) for row in rows]

    def funding(
        self,
        account: str,
        symbol: str | None = None,
        *,
        limit: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        from_id: int | None = None,
    ) -> list[FundingPayment]:
        """List payments by id, oldest first: the first ``limit`` from ``from_id`` on, else the last ``limit``."""
        filters = {"account=?": account, "symbol=?": symbol, "time_ms>=?": start_ms, "time_ms<=?": end_ms}
        rows = self._page(SELECT_FUNDING, filters, "payment_id", from_id, limit)
        return [read_funding(row) for row in rows]

    def each(self, account: str) -> tuple[Iterator[Fill], Iterator[Order]]:
        """Give all fills and all orders of an account, oldest first, read as they are taken."""
        fills = self._db.execute(f"{SELECT_FILL} WHERE account=? ORDER BY trade_id, order_id", (account,))
        orders = self._db.execute(f"{SELECT_ORDER} WHERE account=? ORDER BY order_id", (account,))
        return map(read_fill, fills), map(read_order, orders)

    def _page(
        self, select: str, filters: Mapping[str, Any], key: str, from_id: int | None, limit: int | None
    ) -> Iterable[tuple[Any, ...]]:
        used = {clause: value for clause, value in {**filters, f"{key}>=?": from_id}.items() if value is not None}
        ascending = from_id is not None
        query = f"{select} WHERE {' AND '.join(used)} ORDER BY {key} {'ASC' if ascending else 'DESC'} LIMIT ?"
        rows = self._db.execute(query, (*used.values(), -1 if limit is None else limit)).fetchall()
        return rows if ascending else reversed(rows)

    def _write(self, statements: Iterable[tuple[str, list[tuple[Any, ...]]]]) -> None:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for statement, rows in statements:
                if rows:
                    self._db.executemany(statement, rows)
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise LedgerError(_explain(self.path, error)) from error


def _lock(path: Path) -> int:
    # Two writers would hand out the same ids; the lock goes with the process, however it ends.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _explain(path: Path, error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    fixes = {
        "SQLITE_BUSY": "another program is writing to it; stop that one",
        "SQLITE_NOTADB": "it is not a ledger; move the file away or set another data_dir",
        "SQLITE_CORRUPT": "it is damaged; move the file away (the venue then starts empty) or restore a copy",
        "SQLITE_FULL": "the disk is full; free some space and start again, nothing acknowledged is lost",
        "SQLITE_CANTOPEN": "make data_dir exist and writable for this user",
        "SQLITE_READONLY": "make data_dir and the file writable for this user",
    }
    return f"ledger {path}: {error} ({name or 'sqlite3'}); {fixes.get(name, 'check the file and the disk')}"
