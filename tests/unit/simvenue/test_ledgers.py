"""One ledger for each venue; the single file of an older release goes on as Binance futures'."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from simvenue.exchange.ledger import Ledger, LedgerError
from simvenue.ledgers import ledger_path, open_ledger, wipe

if TYPE_CHECKING:
    from pathlib import Path


def _opened_before(path: Path) -> None:
    ledger = Ledger(path)
    ledger.open_account("node", {"USDT": Decimal(5)})
    ledger.close()


def test_takes_an_older_file_over(tmp_path: Path) -> None:
    """What stands in ledger.sqlite stands in Binance futures' ledger afterwards, and the old name is gone."""
    _opened_before(tmp_path / "ledger.sqlite")
    ledger = open_ledger(tmp_path, "binance_futures")
    assert ledger.balances("node") == {"USDT": 5}
    ledger.close()
    assert not (tmp_path / "ledger.sqlite").exists()


def test_takes_a_killed_process_s_file_over(tmp_path: Path) -> None:
    """What only stands in the write-ahead log, as after kill -9, is taken over too."""
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.open_account("node", {"USDT": Decimal(5)})
    killed = tmp_path / "killed"
    killed.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(tmp_path / f"ledger.sqlite{suffix}", killed / f"ledger.sqlite{suffix}")
    ledger.close()
    taken = open_ledger(killed, "binance_futures")
    assert taken.balances("node") == {"USDT": 5}
    taken.close()


def test_leaves_an_older_file_alone(tmp_path: Path) -> None:
    """Another venue does not take it, a present ledger is not replaced, and one in use is refused."""
    _opened_before(tmp_path / "ledger.sqlite")
    spot = open_ledger(tmp_path, "binance_spot")
    assert spot.accounts() == []
    spot.close()
    in_use = Ledger(tmp_path / "ledger.sqlite")
    with pytest.raises(LedgerError, match="another simvenue holds it"):
        open_ledger(tmp_path, "binance_futures")
    in_use.close()
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as reader:
        reader.execute("SELECT * FROM balances").fetchall()
        with pytest.raises(LedgerError, match="another program reads it; close that one"):
            open_ledger(tmp_path, "binance_futures")
    _opened_before(ledger_path(tmp_path, "binance_futures"))
    open_ledger(tmp_path, "binance_futures").close()
    assert (tmp_path / "ledger.sqlite").exists()


def test_wipes_what_it_is_told(tmp_path: Path) -> None:
    """Wiping deletes a venue's ledger with its log and nothing else; a venue without one is no error."""
    for venue in ("binance_spot", "bybit"):
        _opened_before(ledger_path(tmp_path, venue))
    (tmp_path / "bybit.sqlite-wal").touch()
    wipe(tmp_path, ["bybit", "binance_futures"])
    assert {path.name for path in tmp_path.iterdir() if path.suffix != ".lock"} == {"binance_spot.sqlite"}
    wiped = open_ledger(tmp_path, "bybit")
    assert wiped.accounts() == []
    wiped.close()


def test_what_cannot_be_wiped_is_told(tmp_path: Path) -> None:
    """A ledger that cannot be deleted is named with what to do."""
    ledger_path(tmp_path, "bybit").mkdir()
    with pytest.raises(LedgerError, match=r"bybit.sqlite: Is a directory; delete it by hand"):
        wipe(tmp_path, ["bybit"])


def test_a_directory_that_cannot_be_is_told(tmp_path: Path) -> None:
    """A data_dir that is a file is named with what to do."""
    (tmp_path / "data").touch()
    with pytest.raises(LedgerError, match=r"data_dir .*: File exists; make it a directory"):
        open_ledger(tmp_path / "data", "bybit")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
