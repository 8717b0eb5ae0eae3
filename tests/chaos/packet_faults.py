"""Faults of packets between node and venue: dropped one way or both, some, doubled, late; in a network of our own."""

from __future__ import annotations

import json
import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING

from tests.chaos import seclusion
from tests.chaos.fault import Fault, Token

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.chaos.site import Site

_TABLE = "chaos"
_TO_VENUE, _FROM_VENUE = "tcp dport {port}", "tcp sport {port}"
_LOST, _DOUBLED = "numgen random mod 100 < 5", "numgen random mod 100 < 2"
_DROP, _DOUBLE = "counter drop", "counter dup to 127.0.0.1"
_DELAY_MS, _JITTER_MS = 150, 100


def _rules(*rules: str) -> Callable[[Site, Random], Token]:
    def inject(site: Site, rng: Random) -> Token:
        del rng
        # In anybody else's network these rules would outlive a harness that is killed.
        if seclusion.alone():
            _nft(
                f"add table ip {_TABLE}",
                f"add chain ip {_TABLE} out {{ type filter hook output priority 0; }}",
                *(f"add rule ip {_TABLE} out {rule.format(port=site.venue.port)}" for rule in rules),
            )
        return time.time()

    return inject


def _nft(*lines: str) -> None:
    subprocess.run(["nft", "-f", "-"], input="\n".join(lines).encode(), check=True, capture_output=True)


def _dropped(site: Site, token: Token) -> str | None:
    del site
    if not seclusion.alone():
        return None
    said = subprocess.run(["nft", "-j", "list", "table", "ip", _TABLE], check=True, capture_output=True).stdout
    parts = [part for item in json.loads(said)["nftables"] for part in item.get("rule", {}).get("expr", [])]
    counts = [part["counter"]["packets"] for part in parts if "counter" in part]
    return f"packets struck, by rule: {counts} in {time.time() - token:.0f} s" if counts and all(counts) else None


def _join(site: Site, token: Token) -> None:
    del token
    if seclusion.alone():
        _nft(f"delete table ip {_TABLE}")
    site.clear_faults()


def _bad_line(site: Site, rng: Random) -> Token:
    ways = (_TO_VENUE, _FROM_VENUE)
    lost, doubled = ([f"{way} {share} {act}" for way in ways] for share, act in ((_LOST, _DROP), (_DOUBLED, _DOUBLE)))
    began = _rules(*lost, *doubled)(site, rng)
    late = {"ms": _DELAY_MS, "jitter_ms": _JITTER_MS}
    site.add_fault(kind="delay", path="/*", **late)
    site.add_fault(kind="delay", method="WS", path="*", **late)
    site.add_fault(kind="delay_event", event="*", **late)
    return began


_packets = partial(Fault, took_hold=_dropped, heal=_join)

PACKET_FAULTS: tuple[Fault, ...] = (
    _packets(
        name="partition", row=15, inject=_rules(f"{_TO_VENUE} {_DROP}", f"{_FROM_VENUE} {_DROP}"), seconds=(5, 25)
    ),
    _packets(
        name="one-way partition, nothing returns", row=16, inject=_rules(f"{_FROM_VENUE} {_DROP}"), seconds=(5, 25)
    ),
    _packets(name="one-way partition, nothing leaves", row=16, inject=_rules(f"{_TO_VENUE} {_DROP}"), seconds=(5, 25)),
    _packets(name="packets lost, doubled and late", row=24, inject=_bad_line, seconds=(12, 18)),
)
