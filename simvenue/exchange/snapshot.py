"""A ledger as it was at one moment, for readers that must not hold the exchange up."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from simvenue.exchange.ledger import Ledger, LedgerError
from simvenue.exchange.rows import SELECT_FILL, SELECT_FUNDING, SELECT_ORDER, read_fill, read_funding, read_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from simvenue.exchange.contracts import FundingPayment
    from simvenue.exchange.types import Fill, Order


class Snapshot(Ledger):
    """All a ledger can be asked, answered as of the moment this was opened, whatever is written meanwhile.

    It reads over a connection of its own, so another thread may use it (one at a time) while the exchange trades. An
    open snapshot keeps the write-ahead log from being folded in: close it soon.
    """

    def __init__(self, path: Path) -> None:
        """Look at a ledger that an exchange has open.

        Raises:
            LedgerError: the file cannot be read.
        """
        self.path = path
        try:
            self._db = sqlite3.connect(
                f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
            )
            self._db.execute("BEGIN")
            # The moment is that of the first read, not of BEGIN.
            self._db.execute("SELECT count(*) FROM sequences").fetchone()
        except sqlite3.Error as error:
            raise LedgerError(f"ledger {path}: {error}; check the file and the disk") from error

    def close(self) -> None:
        """Let the moment go."""
        self._db.close()

    def each_order(self, account: str, size: int) -> Iterator[list[Order]]:
        """Give an account's orders, oldest first, at most ``size`` at a time."""
        return self._each(f"{SELECT_ORDER} WHERE account=? ORDER BY order_id", account, size, read_order)

    def each_fill(self, account: str, size: int) -> Iterator[list[Fill]]:
        """Give an account's fills, oldest first, at most ``size`` at a time."""
        return self._each(f"{SELECT_FILL} WHERE account=? ORDER BY trade_id, order_id", account, size, read_fill)

    def each_payment(self, account: str, size: int) -> Iterator[list[FundingPayment]]:
        """Give an account's funding payments, oldest first, at most ``size`` at a time."""
        return self._each(f"{SELECT_FUNDING} WHERE account=? ORDER BY payment_id", account, size, read_funding)

    def _each[T](self, query: str, account: str, size: int, read: Callable[[tuple[Any, ...]], T]) -> Iterator[list[T]]:
        rows = self._db.execute(query, (account,))
        while some := rows.fetchmany(size):
            yield [read(row) for row in some]
