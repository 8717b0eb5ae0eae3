"""Ansible filters: what a deploy or the doctor found on a host, as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

UNSEEN = "unknown"


def outlook_lines(
    hosts: Iterable[str], outlooks: Iterable[Mapping[str, Any]], states: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Return a few lines per host: what runs there, its positions, what is worth knowing, what would change.

    Args:
        hosts: Names of the hosts.
        outlooks: Result of tradingnode_outlook for each.
        states: Result of tradingnode_state for each.
    """
    return [
        line
        for host, outlook, state in zip(hosts, outlooks, states, strict=True)
        for line in _host(host, outlook, state)
    ]


def finding_lines(findings: Iterable[Mapping[str, str]]) -> list[str]:
    """Return a line per finding of `nodecfg doctor`, with its fix where there is one."""
    return [
        f"{f['verdict']}: {f['area']}, {f['check']}: {f['detail']}{'; ' if f['fix'] else ''}{f['fix']}"
        for f in findings
    ]


def _host(host: str, outlook: Mapping[str, Any], status: Mapping[str, Any]) -> Iterator[str]:
    node = status.get("node") or {}
    runs = node.get("state") or (status.get("unit") or {}).get("ActiveState") or UNSEEN
    if outlook.get("release"):
        yield f"{host}: {runs}, release {outlook['release']}; {_exposure(node)}"
    else:
        yield f"{host}: nothing deployed yet"
    if not status.get("ready") and status.get("reason") and outlook.get("release"):
        yield f"  not READY before the deploy: {status['reason']}"
    yield from (f"  note: {note}" for note in outlook.get("notes", []))
    yield from (f"  {change}" for change in outlook.get("changes", []))


def _exposure(node: Mapping[str, Any]) -> str:
    if not node:
        return "positions unknown, the node does not answer"
    held = [f"{p['instrument_id']} {p['quantity']}" for p in node.get("positions", [])]
    return f"{'holds ' + ', '.join(held) if held else 'flat'}, {node.get('orders_open', 0)} open orders"


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by their name in templates."""
        return {"outlook_lines": outlook_lines, "finding_lines": finding_lines}
