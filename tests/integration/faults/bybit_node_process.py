"""A process with one real TradingNode on the Bybit adapter that suffers: ``python -m … SETTINGS.json``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from nautilus_trader.adapters.bybit import BYBIT, BybitLiveExecClientFactory
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.identifiers import InstrumentId

from nodecfg.builders.bybit_public_sockets import SimulatedBybitLiveDataClientFactory
from tests.integration.faults.suffering_scenario import BybitSuffering
from tests.integration.venue_bybit import node_process
from tests.support.patience import PATIENCE

SECONDS = 60 * PATIENCE


async def _end_with(scenario: BybitSuffering, node: TradingNode) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(scenario.finished.wait(), SECONDS)
    node.stop()


def main(settings: dict[str, Any]) -> None:
    """Build the node, run the scenario, write what failed."""
    os.environ["BYBIT_TESTNET_API_KEY"] = settings["api_key"]
    os.environ["BYBIT_TESTNET_API_SECRET"] = settings["api_secret"]
    node = TradingNode(config=node_process._config(settings))
    node.add_data_client_factory(BYBIT, SimulatedBybitLiveDataClientFactory)
    node.add_exec_client_factory(BYBIT, BybitLiveExecClientFactory)
    node.build()
    scenario = BybitSuffering(InstrumentId.from_str("BTCUSDT-LINEAR.BYBIT"), settings)
    node.trader.add_strategy(scenario)
    ending = node.kernel.loop.create_task(_end_with(scenario, node))
    try:
        node.run(raise_exception=True)
        failure = scenario.failure if scenario.finished.is_set() else "the scenario did not end in time"
        Path(settings["report"]).write_text(json.dumps({"failure": failure}), encoding="utf-8")
    finally:
        ending.cancel()
        node.dispose()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
