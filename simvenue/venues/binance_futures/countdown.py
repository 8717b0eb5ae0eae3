"""Countdowns: the dead man's switch that cancels a symbol's orders when a client falls silent."""

from __future__ import annotations

from aiohttp import web


class Countdowns:
    """The countdowns that run, by account and symbol; they do not outlive the process."""

    def __init__(self) -> None:
        """Start with none."""
        self._deadlines: dict[tuple[str, str], int] = {}

    def set(self, account: str, symbol: str, deadline_ms: int | None) -> None:
        """Start a countdown anew, or stop it with None."""
        if deadline_ms is None:
            self._deadlines.pop((account, symbol), None)
        else:
            self._deadlines[account, symbol] = deadline_ms

    def take_due(self, now_ms: int) -> list[tuple[str, str]]:
        """Remove the countdowns that are over and give their accounts and symbols."""
        due = [key for key, deadline_ms in self._deadlines.items() if deadline_ms <= now_ms]
        for key in due:
            del self._deadlines[key]
        return due


COUNTDOWNS: web.AppKey[Countdowns] = web.AppKey("binance_futures_countdowns", Countdowns)
