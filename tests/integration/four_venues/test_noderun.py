"""The service itself on both exchanges, with the keys and addresses that `simvenue serve` hands out."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.four_venues.test_four_venues import compare, fills, variables
from tests.integration.node.world import REDIS_PASSWORD, REDIS_USER, TRADER, Node
from tests.integration.simvenue_service.world import call

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.node.world import Redis
    from tests.integration.simvenue_service.world import Everything

# nodecfg refuses Bybit's spot beside its contracts in one node: upstream makes one margin account of both.
INSTRUMENTS = ("BTCUSDT-PERP.BINANCE", "BTCUSDT.BINANCE_SPOT", "BTCUSDT-LINEAR.BYBIT")
_TRADES_SECONDS = 5.0
_LAST_EVENTS_SECONDS = 3.0


def _strategy(instrument: str) -> dict[str, Any]:
    path = "tests.integration.four_venues.round_trips:RoundTrips"
    return {
        "strategy_path": path,
        "config_path": f"{path}Config",
        "config": {
            "instrument_id": instrument,
            "order_qty": "0.010",
            "amends": not instrument.endswith("_SPOT"),
            "external_order_claims": [instrument],
            "order_id_tag": f"{INSTRUMENTS.index(instrument):03}",
        },
    }


@pytest.mark.slow
def test_noderun_trades_on_both_exchanges(everything: Everything, redis: Redis, tmp_path: Path) -> None:
    """It becomes READY with both, trades on futures, spot and linear without an ERROR, and believes the ledgers."""
    settings = {
        **variables(everything),
        "NAUTILUS_TRADER_ID": TRADER,
        "REDIS_PORT": str(redis.port),
        "REDIS_USERNAME": REDIS_USER,
        "REDIS_PASSWORD": REDIS_PASSWORD,
        "BINANCE_INSTRUMENT_IDS": INSTRUMENTS[0],
        "BINANCE_SPOT_INSTRUMENT_IDS": INSTRUMENTS[1],
        "BYBIT_INSTRUMENT_IDS": INSTRUMENTS[2],
        "BYBIT_PRODUCT_TYPES": "LINEAR",
        "READY_TIMEOUT": "90",
        "READY_DATA_TIMEOUT": "20",
    }
    node = Node(tmp_path / "node", settings, [_strategy(instrument) for instrument in INSTRUMENTS])
    try:
        node.start().wait_ready(90)
        deadline = time.monotonic() + 180
        while list(fills(everything).values()) != [{"BUY", "SELL"}] * len(INSTRUMENTS):
            assert time.monotonic() < deadline, fills(everything)
            time.sleep(0.5)
        time.sleep(_TRADES_SECONDS)
        call("POST", f"{everything.admin}/market/pause")
        time.sleep(_LAST_EVENTS_SECONDS)
        for venue in everything.document["venues"]:
            _, ledger = call("GET", f"{everything.admin}/ledger?venue={venue}&account=node")
            compare(venue, node.ask("dump"), ledger)
        status = node.ask("status")
        assert {entry["name"]: entry["connected"] for entry in status["venues"]} == dict.fromkeys(
            ("BINANCE", "BINANCE_SPOT", "BYBIT"), True
        )
        assert [line for line in node.log().splitlines() if "ERROR" in line] == []
    finally:
        node.stop()
