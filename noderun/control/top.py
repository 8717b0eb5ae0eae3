"""The live screen of `noderun top`: all of a node at a glance, anew each second, whatever becomes of the node."""

from __future__ import annotations

import contextlib
import select
import sys
import termios
import time
import tty
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from noderun.control.client import ControlError, ask
from noderun.control.protocol import Command, Request

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import RenderableType

_EVERY: Final = 1.0
_COLOURS: Final = {"RUNNING": "green", "DEGRADED": "yellow", "HALTED": "red"}
_STALE: Final = 5.0


def watch(path: Path) -> None:
    """Show the node behind a control socket until q or Ctrl-C; a node that is away is waited for."""
    console = Console(highlight=False)
    last: dict[str, Any] | None = None
    with (
        contextlib.suppress(KeyboardInterrupt),
        _keys(),
        Live(console=console, screen=True, auto_refresh=False) as live,
    ):
        while True:
            began = time.monotonic()
            try:
                last = ask(path, Request(command=Command.STATUS))
                shown = frame(last)
            except ControlError as error:
                shown = waiting(str(error), last)
            live.update(shown, refresh=True)
            if _quit(began + _EVERY):
                return


def waiting(trouble: str, last: dict[str, Any] | None) -> RenderableType:
    """Return the screen of a node that does not answer, with the last that was seen of it."""
    told = Panel(Text(f"waiting for the node: {trouble}", style="bold yellow"), title="noderun top", title_align="left")
    if last is None:
        return told
    return Group(told, Text("the last that was seen:", style="dim"), frame(last))


def frame(status: dict[str, Any]) -> RenderableType:
    """Return the screen of one status document."""
    now = status["now"] or {}
    return Group(
        _head(status),
        _side_by_side(
            _rows("venues and strategies", _parts(status)),
            _rows("orders", _orders(status, now)),
            _rows("health", _health(status, now)),
        ),
        *_tables(status, now),
        Text("q quits", style="dim"),
    )


def _head(status: dict[str, Any]) -> Panel:
    colour = _COLOURS.get(status["state"], "cyan")
    text = Text(status["state"], style=f"bold {colour}")
    ages = {c["name"]: c["seconds"] for c in (status["now"] or {}).get("conditions", [])}
    for reason in status["reasons"]:
        text.append(f"\n{reason}", style=colour)
    for name, seconds in ages.items():
        text.append(f"\n  {name} for {seconds:.0f} s", style="dim")
    title = f"tradingnode {status['instance']}  {status['trader_id'] or ''}"
    subtitle = f"{status['version']}, nautilus_trader {status['nautilus_version']}, pid {status['pid']}"
    return Panel(text, title=title, title_align="left", subtitle=subtitle, subtitle_align="right", border_style=colour)


def _parts(status: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for venue in status["venues"]:
        yield venue["name"], "connected" if venue["connected"] else "[red]NOT CONNECTED[/red]"
    for strategy in status["strategies"]:
        style = "green" if strategy["state"] == "RUNNING" else "red"
        yield strategy["id"], f"[{style}]{strategy['state']}[/{style}]"
    yield "reconciled", "yes" if status["reconciled"] else "no"


def _orders(status: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield "open", str(status["orders_open"])
    yield "in flight", str(status["orders_inflight"])
    for kind in ("emulated", "external"):
        if count := now.get("orders", {}).get(kind):
            yield kind, str(count)
    yield "fills", str(status["fills"])
    for event, count in sorted(now.get("order_events", {}).items()):
        yield event.lower(), str(count)
    if now.get("orders_held"):
        yield "held back", f"[red]{now['orders_held']}[/red]"


def _health(status: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not now:
        return
    yield "loop lag", f"{_seconds(now['loop_lag'])} (worst {_seconds(now['loop_worst_lag'])})"
    yield "redis", "answers" if status["redis"] is not None else "[red]NOT ANSWERING[/red]"
    yield "redis round trip", _seconds(now["redis_latency"])
    yield "redis lag", _seconds(now["redis_lag"])
    yield "lease", f"[red]{now['lease_lost']}[/red]" if now["lease_lost"] else "held"
    yield "disconnects", str(now["disconnects"])
    yield from status["health"].items()


def _tables(status: dict[str, Any], now: dict[str, Any]) -> Iterator[Table]:
    if status["positions"]:
        yield _table(
            ("position", "quantity", "average price"),
            [(p["instrument_id"], str(p["quantity"]), str(p["avg_px"])) for p in status["positions"]],
        )
    if now.get("pnl"):
        yield _table(
            ("profit and loss", "currency", "realized", "unrealized"),
            [(p["instrument"], p["currency"], _money(p["realized"]), _money(p["unrealized"])) for p in now["pnl"]],
        )
    if now.get("balances"):
        yield _table(
            ("account", "currency", "balance"),
            [(b["account"], b["currency"], _money(b["total"])) for b in now["balances"]],
        )
    if now.get("data_ages"):
        yield _table(
            ("market data", "kind", "age"),
            [(d["instrument"], d["kind"], _age(d["seconds"])) for d in now["data_ages"]],
        )
    if now.get("acts"):
        yield _table(
            ("last acts", "who", "act", "why"),
            [(str(a.get("time")), str(a.get("who")), str(a.get("act")), str(a.get("why"))) for a in now["acts"]],
        )


def _side_by_side(*parts: RenderableType) -> Table:
    grid = Table.grid(expand=True, padding=(0, 2))
    for _ in parts:
        grid.add_column(ratio=1)
    grid.add_row(*parts)
    return grid


def _rows(title: str, rows: Iterator[tuple[str, str]]) -> Table:
    table = Table(show_header=False, title=title, title_justify="left", box=None, title_style="bold")
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*(Text.from_markup(cell) if cell.startswith("[") else Text(cell) for cell in row))
    return table


def _seconds(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _age(seconds: float) -> str:
    return f"[red]{seconds:.1f} s[/red]" if seconds > _STALE else f"{seconds:.1f} s"


def _money(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:,.2f}"


@contextlib.contextmanager
def _keys() -> Iterator[None]:
    # Each key at once, without Enter and without showing it; Ctrl-C stays a signal.
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _quit(until: float) -> bool:
    while (left := until - time.monotonic()) > 0:
        if not sys.stdin.isatty():
            time.sleep(left)
        elif select.select([sys.stdin], [], [], left)[0] and sys.stdin.read(1) in {"q", "Q", ""}:
            return True
    return False
