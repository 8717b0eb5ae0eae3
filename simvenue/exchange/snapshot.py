"""A ledger as it was at one moment, for readers that must not hold the exchange up."""

from __future__ import annotations

import sqlite3
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from simvenue.exchange.ledger import Ledger, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


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
            self._db.create_function("plain", 1, lambda text: format(Decimal(text), "f"), deterministic=True)
            self._db.execute("BEGIN")
            # The moment is that of the first read, not of BEGIN.
            self._db.execute("SELECT count(*) FROM sequences").fetchone()
        except sqlite3.Error as error:
            raise LedgerError(f"ledger {path}: {error}; check the file and the disk") from error

    def close(self) -> None:
        """Let the moment go."""
        self._db.close()

    def pages(self, query: str, parameters: Sequence[object], size: int) -> Iterator[list[tuple[Any, ...]]]:
        """Give the rows of a query, at most ``size`` at a time.

        The query has a function more than SQL: ``plain(text)`` writes a decimal number without an exponent.
        """
        rows = self._db.execute(query, parameters)
        while some := rows.fetchmany(size):
            yield some
