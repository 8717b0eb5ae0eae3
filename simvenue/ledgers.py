"""The ledger files of a data directory: one for each venue, and what became of the one file there was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simvenue.exchange.ledger import Ledger, LedgerError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_BEFORE = "ledger.sqlite"
_BEFORE_VENUE = "binance_futures"
"""The only venue there was when the file had no venue's name."""


def ledger_path(data_dir: Path, venue: str) -> Path:
    """Name a venue's ledger."""
    return data_dir / f"{venue}.sqlite"


def open_ledger(data_dir: Path, venue: str) -> Ledger:
    """Open or create a venue's ledger; the file of an older release becomes Binance futures'.

    Raises:
        LedgerError: it cannot be used.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
        if venue == _BEFORE_VENUE:
            _take_over(data_dir)
    except OSError as error:
        message = f"data_dir {data_dir}: {error.strerror}; make it a directory this user can write"
        raise LedgerError(message) from error
    return Ledger(ledger_path(data_dir, venue))


def wipe(data_dir: Path, venues: Iterable[str]) -> None:
    """Delete the ledgers of venues; they must be closed. The accounts then begin anew, as after a testnet's reset.

    Raises:
        LedgerError: a file cannot be deleted.
    """
    for venue in venues:
        path = ledger_path(data_dir, venue)
        for file in (path, _beside(path, "-wal"), _beside(path, "-shm")):
            try:
                file.unlink(missing_ok=True)
            except OSError as error:
                message = f"ledger {file}: {error.strerror}; delete it by hand, it is closed"
                raise LedgerError(message) from error


def _take_over(data_dir: Path) -> None:
    before, path = data_dir / _BEFORE, ledger_path(data_dir, _BEFORE_VENUE)
    if not before.exists() or path.exists():
        return
    # Closing moves the log into the file, unless another program has it open; an older simvenue holds its lock.
    Ledger(before).close()
    if _beside(before, "-wal").exists():
        raise LedgerError(f"ledger {before}: another program reads it; close that one, so that it can be taken over")
    before.rename(path)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
