"""The status document as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Iterator


def status_table(status: dict[str, Any]) -> Table:
    """Return the status as a table of two columns."""
    table = Table(show_header=False, title=f"tradingnode {status['instance']}", title_justify="left")
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in _rows(status):
        table.add_row(name, value)
    return table


def rows_table(rows: list[dict[str, Any]]) -> Table:
    """Return rows of the same keys as a table."""
    table = Table(box=None, header_style="bold")
    for name in rows[0]:
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    return table


def _rows(status: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "state", status["state"]
    for reason in status["reasons"]:
        yield "reason", reason
    yield "trader", str(status["trader_id"])
    yield "version", f"{status['version']} (nautilus_trader {status['nautilus_version']}), pid {status['pid']}"
    seconds = status["seconds_to_ready"]
    ready = f"{status['ready_at']} ({seconds:.1f} s after start)" if seconds is not None else "not yet"
    yield "started", status["started_at"]
    yield "ready", ready
    yield "reconciled", _yes(status["reconciled"])
    for venue in status["venues"]:
        yield f"venue {venue['name']}", "connected" if venue["connected"] else "NOT CONNECTED"
    for strategy in status["strategies"]:
        yield f"strategy {strategy['id']}", strategy["state"]
    yield "orders", f"{status['orders_open']} open, {status['orders_inflight']} in flight"
    yield "fills", str(status["fills"])
    for position in status["positions"]:
        yield f"position {position['instrument_id']}", f"{position['quantity']} at {position['avg_px']}"
    redis = status["redis"]
    if redis is None:
        yield "redis", "NOT ANSWERING"
    else:
        aof = f"AOF {'on' if redis['aof_enabled'] else 'OFF'}, last write {redis['aof_last_write_status']}"
        yield "redis", f"{aof}, {redis['maxmemory_policy']}"


def _yes(value: object) -> str:
    return "yes" if value else "no"
