"""A process with one real TradingNode on Binance futures, Binance spot and Bybit linear and spot, its cache in Redis.

Usage: ``python -m tests.integration.four_venues.node_process SETTINGS.json``; upstream supports one node per process.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nautilus_trader.adapters.binance import (
    BinanceAccountType,
    BinanceDataClientConfig,
    BinanceExecClientConfig,
    BinanceLiveDataClientFactory,
    BinanceLiveExecClientFactory,
)
from nautilus_trader.adapters.binance.common.enums import BinanceEnvironment
from nautilus_trader.adapters.bybit import (
    BYBIT,
    BybitDataClientConfig,
    BybitExecClientConfig,
    BybitLiveExecClientFactory,
)
from nautilus_trader.config import (
    CacheConfig,
    DatabaseConfig,
    InstrumentProviderConfig,
    LiveExecEngineConfig,
    LoggingConfig,
    TradingNodeConfig,
)
from nautilus_trader.core.nautilus_pyo3 import BybitEnvironment, BybitProductType
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import InstrumentId, TraderId, Venue

from nodecfg.builders.bybit_public_sockets import SimulatedBybitLiveDataClientFactory
from noderun.engine.views import dump
from tests.integration.four_venues.round_trips import RoundTrips, RoundTripsConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

FUTURES, SPOT = "BINANCE", "BINANCE_SPOT"
INSTRUMENTS = (
    "BTCUSDT-PERP.BINANCE",
    "BTCUSDT.BINANCE_SPOT",
    "BTCUSDT-LINEAR.BYBIT",
    "BTCUSDT-SPOT.BYBIT",
)


def _address(url: str) -> str:
    return url.removeprefix("http://")


def _binance(variables: Mapping[str, str], name: str) -> dict[str, Any]:
    prefix = "BINANCE" if name == FUTURES else "BINANCE_SPOT"
    return {
        "venue": Venue(name),
        "account_type": BinanceAccountType.USDT_FUTURES if name == FUTURES else BinanceAccountType.SPOT,
        # Live asks spot for the account's fees; only the addresses make it ours.
        "environment": BinanceEnvironment.TESTNET if name == FUTURES else BinanceEnvironment.LIVE,
        "api_key": variables[f"{prefix}_API_KEY"],
        "api_secret": variables[f"{prefix}_API_SECRET"],
        "base_url_http": variables[f"{prefix}_BASE_URL_HTTP"],
        "instrument_provider": InstrumentProviderConfig(
            load_ids=frozenset(i for i in INSTRUMENTS if i.endswith(f".{name}"))
        ),
    }


def _config(settings: dict[str, Any]) -> TradingNodeConfig:
    variables = settings["variables"]
    futures, spot = _binance(variables, FUTURES), _binance(variables, SPOT)
    streams, api = variables["BINANCE_BASE_URL_WS"], f"{variables['BINANCE_SPOT_BASE_URL_WS']}/ws-api/v3"
    bybit: dict[str, Any] = {
        "environment": BybitEnvironment.TESTNET,
        "product_types": (BybitProductType.LINEAR, BybitProductType.SPOT),
        "base_url_http": variables["BYBIT_BASE_URL_HTTP"],
        "instrument_provider": InstrumentProviderConfig(load_all=True),
    }
    sockets = f"ws://{_address(variables['BYBIT_BASE_URL_HTTP'])}/v5"
    return TradingNodeConfig(
        trader_id=TraderId(settings["trader"]),
        logging=LoggingConfig(log_level="INFO", log_colors=False, use_pyo3=True),
        cache=CacheConfig(
            database=DatabaseConfig(
                type="redis",
                host="127.0.0.1",
                port=settings["redis_port"],
                username=settings["redis_user"],
                password=settings["redis_password"],
            )
        ),
        # No position check: neither spot adapter reports positions, so upstream would flatten what it holds there.
        # No open check, as upstream's default: it logs an error whenever an order is filled while the venue's answer
        # about it is on its way, which happens every few minutes.
        exec_engine=LiveExecEngineConfig(reconciliation=True),
        data_clients={
            FUTURES: BinanceDataClientConfig(base_url_ws=streams, **futures),
            SPOT: BinanceDataClientConfig(base_url_ws=variables["BINANCE_SPOT_BASE_URL_WS"], **spot),
            BYBIT: BybitDataClientConfig(**bybit),
        },
        exec_clients={
            FUTURES: BinanceExecClientConfig(
                base_url_ws=f"{streams}/ws-fapi/v1", base_url_ws_stream=streams, **futures
            ),
            SPOT: BinanceExecClientConfig(base_url_ws=api, **spot),
            BYBIT: BybitExecClientConfig(
                base_url_ws_private=f"{sockets}/private", base_url_ws_trade=f"{sockets}/trade", **bybit
            ),
        },
        timeout_connection=30.0,
        timeout_reconciliation=30.0,
        timeout_portfolio=10.0,
        timeout_disconnection=5.0,
        timeout_post_stop=1.0,
    )


def _strategy(instrument: str) -> RoundTrips:
    return RoundTrips(
        RoundTripsConfig(
            instrument_id=InstrumentId.from_str(instrument),
            order_qty=Decimal("0.010"),
            amends=not instrument.endswith(f".{SPOT}"),  # upstream's spot adapter cannot
            external_order_claims=[InstrumentId.from_str(instrument)],
            order_id_tag=f"{INSTRUMENTS.index(instrument):03}",
        )
    )


def _balances(node: TradingNode) -> dict[str, dict[str, str]]:
    # By client, what the cache's account holds in all.
    return {
        str(account.id.get_issuer()): {
            str(asset): str(balance.total.as_decimal()) for asset, balance in account.balances().items()
        }
        for account in node.cache.accounts()
    }


def main(settings_file: Path) -> None:
    """Build the node, trade until SIGUSR1, write what the cache holds."""
    settings = json.loads(settings_file.read_text(encoding="utf-8"))
    os.environ["BYBIT_TESTNET_API_KEY"] = settings["variables"]["BYBIT_API_KEY"]
    os.environ["BYBIT_TESTNET_API_SECRET"] = settings["variables"]["BYBIT_API_SECRET"]
    node = TradingNode(config=_config(settings))
    for name in (FUTURES, SPOT):
        node.add_data_client_factory(name, BinanceLiveDataClientFactory)
        node.add_exec_client_factory(name, BinanceLiveExecClientFactory)
    node.add_data_client_factory(BYBIT, SimulatedBybitLiveDataClientFactory)
    node.add_exec_client_factory(BYBIT, BybitLiveExecClientFactory)
    node.build()
    node.trader.add_strategies([_strategy(instrument) for instrument in INSTRUMENTS])
    node.kernel.loop.add_signal_handler(signal.SIGUSR1, node.stop)
    try:
        node.run(raise_exception=True)
        document = {**dump(node.kernel), "balances": _balances(node)}
        Path(settings["report"]).write_text(json.dumps(document), encoding="utf-8")
    finally:
        node.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
