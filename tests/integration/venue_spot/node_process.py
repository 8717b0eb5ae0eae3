"""A process with one real TradingNode on the Binance spot adapter: runs a scenario, writes what its cache holds, ends.

Usage: ``python -m tests.integration.venue_spot.node_process SETTINGS.json``; upstream supports one node per process.
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
from nautilus_trader.model.identifiers import TraderId

from tests.integration.venue.node_process import dump
from tests.integration.venue.scenario import Scenario
from tests.integration.venue_spot.scenarios import SCENARIOS
from tests.integration.venue_spot.testers import INSTRUMENT, INSTRUMENTS, data_tester, exec_testers, refused_tester
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def _config(settings: dict[str, Any]) -> TradingNodeConfig:
    shared: dict[str, Any] = {
        "account_type": BinanceAccountType.SPOT,
        # Live asks for the account's fees; only the addresses make it ours.
        "environment": BinanceEnvironment.LIVE,
        "base_url_http": settings["http"],
        "instrument_provider": InstrumentProviderConfig(load_ids=frozenset(INSTRUMENTS)),
    }
    return TradingNodeConfig(
        trader_id=TraderId("CONFORM-001"),
        logging=LoggingConfig(log_level="INFO", log_colors=False, use_pyo3=True),
        # Upstream's position check takes spot holdings for positions that the venue does not report, and closes them.
        exec_engine=LiveExecEngineConfig(reconciliation=True, open_check_interval_secs=2.0),
        data_clients={BINANCE: BinanceDataClientConfig(base_url_ws=settings["ws"], **shared)},
        exec_clients={BINANCE: BinanceExecClientConfig(base_url_ws=f"{settings['ws']}/ws-api/v3", **shared)},
        timeout_connection=20.0,
        timeout_reconciliation=20.0,
        timeout_portfolio=10.0,
        timeout_disconnection=5.0,
        timeout_post_stop=2.0,
    )


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
    os.environ["BINANCE_API_KEY"] = settings["api_key"]
    os.environ["BINANCE_API_SECRET"] = settings["api_secret"]
    node = TradingNode(config=_config(settings))
    node.add_data_client_factory(BINANCE, BinanceLiveDataClientFactory)
    node.add_exec_client_factory(BINANCE, BinanceLiveExecClientFactory)
    node.build()
    name, scenario = settings["scenario"], None
    if name in SCENARIOS:
        scenario = SCENARIOS[name](INSTRUMENT, settings)
        node.trader.add_strategy(scenario)
    else:
        node.trader.add_strategies(exec_testers() if name == "testers" else refused_tester())
        node.trader.add_actor(data_tester())
    ended = scenario.finished.wait if isinstance(scenario, Scenario) else asyncio.Event().wait
    # A scenario ends by itself; testers go on until they are stopped.
    seconds = settings["seconds"] * (PATIENCE if isinstance(scenario, Scenario) else 1)
    ending = node.kernel.loop.create_task(_end_after(ended, node, seconds))
    failure: str | None = None
    try:
        node.run(raise_exception=True)
        if scenario:
            failure = scenario.failure if scenario.finished.is_set() else "the scenario did not end in time"
        account = node.cache.account_for_venue(INSTRUMENT.venue)
        balances = (
            {str(asset): str(balance.total.as_decimal()) for asset, balance in account.balances().items()}
            if account
            else {}
        )
        document = {
            "failure": failure,
            "seen": scenario.seen if scenario else {},
            "balances": balances,
            **dump(node.cache),
        }
        Path(settings["report"]).write_text(json.dumps(document), encoding="utf-8")
    finally:
        ending.cancel()
        node.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
