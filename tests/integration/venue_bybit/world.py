"""Real processes for the tests of Bybit: a venue that serves it, and the settings that lead a node there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.integration.node.world import (
    API_KEY,
    API_SECRET,
    MARKET_MAKER,
    REDIS_PASSWORD,
    REDIS_USER,
    TRADER,
    Venue,
    eventually,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.node.world import Redis

LINEAR, SPOT = "BTCUSDT-LINEAR.BYBIT", "BTCUSDT-SPOT.BYBIT"


def bybit_venue(directory: Path, speed: float = 2.0) -> Venue:
    """Starts a venue that serves Bybit, with a market of a pace."""
    return Venue(
        directory,
        name="bybit",
        instruments=("BTCUSDT-LINEAR", "ETHUSDT-LINEAR", "BTCUSDT-SPOT", "ETHUSDT-SPOT"),
        balances={"USDT": "100000", "BTC": "1", "ETH": "10"},
        market={"kind": "synthetic", "seed": 7, "speed": speed},
    ).start()


def node_variables(redis: Redis, venue_port: int) -> dict[str, str]:
    """Returns the settings of a node that trades linear on a venue at a port."""
    sockets = {f"BYBIT_BASE_URL_WS_{name}": f"ws://127.0.0.1:{venue_port}" for name in ("PUBLIC", "PRIVATE", "TRADE")}
    return {
        "NAUTILUS_TRADER_ID": TRADER,
        "NAUTILUS_TIMEOUT_CONNECTION": "15",
        "NAUTILUS_TIMEOUT_RECONCILIATION": "15",
        "NAUTILUS_TIMEOUT_PORTFOLIO": "5",
        "NAUTILUS_TIMEOUT_DISCONNECTION": "3",
        "NAUTILUS_TIMEOUT_POST_STOP": "0.1",
        "REDIS_PORT": str(redis.port),
        "REDIS_USERNAME": REDIS_USER,
        "REDIS_PASSWORD": REDIS_PASSWORD,
        "REDIS_CONNECTION_TIMEOUT": "2",
        "REDIS_RESPONSE_TIMEOUT": "2",
        "BYBIT_API_KEY": API_KEY,
        "BYBIT_API_SECRET": API_SECRET,
        "BYBIT_TESTNET": "true",
        "BYBIT_PRODUCT_TYPES": "LINEAR",
        "BYBIT_INSTRUMENT_IDS": LINEAR,
        "BYBIT_BASE_URL_HTTP": f"http://127.0.0.1:{venue_port}",
        **sockets,
        "HEALTH_REST_PORT": "0",
        "HEALTH_GRPC_PORT": "0",
        "READY_TIMEOUT": "90",
        "READY_DATA_TIMEOUT": "10",
        "SHUTDOWN_TIMEOUT": "20",
    }


def market_maker(instrument: str = LINEAR, **changes: object) -> dict[str, Any]:
    """Returns a strategy that quotes close to the market, unless told otherwise."""
    config = {**MARKET_MAKER["config"], "instrument_id": instrument, "external_order_claims": [instrument], **changes}
    return {**MARKET_MAKER, "config": config}


def wait_for_fills(venue: Venue, count: int) -> None:
    """Waits until the ledger holds that many fills of the node."""
    eventually(lambda: len(venue.ledger()["fills"]) >= count, seconds=40, what=f"{count} fills")
