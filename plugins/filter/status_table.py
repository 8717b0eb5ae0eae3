"""Ansible filter: the state of every node as a table for people."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

COLUMNS = (
    "host",
    "unit",
    "state",
    "READY after",
    "venue connected",
    "reconciled",
    "open orders",
    "fills",
    "position",
    "Redis AOF",
)
_NUMBERS = frozenset({"READY after", "open orders", "fills"})
_WIDTH = 160
_UNKNOWN = "-"


def status_rows(results: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per host from the results of the module tradingnode_state; a host that was not reached says so."""
    return [_row(host, result) for host, result in results.items()]


def status_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw the rows, and below them why a node is not READY."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in _NUMBERS else "left", overflow="fold")
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
        "unit": unit.get("ActiveState") if reached else "unreachable",
        "state": node.get("state"),
        "READY after": node.get("seconds_to_ready"),
        "venue connected": f"NO: {', '.join(lost)}" if lost else True if node.get("venues") else None,
        "reconciled": node.get("reconciled"),
        "open orders": node.get("orders_open"),
        "fills": node.get("fills"),
        "position": ", ".join(positions) or ("flat" if node else None),
        "Redis AOF": _aof(redis),
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
