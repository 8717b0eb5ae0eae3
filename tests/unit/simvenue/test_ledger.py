"""The ledger file: complete, exclusive, append-only, and honest about what is wrong with it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from simvenue.exchange.exchange import Exchange, ExchangeFailed
from simvenue.exchange.ledger import Ledger, LedgerError
from simvenue.exchange.rows import FILLS_OF
from simvenue.exchange.schema import SCHEMA_VERSION, STEPS
from simvenue.exchange.types import OrderEvent, OrderRequest, OrderType, PositionSide, Rejection, Side
from simvenue.venues.binance_futures.instruments import INSTRUMENTS
from tests.unit.simvenue.room import Room

REQUEST = OrderRequest(
    account="a",
    symbol="BTCUSDT",
    side=Side.BUY,
    type=OrderType.LIMIT,
    quantity=Decimal("0.01"),
    price=Decimal(60000),
)


def test_everything_comes_back(room: Room) -> None:
    """Orders, fills, positions and balances are equal to the digit after a restart; resting orders trade on."""
    resting = room.order("a", "BUY", "0.03", "60000")
    room.order("b", "SELL", "0.01", "60000")
    done = room.order("b", "BUY", "0.01", "59000")
    room.exchange.cancel("b", "BTCUSDT", order_id=done.order_id)

    def all_of(name: str) -> tuple[object, ...]:
        exchange = room.exchange
        return exchange.all_orders(name), exchange.fills(name), exchange.positions(name), exchange.balances(name)

    before = [all_of(name) for name in "abc"]
    room.reopen()
    assert [all_of(name) for name in "abc"] == before
    room.order("c", "SELL", "0.02", "60000")
    assert room.look(resting).status == "FILLED"


def test_ids_rise_over_restarts(room: Room) -> None:
    """Order, trade and update ids after a restart are above all before it."""
    first = room.order("a", "BUY", "0.01", "60000")
    room.order("b", "SELL", "0.01", "60000")
    (fill,) = room.exchange.fills("a")
    update_id = room.exchange.depth("BTCUSDT", 5)[0]
    room.reopen()
    second = room.order("a", "BUY", "0.01", "60000")
    room.order("b", "SELL", "0.01", "60000")
    assert second.order_id > first.order_id
    assert room.exchange.fills("a")[-1].trade_id > fill.trade_id
    assert room.exchange.depth("BTCUSDT", 5)[0] > update_id


def test_is_on_disk_before_anybody_hears(room: Room) -> None:
    """While an event is being delivered, another reader of the file finds its order already there."""
    seen: list[tuple[str, str]] = []

    def read(event: object) -> None:
        if isinstance(event, OrderEvent):
            with closing(sqlite3.connect(f"file:{room.path}?mode=ro", uri=True)) as reader:
                query = "SELECT status, filled FROM orders WHERE order_id=?"
                seen.append(reader.execute(query, (event.order.order_id,)).fetchone())

    room.exchange.subscribe(read)
    room.order("a", "BUY", "0.01", "60000")
    assert seen == [("NEW", "0.000")]


def test_fills_cannot_be_changed_or_removed(room: Room) -> None:
    """The file itself refuses to change history."""
    room.order("a", "BUY", "0.01", "60000")
    room.order("b", "SELL", "0.01", "60000")
    with closing(sqlite3.connect(room.path)) as writer:
        for statement in ("UPDATE fills SET price='1'", "DELETE FROM fills"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                writer.execute(statement)


def test_pages(room: Room) -> None:
    """Lists give the last ones, or the first ones from an id on, always oldest first, and honour times."""
    orders = []
    for _ in range(5):
        orders.append(room.order("a", "BUY", "0.01", "60000"))
        room.now_ms += 1000
    ask = room.exchange.all_orders
    assert ask("a", "BTCUSDT", limit=2) == orders[-2:]
    assert ask("a", "BTCUSDT", from_id=orders[1].order_id, limit=2) == orders[1:3]
    assert ask("a", "BTCUSDT", start_ms=orders[1].created_ms, end_ms=orders[3].created_ms) == orders[1:4]


def test_a_killed_process_takes_nothing_back(tmp_path: Path) -> None:
    """Every order acknowledged before a kill -9 in the middle of trading is in the file, and the books add up."""
    path, root = tmp_path / "ledger.sqlite", Path(__file__).parents[3]
    code = (
        "import sys, pathlib\n"
        "from tests.unit.simvenue.room import Room\n"
        "room = Room(pathlib.Path(sys.argv[1]))\n"
        "while True:\n"
        "    made = room.order('a', 'BUY', '0.01', '60000')\n"
        "    print(made.order_id, room.order('b', 'SELL', '0.01', '60000').order_id, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True, cwd=root) as trader:
        assert trader.stdout is not None
        lines = [trader.stdout.readline() for _ in range(50)]
        trader.kill()
        lines += trader.stdout.readlines()
    # The last line may be cut short by the kill.
    acknowledged = {int(number) for line in lines if line.endswith("\n") for number in line.split()}
    room = Room(path)
    try:
        orders = [order for name in "ab" for order in room.exchange.all_orders(name, limit=None)]
        assert acknowledged <= {order.order_id for order in orders if order.status == "FILLED"}
        assert room.exchange.audit("a") == room.exchange.audit("b") == []
        assert room.order("a", "BUY", "0.01", "60000").order_id > max(acknowledged)
    finally:
        room.ledger.close()


def test_second_writer_is_refused(room: Room) -> None:
    """A second simvenue on the same file is told so."""
    with pytest.raises(LedgerError, match="another simvenue holds it; stop that one or set another data_dir"):
        Ledger(room.path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    """A file that is no ledger, a newer ledger and a missing directory each give their own fix."""
    path = tmp_path / "text.sqlite"
    path.write_text("this is not a database, and long enough to be taken for one" * 20)
    with pytest.raises(LedgerError, match="it is not a ledger; move the file away"):
        Ledger(path)
    newer = tmp_path / "newer.sqlite"
    with closing(sqlite3.connect(newer)) as database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(LedgerError, match="written by a newer simvenue"):
        Ledger(newer)
    with pytest.raises(LedgerError, match="make data_dir exist and writable"):
        Ledger(tmp_path / "missing" / "ledger.sqlite")


def test_a_failed_write_stops_the_exchange(room: Room) -> None:
    """When the disk refuses a write, nobody hears of the order and nothing more is done until a restart."""
    with closing(sqlite3.connect(room.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ExchangeFailed, match="database is locked"):
            room.order("a", "BUY", "0.01", "60000")
        assert room.events == []
    with pytest.raises(ExchangeFailed, match="restart simvenue"):
        room.order("a", "BUY", "0.01", "60000")
    with pytest.raises(ExchangeFailed, match="restart simvenue"):
        room.exchange.roll()
    room.reopen()
    assert room.exchange.all_orders("a") == []
    assert room.order("a", "BUY", "0.01", "60000").status == "NEW"


def test_a_file_of_the_first_release_is_brought_up_to_date(tmp_path: Path) -> None:
    """A file with the first tables keeps its orders, fills and positions, as one-way ones, and trades on."""
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.executescript(f"BEGIN; {STEPS[0]} PRAGMA user_version=1; COMMIT;")
        old.execute("INSERT INTO balances VALUES ('a', 'USDT', '100000', '99999.7')")
        old.execute("INSERT INTO sequences VALUES ('orders', 100), ('trades', 100)")
        old.execute(
            "INSERT INTO orders VALUES (1,'a','BTCUSDT','x','BUY','MARKET','GTC',NULL,'0.010','0.010','600',"
            "'60000',0,'FILLED',1,1,1)"
        )
        old.execute(
            "INSERT INTO orders VALUES (2,'a','BTCUSDT','y','SELL','LIMIT','GTC','61000.0','0.010','0.000','0',"
            "'0',0,'NEW',1,1,2)"
        )
        old.execute(
            "INSERT INTO fills VALUES (1,1,'x','a','BTCUSDT','BUY','60000.0','0.010',0,'0.3','USDT','0.00000000',1)"
        )
        old.execute("INSERT INTO positions VALUES ('a','BTCUSDT','0.010','60000.000000000000','0.00000000',1)")
    room = Room(path)
    try:
        assert room.exchange.audit("a") == []
        (position,) = room.exchange.positions("a")
        assert (position.position_side, position.quantity) == (PositionSide.BOTH, Decimal("0.010"))
        assert [order.client_order_id for order in room.exchange.open_orders("a")] == ["y"]
        room.order("b", "BUY", "0.01", "61000")
        assert room.position("a") == Decimal(0)
        assert room.exchange.audit("a") == []
        with closing(sqlite3.connect(path)) as reader:
            assert reader.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    finally:
        room.ledger.close()


def test_audit_finds_what_does_not_add_up(room: Room) -> None:
    """Books changed behind the exchange's back are told, each place by name."""
    order = room.order("a", "BUY", "0.01", "60000")
    room.order("b", "SELL", "0.01", "60000")
    assert room.exchange.audit("a") == []
    with closing(sqlite3.connect(room.path, isolation_level=None)) as writer:
        writer.execute("UPDATE orders SET filled='0.009' WHERE order_id=?", (order.order_id,))
        writer.execute("UPDATE positions SET quantity='0.02' WHERE account='a'")
        writer.execute("UPDATE balances SET amount='100000' WHERE account='a'")
    found = room.exchange.audit("a")
    assert [sentence.split(" ")[0] for sentence in found] == ["order", "position", "balance"]
    assert room.exchange.audit("b") == []


def test_instruments_may_not_vanish(room: Room) -> None:
    """A ledger with open orders or positions of an instrument that is no longer listed is refused by its name."""
    room.order("a", "BUY", "0.01", "60000")
    room.ledger.close()
    ledger = Ledger(room.path)
    try:
        with pytest.raises(LedgerError, match="of BTCUSDT; add it to instruments or set another data_dir"):
            Exchange(instruments=[INSTRUMENTS["ETHUSDT"]], ledger=ledger, accounts=[], clock=lambda: 1)
    finally:
        ledger.close()
    room.open()


def test_an_orders_fills_are_found_by_index(room: Room) -> None:
    """All fills of the named orders and no others, without a scan of the account's history, nor of another's."""
    bought = [room.order("a", "BUY", "0.02", "60000") for _ in range(3)]
    for _ in range(5):
        room.order("b", "SELL", "0.01", "60000")
    first, _, third = (order.order_id for order in bought)
    wanted = [fill for fill in room.exchange.fills("a") if fill.order_id in {first, third}]
    assert len(wanted) == 3
    assert room.exchange.fills_of("a", [third, first]) == wanted
    assert room.exchange.fills_of("b", [first, third]) == room.exchange.fills_of("a", []) == []
    with closing(sqlite3.connect(room.path)) as reader:
        steps = [row[3] for row in reader.execute(f"EXPLAIN QUERY PLAN {FILLS_OF}", ("[1]", "a"))]
    assert "SEARCH fills USING INDEX fills_by_order (order_id=?)" in steps
    assert not [step for step in steps if step.startswith("SCAN fills")]


def test_a_file_of_the_second_release_is_brought_up_to_date(room: Room) -> None:
    """A file from before orders had notes and fills their index keeps all it has, and gets both."""
    room.order("a", "BUY", "0.02", "60000")
    taken = room.order("b", "SELL", "0.01", "60000")
    room.ledger.close()
    with closing(sqlite3.connect(room.path, isolation_level=None)) as old:
        old.executescript("BEGIN; DROP INDEX fills_by_order; DROP TABLE notes; PRAGMA user_version=2; COMMIT;")
        before = _tables(old)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as second:
        second.executescript("".join(STEPS[:2]))
        assert before == _tables(second)
    room.open()
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as new, closing(sqlite3.connect(room.path)) as file:
        new.executescript("".join(STEPS))
        assert _tables(file) == _tables(new)
        assert file.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert [fill.quantity for fill in room.exchange.fills_of("b", [taken.order_id])] == [Decimal("0.010")]
    assert room.exchange.audit("a") == room.exchange.audit("b") == []
    room.order("b", "SELL", "0.01", "60000")
    assert room.position("a") == Decimal("0.02")


def _tables(database: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(database.execute("SELECT name, coalesce(sql, '') FROM sqlite_schema"))


def test_notes_come_with_their_orders(room: Room) -> None:
    """A note is in the file with its order, refused orders leave none, and it stays over restarts until dropped."""
    with pytest.raises(Rejection):
        room.exchange.submit(replace(REQUEST, quantity=Decimal(10_000)), note="never")
    order = room.exchange.submit(REQUEST, note="remember")
    with closing(sqlite3.connect(room.path)) as reader:
        assert reader.execute("SELECT * FROM notes").fetchall() == [(order.order_id, "remember")]
    room.order("b", "SELL", "0.01", "60000")
    room.reopen()
    assert room.exchange.notes() == [(room.look(order), "remember")]
    room.exchange.drop_note(order.order_id)
    room.reopen()
    assert room.exchange.notes() == []
