"""docs/redis-keys.md is what a node keeps in Redis: no key that it does not name, and each that it promises."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.chaos.workload import keeper
from tests.integration.node.world import MARKET_MAKER, TRADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.integration.node.world import Node, Redis

pytestmark = pytest.mark.slow

_GUIDE = Path(__file__).parents[3] / "docs/redis-keys.md"
_ROW = re.compile(r"^\| `([^`]+)` \| (\w+) \|")
_PREFIX = f"trader-{TRADER}:"
_LONGEST_SECONDS = 90.0
_EMPTY = "none"
"""Redis's word for the type of a set that has just become empty."""


def documented(section: str) -> dict[str, str]:
    """Returns the patterns of one section, and the type of each."""
    text = _GUIDE.read_text().partition(f"## {section}\n")[2].partition("\n## ")[0]
    return {row[1]: row[2] for line in text.splitlines() if (row := _ROW.match(line))}


def named(key: str, patterns: Mapping[str, str]) -> str | None:
    """Returns the first pattern that a key matches."""
    for pattern in patterns:
        parts = [re.escape(part) for part in re.split(r"<[^>]+>", pattern)]
        if re.fullmatch("[^:]+".join(parts), key):
            return pattern
    return None


def test_patterns_tell_keys_apart() -> None:
    """A key matches its own pattern, and none where a part is missing, too much, or of another kind."""
    patterns = {"orders:<client order id>": "list", "strategies:<strategy id>:state": "string", "lease": "string"}
    assert named("orders:O-1", patterns) == "orders:<client order id>"
    assert named("strategies:Maker-000:state", patterns) == "strategies:<strategy id>:state"
    assert [named(key, patterns) for key in ("orders:", "orders:a:b", "strategies:x", "leases")] == [None] * 4


def test_keys_of_a_trading_node(node: Node, redis: Redis) -> None:
    """Every key is documented with its type, and every documented key of a trading node comes."""
    always, sometimes = documented("Keys of every node that trades"), documented("Keys of some nodes")
    assert always
    assert sometimes
    node.variables |= {
        "BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE,ETHUSDT-PERP.BINANCE",
        "HEALTH_STATE_SAVE_INTERVAL": "5",
    }
    node.strategies = [MARKET_MAKER, keeper("ETHUSDT-PERP.BINANCE")]
    node.start().wait_ready(60)
    seen: dict[str, str] = {}
    until = time.monotonic() + _LONGEST_SECONDS
    missing = set(always)
    while missing and time.monotonic() < until:
        node.listen()
        for key in redis.admin("--scan").splitlines():
            if seen.get(key, _EMPTY) == _EMPTY:
                seen[key] = redis.admin("TYPE", key)
        missing = set(always) - {named(key.removeprefix(_PREFIX), always) for key in seen}
        time.sleep(0.2)
    assert not missing
    patterns = always | sometimes
    for key, kind in seen.items():
        assert key.startswith(_PREFIX), key
        pattern = named(key.removeprefix(_PREFIX), patterns)
        assert pattern is not None, f"{key} is not in {_GUIDE.name}"
        assert kind in {patterns[pattern], _EMPTY, "any"} or patterns[pattern] == "any", f"{key} is a {kind}"
