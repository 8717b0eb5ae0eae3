"""What each venue calls the things that faults strike, and the settings that lead a node there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.chaos.workload import keeper
from tests.integration.node.world import (
    API_KEY,
    API_SECRET,
    MARKET_MAKER,
    REDIS_PASSWORD,
    REDIS_USER,
    TRADER,
    Redis,
    Venue,
)

if TYPE_CHECKING:
    from pathlib import Path

type Document = dict[str, Any]

QUICK = {
    "RECONCILIATION_PRESET": "AGGRESSIVE",
    "RECONCILIATION_OPEN_CHECK_INTERVAL_SECS": "10",
    "HEALTH_COMPARE_INTERVAL": "15",
    "HEALTH_DIFFERENCE_LIMIT": "10",
    "HEALTH_PERSISTENCE_MAX_LAG": "2",
    "HEALTH_PERSISTENCE_LIMIT": "8",
    "HEALTH_LINK_LIMIT": "15",
}
"""Eager settings, so that an hour holds many rounds; the report names them."""
_COMMON = {
    "NAUTILUS_TRADER_ID": TRADER,
    "NAUTILUS_TIMEOUT_CONNECTION": "20",
    "NAUTILUS_TIMEOUT_RECONCILIATION": "30",
    "NAUTILUS_TIMEOUT_PORTFOLIO": "10",
    "NAUTILUS_TIMEOUT_DISCONNECTION": "3",
    "NAUTILUS_TIMEOUT_POST_STOP": "0.1",
    "REDIS_USERNAME": REDIS_USER,
    "REDIS_PASSWORD": REDIS_PASSWORD,
    "REDIS_CONNECTION_TIMEOUT": "2",
    "REDIS_RESPONSE_TIMEOUT": "2",
    "READY_TIMEOUT": "60",
    "READY_DATA_TIMEOUT": "15",
    "SHUTDOWN_TIMEOUT": "15",
    "HEALTH_REST_PORT": "0",
    "HEALTH_GRPC_PORT": "0",
    **QUICK,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One venue's words; calls and events are the beginnings of simvenue's fault documents.

    Attributes:
        served: Name of the venue in simvenue.
        instruments: Node's instruments, the market maker's first.
        unsure: The venue's code for an order whose fate it does not know.
    """

    served: str
    instruments: tuple[str, str]
    listed: tuple[str, ...]
    submit: Document
    cancel: Document
    query: Document
    positions: Document
    orders: Document
    fills: Document
    unsure: int
    variables: dict[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()

    def settings(self, redis: Redis, venue: Venue, host: str) -> dict[str, str]:
        """Return a node's environment, with the venue under a name or an address."""
        place = f"{host}:{venue.port}"
        return {
            **_COMMON,
            **self.variables,
            "REDIS_PORT": str(redis.port),
            **dict.fromkeys(self.addresses, f"http://{place}"),
            **dict.fromkeys(self.sockets, f"ws://{place}"),
        }

    def strategies(self) -> list[Document]:
        """Return the workload: a market maker at the market, and a keeper of everything else."""
        first, second = self.instruments
        quoting = {"instrument_id": first, "external_order_claims": [first]}
        return [{**MARKET_MAKER, "config": {**MARKET_MAKER["config"], **quoting}}, keeper(second)]

    def venue(self, directory: Path, seed: int) -> Venue:
        """Return a venue that is not started yet; its log of requests is evidence.

        It sets no limits by itself: faults come faster here than a venue's minute of request weight. Limits are faults.
        """
        return Venue(
            directory,
            name=self.served,
            instruments=self.listed,
            market={"kind": "synthetic", "seed": seed, "speed": 4.0},
            faults={"seed": seed, "request_log": str(directory / "requests.jsonl")},
            rate_limits=False,
        )


BINANCE_FUTURES = Wire(
    served="binance_futures",
    instruments=("BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"),
    listed=("BTCUSDT", "ETHUSDT"),
    submit={"method": "POST", "path": "/fapi/v1/order"},
    cancel={"method": "DELETE", "path": "/fapi/v1/order"},
    query={"method": "GET", "path": "/fapi/v1/openOrders"},
    positions={"method": "GET", "path": "/fapi/v3/positionRisk"},
    orders={"event": "ORDER_TRADE_UPDATE"},
    fills={"event": "ORDER_TRADE_UPDATE", "where": {"o.x": "TRADE"}},
    unsure=-1007,
    variables={
        "BINANCE_API_KEY": API_KEY,
        "BINANCE_API_SECRET": API_SECRET,
        "BINANCE_TESTNET": "true",
        "BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE,ETHUSDT-PERP.BINANCE",
    },
    addresses=("BINANCE_BASE_URL_HTTP",),
    sockets=("BINANCE_BASE_URL_WS", "BINANCE_BASE_URL_WS_STREAM"),
)
BYBIT_LINEAR = Wire(
    served="bybit",
    instruments=("BTCUSDT-LINEAR.BYBIT", "ETHUSDT-LINEAR.BYBIT"),
    listed=("BTCUSDT-LINEAR", "ETHUSDT-LINEAR"),
    submit={"method": "WS", "path": "order.create"},
    cancel={"method": "WS", "path": "order.cancel"},
    query={"method": "GET", "path": "/v5/order/realtime"},
    positions={"method": "GET", "path": "/v5/position/list"},
    orders={"event": "order*"},
    fills={"event": "execution*"},
    unsure=10016,
    variables={
        "BYBIT_API_KEY": API_KEY,
        "BYBIT_API_SECRET": API_SECRET,
        "BYBIT_TESTNET": "true",
        "BYBIT_PRODUCT_TYPES": "LINEAR",
        "BYBIT_INSTRUMENT_IDS": "BTCUSDT-LINEAR.BYBIT,ETHUSDT-LINEAR.BYBIT",
    },
    addresses=("BYBIT_BASE_URL_HTTP",),
    sockets=("BYBIT_BASE_URL_WS_PUBLIC", "BYBIT_BASE_URL_WS_PRIVATE", "BYBIT_BASE_URL_WS_TRADE"),
)
WIRES = {"binance_futures": BINANCE_FUTURES, "bybit_linear": BYBIT_LINEAR}
