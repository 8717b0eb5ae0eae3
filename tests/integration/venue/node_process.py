"""A process with one real TradingNode on the Binance adapter: runs a scenario, writes what its cache holds, and ends.

Usage: ``python -m tests.integration.venue.node_process SETTINGS.json``; one node per process is all upstream supports.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nautilus_trader.adapters.binance import (
    BINANCE,
    BinanceAccountType,
    BinanceDataClientConfig,
    BinanceExecClientConfig,
    BinanceLiveDataClientFactory,
    BinanceLiveExecClientFactory,
)
from nautilus_trader.adapters.binance.common.enums import BinanceEnvironment
from nautilus_trader.config import InstrumentProviderConfig, LiveExecEngineConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.events import OrderFilled
from nautilus_trader.model.identifiers import TraderId

from tests.integration.faults.suffering_scenario import Suffering
from tests.integration.venue.conditional_scenario import Conditional
from tests.integration.venue.hedge_scenario import Hedge
from tests.integration.venue.scenario import Scenario
from tests.integration.venue.scenarios import SCENARIOS
from tests.integration.venue.testers import INSTRUMENTS, TESTERS, data
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nautilus_trader.cache import Cache
    from nautilus_trader.model.orders import Order
    from nautilus_trader.trading.strategy import Strategy

ALL_SCENARIOS = SCENARIOS | {"conditional": Conditional, "hedge": Hedge, "suffering": Suffering}


def _config(settings: dict[str, Any]) -> TradingNodeConfig:
    shared: dict[str, Any] = {
        "account_type": BinanceAccountType.USDT_FUTURES,
        "environment": BinanceEnvironment.TESTNET,
        "base_url_http": settings["http"],
        "instrument_provider": InstrumentProviderConfig(load_ids=frozenset(INSTRUMENTS.values())),
    }
    return TradingNodeConfig(
        trader_id=TraderId("CONFORM-001"),
        logging=LoggingConfig(log_level="INFO", log_colors=False, use_pyo3=True),
        exec_engine=LiveExecEngineConfig(
            reconciliation=True, open_check_interval_secs=4.0, position_check_interval_secs=4.0
        ),
        data_clients={BINANCE: BinanceDataClientConfig(base_url_ws=settings["ws"], **shared)},
        exec_clients={
            BINANCE: BinanceExecClientConfig(
                base_url_ws=f"{settings['ws']}/ws-fapi/v1",
                base_url_ws_stream=settings["ws"],
                # The venue takes no reduceOnly in hedge mode, and the adapter refuses to start with it.
                use_reduce_only=settings["scenario"] != "hedge",
                **shared,
            )
        },
        timeout_connection=20.0,
        timeout_reconciliation=20.0,
        timeout_portfolio=10.0,
        timeout_disconnection=5.0,
        timeout_post_stop=2.0,
    )


def _fills(order: Order) -> list[dict[str, str]]:
    return [
        {
            "trade_id": str(event.trade_id),
            "client_order_id": str(event.client_order_id),
            "venue_order_id": str(event.venue_order_id),
            "instrument_id": str(event.instrument_id),
            "side": event.order_side.name if hasattr(event.order_side, "name") else order.side_string(),
            "price": str(event.last_px),
            "quantity": str(event.last_qty),
            "commission": str(event.commission.as_decimal()),
        }
        for event in order.events
        if isinstance(event, OrderFilled)
    ]


def dump(cache: Cache) -> dict[str, Any]:
    """What the node believes, in the form of ``noderun dump``."""
    orders = cache.orders()
    return {
        "orders": [
            {
                "client_order_id": str(order.client_order_id),
                "venue_order_id": str(order.venue_order_id),
                "instrument_id": str(order.instrument_id),
                "strategy_id": str(order.strategy_id),
                "side": order.side_string(),
                "type": order.type_string(),
                "status": order.status_string(),
                "price": str(order.price) if order.has_price else None,
                "quantity": str(order.quantity),
                "filled_qty": str(order.filled_qty),
            }
            for order in orders
        ],
        "fills": [fill for order in orders for fill in _fills(order)],
        "positions": [
            {
                "instrument_id": str(position.instrument_id),
                "quantity": str(position.signed_decimal_qty()),
                "avg_px": str(position.avg_px_open),
            }
            for position in cache.positions_open()
        ],
    }


async def _end_after(ended: Callable[[], Awaitable[object]], node: TradingNode, seconds: float) -> None:
    # Connecting takes a busy machine as long as the whole run takes a calm one.
    while not node.trader.is_running:  # noqa: ASYNC110 upstream tells nobody
        await asyncio.sleep(0.1)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(ended(), seconds)
    node.stop()


def main(settings_file: Path) -> None:
    """Build the node, run the scenario, write the report."""
    settings = json.loads(settings_file.read_text(encoding="utf-8"))
    os.environ["BINANCE_FUTURES_TESTNET_API_KEY"] = settings["api_key"]
    os.environ["BINANCE_FUTURES_TESTNET_API_SECRET"] = settings["api_secret"]
    node = TradingNode(config=_config(settings))
    node.add_data_client_factory(BINANCE, BinanceLiveDataClientFactory)
    node.add_exec_client_factory(BINANCE, BinanceLiveExecClientFactory)
    node.build()
    strategies = _strategies(settings)
    node.trader.add_strategies(strategies)
    if settings["scenario"] == "observe":
        node.trader.add_actors(data())
    scenario = strategies[0] if isinstance(strategies[0], Scenario) else None
    ended = scenario.finished.wait if scenario else asyncio.Event().wait
    # A scenario ends by itself; testers go on until they are stopped.
    seconds = settings["seconds"] * (PATIENCE if scenario else 1)
    ending = node.kernel.loop.create_task(_end_after(ended, node, seconds))
    failure: str | None = None
    try:
        node.run(raise_exception=True)
        if scenario:
            failure = scenario.failure if scenario.finished.is_set() else "the scenario did not end in time"
        document = {"failure": failure, "seen": scenario.seen if scenario else {}, **dump(node.cache)}
        Path(settings["report"]).write_text(json.dumps(document), encoding="utf-8")
    finally:
        ending.cancel()
        node.dispose()


def _strategies(settings: dict[str, Any]) -> list[Strategy]:
    name = settings["scenario"]
    if name in TESTERS:
        return TESTERS[name]()
    return [ALL_SCENARIOS[name](INSTRUMENTS["BTC"], settings)]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
