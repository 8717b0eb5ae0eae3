"""Faults of the venue and of the way there: each is one of simvenue's, struck on the calls and events of one venue."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.chaos.fault import Fault, Token

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.chaos.site import Site

type Bodies = Callable[[Site, Random], list[dict[str, Any]]]


def _inject(bodies: Bodies) -> Callable[[Site, Random], Token]:
    def inject(site: Site, rng: Random) -> Token:
        return [site.add_fault(**body) for body in bodies(site, rng)]

    return inject


def _struck(site: Site, token: Token) -> str | None:
    hits = sum(int(site.fault(number)["hits"]) for number in token)
    return f"{hits} hits" if hits else None


def _clear(site: Site, token: Token) -> None:
    del token
    site.clear_faults()


_NEEDS_TRADING = frozenset({12, 14, 18, 19, 21, 22})
"""Rows of faults that strike requests and events: a halted node has few."""


def _venue_fault(name: str, row: int, bodies: Bodies, seconds: tuple[float, float] = (3, 10)) -> Fault:
    return Fault(
        name=name,
        row=row,
        inject=_inject(bodies),
        took_hold=_struck,
        heal=_clear,
        seconds=seconds,
        halt=row not in _NEEDS_TRADING,
    )


def _restart_venue(site: Site, rng: Random) -> Token:
    site.venue.stop()
    time.sleep(rng.uniform(0.2, 3))
    site.venue.start()
    return "the venue was started again"


def _said(site: Site, token: Token) -> str | None:
    del site
    return str(token)


def _clock(site: Site, rng: Random) -> list[dict[str, Any]]:
    shift = rng.choice((-5000, -1500, 1500, 5000))
    site.clock_slack_ms = max(site.clock_slack_ms, abs(shift) + 1000)
    return [{"kind": "clock_offset", "ms": shift}]


def _late_from_old_session(site: Site, rng: Random) -> list[dict[str, Any]]:
    del rng
    return [
        {"kind": "delay_event", "ms": 2500, "jitter_ms": 1500, "probability": 0.5, **site.wire.orders},
        {"kind": "cut_socket", "socket": "USER"},
    ]


VENUE_FAULTS: tuple[Fault, ...] = (
    _venue_fault(
        "answer lost, order accepted",
        12,
        lambda site, rng: [
            {"kind": "lose_response", "how": rng.choice(("reset", "hang")), "count": 2, **site.wire.submit}
        ],
    ),
    _venue_fault(
        "answer lost and its events too",
        12,
        lambda site, _: [
            {"kind": "lose_response", "how": "reset", "count": 2, **site.wire.submit},
            {"kind": "drop_event", "count": 2, **site.wire.orders},
        ],
    ),
    _venue_fault("REST hangs", 13, lambda *_: [{"kind": "hang", "path": "/*", "method": "GET"}], (8, 30)),
    _venue_fault(
        "cancel done, answer lost",
        14,
        lambda site, _: [{"kind": "lose_response", "how": "reset", "count": 3, **site.wire.cancel}],
    ),
    _venue_fault("user socket half open", 17, lambda *_: [{"kind": "freeze", "socket": "USER"}], (8, 25)),
    _venue_fault("all sockets frozen", 15, lambda *_: [{"kind": "freeze"}], (5, 20)),
    _venue_fault("sockets reset", 18, lambda *_: [{"kind": "cut_socket"}], (0.5, 3)),
    _venue_fault(
        "user socket cut at a fill",
        18,
        lambda site, _: [{"kind": "cut_at_event", "count": 1, **site.wire.fills}],
        (6, 12),
    ),
    _venue_fault(
        "events twice",
        19,
        lambda site, _: [
            {"kind": "duplicate_event", "copies": 2, "probability": 0.5, **site.wire.orders},
            {"kind": "duplicate_event", "copies": 1, "probability": 0.5, **site.wire.fills},
        ],
    ),
    _venue_fault(
        "events out of order",
        19,
        lambda site, _: [{"kind": "reorder_event", "by": 1, "patience_ms": 800, "probability": 0.5, "event": "*"}],
    ),
    _venue_fault("events late", 19, lambda *_: [{"kind": "delay_event", "ms": 200, "jitter_ms": 2500, "event": "*"}]),
    _venue_fault("events late from an old session", 19, _late_from_old_session, (5, 8)),
    _venue_fault(
        "fills dropped", 18, lambda site, _: [{"kind": "drop_event", "probability": 0.5, **site.wire.fills}], (4, 8)
    ),
    _venue_fault("events dropped", 18, lambda *_: [{"kind": "drop_event", "probability": 0.3, "event": "*"}], (4, 8)),
    _venue_fault("429", 21, lambda *_: [{"kind": "rate_limit", "retry_after": 1, "probability": 0.5}]),
    _venue_fault("418, banned", 21, lambda *_: [{"kind": "rate_limit", "banned": True, "retry_after": 3}], (2, 5)),
    _venue_fault("503 before", 21, lambda *_: [{"kind": "http_status", "status": 503, "probability": 0.5}]),
    _venue_fault(
        "503 after it was done",
        21,
        lambda *_: [{"kind": "http_status", "status": 503, "when": "after", "probability": 0.4}],
    ),
    _venue_fault("no JSON", 21, lambda *_: [{"kind": "invalid_json", "probability": 0.4}]),
    _venue_fault("half a body", 21, lambda *_: [{"kind": "truncate_body", "probability": 0.4}]),
    _venue_fault("signatures refused", 21, lambda *_: [{"kind": "reject_signature"}], (2, 6)),
    _venue_fault(
        "unknown status, order accepted",
        22,
        lambda site, _: [
            {"kind": "venue_error", "code": site.wire.unsure, "when": "after", "count": 3, **site.wire.submit}
        ],
    ),
    _venue_fault(
        "position queries fail",
        21,
        lambda site, _: [{"kind": "http_status", "status": 503, **site.wire.positions}],
        (16, 20),
    ),
    _venue_fault("venue's clock moved", 25, _clock, (4, 12)),
    _venue_fault("maintenance", 21, lambda *_: [{"kind": "maintenance"}], (3, 10)),
    Fault(name="venue restarted", row=15, inject=_restart_venue, took_hold=_said),
)
