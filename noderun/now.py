"""What a live screen shows beside the status; read from where the metrics are read, without touching the node."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

    from noderun.metrics import Metrics

_LAST_ACTS: Final = 5
_TAIL: Final = 8192
"""Bytes at the end of the journal that hold the last acts."""


def now(metrics: Metrics, journal: Path | None) -> dict[str, Any]:
    """Return the numbers of this moment: money, ages and lags in seconds, and the last acts, oldest first."""
    engine, watcher, redis, lease = metrics.engine, metrics.watcher, metrics.redis, metrics.lease
    figures, pulse = metrics.figures, metrics.pulse
    events: Counter[str] = Counter()
    for (event, _, _), count in engine.events.orders.copy().items() if engine is not None else ():
        events[event] += count
    return {
        "orders": dict(figures.orders),
        "order_events": dict(events),
        "orders_held": engine.gate.held if engine is not None else 0,
        "exposure": dict(figures.exposures),
        "pnl": [
            {
                "instrument": instrument,
                "currency": currency,
                "realized": figures.realized.get((instrument, currency)),
                "unrealized": figures.unrealized.get((instrument, currency)),
            }
            for instrument, currency in sorted(figures.realized.keys() | figures.unrealized.keys())
        ],
        "balances": [
            {"account": account, "currency": currency, "total": amount}
            for (account, currency, kind), amount in sorted(figures.balances.items())
            if kind == "total"
        ],
        "loop_lag": pulse.lag,
        "loop_worst_lag": pulse.worst_lag,
        "loop_age": pulse.age,
        "redis_latency": redis.latency if redis is not None else None,
        "redis_lag": redis.canaries.lag if redis is not None else None,
        "lease_lost": lease.lost() if lease is not None else None,
        "data_ages": [
            {"instrument": feed.instrument_id, "kind": feed.kind, "seconds": age}
            for feed, age in (watcher.data_ages.items() if watcher is not None else ())
        ],
        "conditions": [
            {"subject": subject.value, "name": name, "seconds": age}
            for (subject, name), age in (watcher.ages.items() if watcher is not None else ())
        ],
        "disconnects": sum(watcher.disconnects.copy().values()) if watcher is not None else 0,
        "acts": _last_acts(journal),
    }


def _last_acts(journal: Path | None) -> list[dict[str, Any]]:
    if journal is None:
        return []
    try:
        with journal.open("rb") as file:
            file.seek(max(0, journal.stat().st_size - _TAIL))
            lines = file.read().splitlines()
    except OSError:
        return []
    acts = []
    for line in lines[-_LAST_ACTS:]:
        try:
            acts.append(json.loads(line))
        except ValueError:
            # The first may be cut, the last may be on its way.
            continue
    return acts
