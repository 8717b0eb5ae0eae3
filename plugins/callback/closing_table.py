"""Ansible callback: after a deploy or rollback one row per host, whatever happened to it on the way.

A callback, because a run that stops early plays no further play, and a host that went away runs no further task.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any

from ansible.plugins.callback import CallbackBase
from rich import box
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ansible.executor.stats import AggregateStats
    from ansible.executor.task_result import CallbackTaskResult
    from ansible.playbook.play import Play

DOCUMENTATION = """
name: closing_table
type: aggregate
short_description: One row per host after a deploy
description:
  - Reads what the playbooks left by C(set_stats) under C(deploy) per host - instance, begun, before, after, state.
  - Tells playbooks which hosts went away (environment variable C(TRADINGNODE_LOST_HOSTS)), so that their tasks can be
    left out instead of being tried one by one.
"""

LOST = "TRADINGNODE_LOST_HOSTS"
COLUMNS = ("host", "instance", "release before", "after", "result", "state")
_WIDTH = 160
_MOST_REASONS = 4


def outcome(told: Mapping[str, Any], *, lost: bool, failed: bool, changed: int, check: bool) -> str:
    """Return what a deploy came to on one host, in a word or two."""
    if lost:
        return "unreachable"
    if failed:
        return "FAILED" if told.get("begun") else "REFUSED"
    if not told.get("begun"):
        return "not begun"
    if not changed:
        return "unchanged"
    return f"{'would change' if check else 'changed'} ({changed})"


def closing_table(rows: list[tuple[str, ...]], reasons: Mapping[str, str]) -> str:
    """Draw the rows, and below them why a host did not come through."""
    table = Table(*COLUMNS, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    text = io.StringIO()
    Console(file=text, width=_WIDTH, color_system=None, legacy_windows=False).print(table)
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    told = [f"{host}: {line}"[:_WIDTH] for host, why in reasons.items() for line in why.splitlines()[:_MOST_REASONS]]
    return "\n".join([*(line for line in lines if line), *told])


class CallbackModule(CallbackBase):
    """What Ansible loads."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "closing_table"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: object, **named: object) -> None:
        """Start with nobody lost."""
        super().__init__(*arguments, **named)
        self._reasons: dict[str, str] = {}
        self._lost: set[str] = set()
        self._check = False
        os.environ[LOST] = ""

    def v2_playbook_on_play_start(self, play: Play) -> None:
        """Remember whether anything is really changed."""
        self._check = bool(play.check_mode)

    def v2_runner_on_failed(self, result: CallbackTaskResult, ignore_errors: bool = False) -> None:  # noqa: FBT001, FBT002 - Ansible calls it so
        """Remember the last reason."""
        if not ignore_errors:
            self._reasons[result.host.get_name()] = str(result.result.get("msg", "failed")).strip()

    def v2_runner_on_unreachable(self, result: CallbackTaskResult) -> None:
        """Tell everybody at once; the next task is not to try it again."""
        host = result.host.get_name()
        self._lost.add(host)
        self._reasons[host] = " ".join(str(result.result.get("msg", "no answer")).split())
        os.environ[LOST] = ",".join(sorted(self._lost))

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        """Print the table, when the playbook left something for it."""
        told = {host: data["deploy"] for host, data in stats.custom.items() if "deploy" in data}
        rows, reasons = [], {}
        for host, data in sorted(told.items()):
            lost, failed = host in self._lost, bool(stats.failures.get(host))
            result = outcome(data, lost=lost, failed=failed, changed=stats.changed.get(host, 0), check=self._check)
            after = data.get("after") or ("?" if lost and data.get("begun") else data.get("before"))
            words = (data.get("instance"), data.get("before"), after, result, "?" if lost else data.get("state"))
            rows.append((host, *(str(word or "-") for word in words)))
            if lost or failed:
                reasons[host] = self._reasons.get(host, "failed")
        if rows:
            self._display.display(f"\n{closing_table(rows, reasons)}\n")
