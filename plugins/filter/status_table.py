"""Ansible filter: the state of every node as a table for people."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COLUMNS = {
    "host": "host",
    "unit_state": "unit",
    "state": "state",
    "seconds_to_ready": "READY after",
    "venue_connected": "venue connected",
    "reconciled": "reconciled",
    "orders_open": "open orders",
    "fills": "fills",
    "position": "position",
    "redis_aof": "Redis AOF",
}
"""Columns of the table: the row's key, and the heading people see."""

_NUMBERS = frozenset({"seconds_to_ready", "orders_open", "fills"})
_WIDTH = 160
_UNKNOWN = "-"


def status_rows(results: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per host from the results of the module tradingnode_state; a host that was not reached says so."""
    return [_row(host, result) for host, result in results.items()]


def status_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw the rows, and below them why a node is not READY."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column, heading in COLUMNS.items():
        table.add_column(heading, justify="right" if column in _NUMBERS else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in COLUMNS))
    text = io.StringIO()
    console = Console(file=text, width=_WIDTH, color_system=None, legacy_windows=False)
    console.print(table)
    reasons = [f"{row['host']}: {row['reason']}" for row in rows if not row["ready"]]
    # Without blanks at the ends of lines, Ansible prints a block as it is.
    lines = [line.rstrip() for line in [*text.getvalue().splitlines(), *reasons]]
    return "\n".join(line for line in lines if line)


def _row(host: str, result: Mapping[str, Any]) -> dict[str, Any]:
    unit, node = result.get("unit") or {}, result.get("node") or {}
    reached = bool(unit)
    lost = [venue["name"] for venue in node.get("venues", []) if not venue["connected"]]
    positions = [f"{p['instrument_id']} {p['quantity']} @ {float(p['avg_px']):.8g}" for p in node.get("positions", [])]
    redis = node.get("redis") or {}
    return {
        "host": host,
        "unit_state": unit.get("ActiveState") if reached else "unreachable",
        "state": node.get("state"),
        "seconds_to_ready": node.get("seconds_to_ready"),
        "venue_connected": f"NO: {', '.join(lost)}" if lost else True if node.get("venues") else None,
        "reconciled": node.get("reconciled"),
        "orders_open": node.get("orders_open"),
        "fills": node.get("fills"),
        "position": ", ".join(positions) or ("flat" if node else None),
        "redis_aof": _aof(redis),
        "ready": bool(result.get("ready")),
        "reason": result.get("reason") or ("" if result.get("ready") else _unreached(result)),
    }


def _unreached(result: Mapping[str, Any]) -> str:
    message = " ".join(str(result.get("msg") or "gave no answer").split())
    return f"cannot be asked: {message}"


def _aof(redis: Mapping[str, Any]) -> str | None:
    if not redis:
        return None
    if not redis.get("aof_enabled"):
        return "OFF"
    status = redis.get("aof_last_write_status")
    return "on" if status == "ok" else f"on, last write {status}"


def _cell(value: object) -> str:
    if value is None:
        return _UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.1f} s"
    return str(value)


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by their name in templates."""
        return {"status_rows": status_rows, "status_table": status_table}
