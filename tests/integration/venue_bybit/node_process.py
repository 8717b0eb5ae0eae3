"""A process with one real TradingNode on the Bybit adapter: upstream's testers run, what its cache holds is written.

Usage: ``python -m tests.integration.venue_bybit.node_process SETTINGS.json``; upstream supports one node per process.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nautilus_trader.adapters.bybit import (
    BYBIT,
    BybitDataClientConfig,
    BybitExecClientConfig,
    BybitLiveExecClientFactory,
)
from nautilus_trader.config import InstrumentProviderConfig, LiveExecEngineConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.core.nautilus_pyo3 import BybitEnvironment, BybitPositionMode, BybitProductType
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.test_kit.strategies.tester_data import DataTester, DataTesterConfig
from nautilus_trader.test_kit.strategies.tester_exec import ExecTester, ExecTesterConfig

from nodecfg.builders.bybit_public_sockets import SimulatedBybitLiveDataClientFactory
from noderun.engine.views import dump

if TYPE_CHECKING:
    from collections.abc import Callable


def _config(settings: dict[str, Any]) -> TradingNodeConfig:
    port, linear = settings["port"], settings["product"] == "LINEAR"
    common: dict[str, Any] = {
        "environment": BybitEnvironment.TESTNET,
        "product_types": (getattr(BybitProductType, settings["product"]),),
        "base_url_http": f"http://127.0.0.1:{port}",
        "instrument_provider": InstrumentProviderConfig(load_all=True),
    }
    hedged = {"BTCUSDT-LINEAR": BybitPositionMode.BOTH_SIDES} if settings.get("hedge") else None
    return TradingNodeConfig(
        trader_id=TraderId("CONFORM-001"),
        logging=LoggingConfig(log_level="INFO", log_colors=False, use_pyo3=True),
        exec_engine=LiveExecEngineConfig(
            reconciliation=True,
            open_check_interval_secs=2.0,
            open_check_open_only=False,
            # Over spot it would flatten every position: upstream reports none there.
            position_check_interval_secs=2.0 if linear and not hedged else None,
        ),
        data_clients={BYBIT: BybitDataClientConfig(**common)},
        exec_clients={
            BYBIT: BybitExecClientConfig(
                base_url_ws_private=f"ws://127.0.0.1:{port}/v5/private",
                base_url_ws_trade=f"ws://127.0.0.1:{port}/v5/trade",
                futures_leverages={"BTCUSDT-LINEAR": 10} if linear else None,
                position_mode=hedged,
                **common,
            )
        },
        timeout_connection=20.0,
        timeout_reconciliation=20.0,
        timeout_portfolio=10.0,
        timeout_disconnection=5.0,
        timeout_post_stop=2.0,
    )


class _CountingTester(DataTester):
    """Upstream's tester, with a count of what it received by type."""

    def __init__(self, config: DataTesterConfig, seen: dict[str, int]) -> None:
        super().__init__(config)
        self._seen = seen

    def _count(self, data: object) -> None:
        name = type(data).__name__
        self._seen[name] = self._seen.get(name, 0) + 1

    def on_historical_data(self, data: Any) -> None:  # noqa: ANN401 upstream's signature
        self._seen["historical"] = self._seen.get("historical", 0) + 1
        super().on_historical_data(data)


def _counting(handler: str) -> Callable[[_CountingTester, Any], None]:
    def count(self: _CountingTester, data: Any) -> None:  # noqa: ANN401 upstream's signature
        self._count(data)
        getattr(DataTester, handler)(self, data)

    return count


for _handler in (
    "on_order_book_deltas",
    "on_quote_tick",
    "on_trade_tick",
    "on_mark_price",
    "on_index_price",
    "on_funding_rate",
    "on_bar",
    "on_instrument",
):
    setattr(_CountingTester, _handler, _counting(_handler))


def _data_tester(instrument: InstrumentId, seen: dict[str, int], *, linear: bool) -> DataTester:
    return _CountingTester(
        DataTesterConfig(
            instrument_ids=[instrument],
            bar_types=[BarType.from_str(f"{instrument}-1-MINUTE-LAST-EXTERNAL")],
            subscribe_book_deltas=True,
            subscribe_quotes=True,
            subscribe_trades=True,
            subscribe_mark_prices=linear,
            subscribe_index_prices=linear,
            subscribe_funding_rates=linear,
            subscribe_bars=True,
            subscribe_instrument=True,
            subscribe_instrument_status=True,
            # Not request_instruments: this adapter does not implement it.
            request_book_snapshot=True,
            request_trades=True,
            request_bars=True,
            request_funding_rates=linear,
            # The adapter refuses to ask for trades of an hour and more ago.
            requests_start_delta=timedelta(minutes=4),
            log_data=False,
        ),
        seen,
    )


def _exec_tester(instrument: InstrumentId, settings: dict[str, Any]) -> ExecTester:
    chosen = dict(settings)
    if "stop_order_type" in chosen:
        chosen["stop_order_type"] = OrderType[chosen["stop_order_type"]]
    for name in ("order_qty", "open_position_on_start_qty"):
        if name in chosen:
            chosen[name] = Decimal(chosen[name])
    return ExecTester(ExecTesterConfig(instrument_id=instrument, log_data=False, **chosen))


def main(settings_file: Path) -> None:
    """Build the node, run for the time that is set, write the report."""
    settings = json.loads(settings_file.read_text(encoding="utf-8"))
    os.environ["BYBIT_TESTNET_API_KEY"] = settings["api_key"]
    os.environ["BYBIT_TESTNET_API_SECRET"] = settings["api_secret"]
    node = TradingNode(config=_config(settings))
    node.add_data_client_factory(BYBIT, SimulatedBybitLiveDataClientFactory)
    node.add_exec_client_factory(BYBIT, BybitLiveExecClientFactory)
    node.build()
    instrument = InstrumentId.from_str(f"BTCUSDT-{settings['product']}.BYBIT")
    seen: dict[str, int] = {}
    node.trader.add_actor(_data_tester(instrument, seen, linear=settings["product"] == "LINEAR"))
    node.trader.add_strategy(_exec_tester(instrument, settings["tester"]))
    ending = node.kernel.loop.create_task(_end_after(float(settings["seconds"]), node))
    try:
        node.run(raise_exception=True)
        document = {"seen": seen, **dump(node.kernel)}
        Path(settings["report"]).write_text(json.dumps(document), encoding="utf-8")
    finally:
        ending.cancel()
        node.dispose()


async def _end_after(seconds: float, node: TradingNode) -> None:
    # Connecting takes a busy machine as long as the whole run takes a calm one.
    while not node.trader.is_running:  # noqa: ASYNC110 upstream tells nobody
        await asyncio.sleep(0.1)
    await asyncio.sleep(seconds)
    node.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
