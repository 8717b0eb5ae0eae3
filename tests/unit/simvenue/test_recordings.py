"""Files of recordings: each format of the venues is read as what it says, each wrong file refused with file and row."""

from __future__ import annotations

import gzip
import tracemalloc
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simvenue.exchange.types import Side
from simvenue.market.recordings import BookUpdate, QuoteUpdate, RecordedTrade, Recording, RecordingError

if TYPE_CHECKING:
    from pathlib import Path

    from simvenue.market.recordings import Record

T = 1_700_000_000_123
BUY = RecordedTrade(T, Side.BUY, Decimal("40000.1"), Decimal("0.5"))
SELL = RecordedTrade(T, Side.SELL, Decimal("40000.1"), Decimal("0.5"))
QUOTE = QuoteUpdate(T, Decimal("40000.1"), Decimal(2), Decimal("40000.2"), Decimal(3))
BIDS, ASKS = ((Decimal(40000), Decimal(1)), (Decimal(39999), Decimal(2))), ((Decimal(40001), Decimal(3)),)
BOOK = BookUpdate(T, snapshot=True, bids=BIDS, asks=ASKS)

FORMATS: dict[str, tuple[str, list[Record]]] = {
    "plain trades": (f"timestamp,trade_id,price,quantity,buyer_maker\n{T},1,40000.1,0.5,True\n", [SELL]),
    "Binance futures trades": (
        f"id,price,qty,quote_qty,time,is_buyer_maker\n1,40000.1,0.5,20000.05,{T},false\n",
        [BUY],
    ),
    "Binance futures trades without header": (f"1,40000.1,0.5,20000.05,{T},true\n", [SELL]),
    "Binance spot trades": (f"1,40000.10000000,0.50000000,20000.05000000,{T},False,True\n", [BUY]),
    "Binance spot trades in microseconds": (f"1,40000.1,0.5,20000.05,{T}456,True,True\n", [SELL]),
    "Binance futures aggregate trades": (
        (
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
            f"1,40000.1,0.5,7,8,{T},true\n"
        ),
        [SELL],
    ),
    "Binance futures aggregate trades without header": (f"1,40000.1,0.5,7,8,{T},false\n", [BUY]),
    "Binance spot aggregate trades": (f"1,40000.1,0.5,7,8,{T},True,True\n", [SELL]),
    "Binance best prices": (
        (
            "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time\n"
            f"1,40000.1,2,40000.2,3,{T},{T + 1}\n"
        ),
        [QUOTE],
    ),
    "Binance books": (
        "symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu\n"
        + "".join(f"B,{T},1,1,{row},-1\n" for row in ("b,snap,40000,1", "b,snap,39999,2", "a,snap,40001,3")),
        [BOOK],
    ),
    "Bybit trades": (
        (
            "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,foreignNotional\n"
            "1700000000.1234,BTCUSDT,Buy,0.5,40000.1,PlusTick,x,1,1,1\n"
        ),
        [BUY],
    ),
    "Bybit spot trades": (f"id,timestamp,price,volume,side\n1,{T},40000.1,0.5,sell\n", [SELL]),
    "Bybit books": (
        (
            f'{{"topic":"orderbook.500.BTCUSDT","type":"snapshot","ts":{T},'
            '"data":{"s":"BTCUSDT","b":[["40000","1"],["39999","2"]],"a":[["40001","3"]],"u":1,"seq":1}}\n'
        ),
        [BOOK],
    ),
    "ISO times": ("timestamp,price,quantity,buyer_maker\n2023-11-14T22:13:20.123+00:00,40000.1,0.5,false\n", [BUY]),
    "Binance bars without header": (
        f"{T},40000,40020,39990,40010,4,{T + 59999},1,2,3,4,0\n",
        [
            RecordedTrade(T, Side.BUY, Decimal(40000), Decimal(1)),
            RecordedTrade(T + 15_000, Side.SELL, Decimal(39990), Decimal(1)),
            RecordedTrade(T + 30_000, Side.BUY, Decimal(40020), Decimal(1)),
            RecordedTrade(T + 45_000, Side.SELL, Decimal(40010), Decimal(1)),
        ],
    ),
}


def _read(path: Path) -> list[Record]:
    return list(Recording((path,)).records())


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_says_the_same(tmp_path: Path, name: str) -> None:
    """Every published format is recognised by its columns and read as the trade, quote or book it is."""
    text, expected = FORMATS[name]
    path = tmp_path / "recording"
    path.write_text(text)
    assert _read(path) == expected


@pytest.mark.parametrize(
    "container", ["gzip", "zip", "with a byte order mark", "with empty lines", "in Windows' lines"]
)
def test_containers(tmp_path: Path, container: str) -> None:
    """A file is read as it was downloaded: packed or not, whatever its name."""
    text, expected = FORMATS["Binance futures trades"]
    path = tmp_path / "recording"
    if container == "gzip":
        path.write_bytes(gzip.compress(text.encode()))
    elif container == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("day/trades.csv", text)
    else:
        changed = {"with a byte order mark": "\ufeff" + text, "with empty lines": text.replace("\n", "\n\n")}
        path.write_text(changed.get(container, text.replace("\n", "\r\n")), newline="")
    assert _read(path) == expected


HEADER = "timestamp,price,quantity,buyer_maker\n"
ROW = f"{T},40000,1,true\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (HEADER + ROW + f"{T},0,1,true\n", "row 1: '0' is not above 0; correct or remove that row"),
        (HEADER + f"{T},x,1,true\n", "row 0: 'x' is not a number"),
        (HEADER + f"{T},1e999999,1,true\n", "row 0: '1e999999' is not a number"),
        (HEADER + f"{T},NaN,1,true\n", "row 0: 'NaN' is not a number"),
        (HEADER + f"{T},1,1,maybe\n", "row 0: 'maybe' is neither true nor false"),
        (HEADER + "yesterday,1,1,true\n", "row 0: 'yesterday' is not a time"),
        (HEADER + "-5,1,1,true\n", "row 0: '-5' is not a time"),
        (HEADER + f"{T},1\n", "row 0: it has 2 cells only"),
        (HEADER + ROW + ROW.replace(str(T), str(T - 1)), "row 1 is earlier than the one before; sort it by time"),
        (HEADER, "holds nothing to play"),
        ("", "holds nothing to play"),
        ("timestamp,price,amount\n1,2,3\n", "has the columns timestamp, price, amount; known are trades: timestamp"),
        ("timestamp,percentage,depth,notional\n", "has the columns timestamp, percentage, depth, notional"),
        ("1,2,3\n", "has the columns 1, 2, 3; known are"),
        ('{"type":"snapshot"}\n', "row 0: it is no order book message"),
        ('{"type":"snapshot","ts":1,"data":{"b":[["1"]],"a":[]}}\n', "row 0: "),
        ("{" * 100_000, "row 0: "),
        ("timestamp,bid,bid_size,ask,ask_size\n1,5,1,4,1\n", "row 0: the bid 5 is not below the ask 4"),
        ("timestamp,open,high,low,close,volume\n1,5,6,5.5,7,1\n", "row 0: open 5, high 6, low 5.5, close 7 contradict"),
        ("x" * 5_000_000, "line 1 is longer than"),
        ("x" * 1_000_000, "cannot be read"),
        ("a\0b,c\n", "has the columns"),
    ],
)
def test_wrong_files_are_told(tmp_path: Path, text: str, problem: str) -> None:
    """A wrong file is refused with its name, the row, what is wrong there and what to do."""
    path = tmp_path / "recording"
    path.write_text(text)
    with pytest.raises(RecordingError) as refused:
        _read(path)
    assert str(refused.value).startswith(f"{path}")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    "start", [b"PAR1 and no more", b"\x1f\x8b and no more", b"PK\x03\x04 and no more", b"\xff\xfe"]
)
def test_broken_containers_are_told(tmp_path: Path, start: bytes) -> None:
    """A file that is cut off or no text is refused with its name, not with a traceback."""
    path = tmp_path / "recording"
    path.write_bytes(start)
    with pytest.raises(RecordingError, match="cannot be read"):
        _read(path)


def test_missing_and_doubtful_files_are_told(tmp_path: Path) -> None:
    """A missing file, a directory and an archive of several files are told apart."""
    with pytest.raises(RecordingError, match="does not exist; set it to a recording"):
        _read(tmp_path / "none")
    with pytest.raises(RecordingError, match="Is a directory"):
        _read(tmp_path)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a", "")
        archive.writestr("b", "")
    with pytest.raises(RecordingError, match="holds 2 files; unpack it and choose one"):
        _read(tmp_path / "two.zip")


def test_parquet_values_are_checked_too(tmp_path: Path) -> None:
    """Nothing and too little in a parquet column is refused with the row."""
    for column, values, problem in (
        ("price", [1.0, 0.0], "row 1: 0.0 is not above 0"),
        ("quantity", [1.0, None], "row 1: None is not a number"),
    ):
        data: dict[str, list[object]] = {
            "timestamp": [1, 2], "price": [1.0, 1.0], "quantity": [1.0, 1.0], "buyer_maker": [True, False]
        }  # fmt: skip
        data[column] = list(values)
        pq.write_table(pa.table(data), tmp_path / "trades.parquet")
        with pytest.raises(RecordingError, match=problem):
            _read(tmp_path / "trades.parquet")


def test_only_the_start_is_read_at_the_start(tmp_path: Path) -> None:
    """A mistake far into a file is told when it is reached, with its row; the file is not read twice before."""
    path = tmp_path / "recording"
    path.write_text(HEADER + ROW * 5000 + "broken\n")
    recording = Recording((path,))
    with pytest.raises(RecordingError, match="row 5000: it has 1 cells only"):
        list(recording.records())


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Sixty thousand trades are read in less than four megabytes, gzip and parquet alike."""
    packed, table = tmp_path / "trades.csv.gz", tmp_path / "trades.parquet"
    with gzip.open(packed, "wt") as file:
        file.write(HEADER)
        file.writelines(f"{T + n},40000,1,true\n" for n in range(60_000))
    columns = {"timestamp": range(60_000), "price": [1.0] * 60_000, "quantity": [1.0] * 60_000}
    pq.write_table(pa.table(columns | {"buyer_maker": [True] * 60_000}), table, row_group_size=10_000)
    for path in (packed, table):
        tracemalloc.start()
        assert sum(1 for _ in Recording((path,)).records()) == 60_000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 4_000_000
