"""Start-up and speed of nodecfg beside what upstream costs anyway, in one run on one machine."""

from __future__ import annotations

import statistics
import subprocess
import sys
import timeit
from typing import TYPE_CHECKING

import pytest

from nodecfg import TradingNodeConfigFactory, TradingNodeSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.benchmarks.conftest import Report

_RUNS = 7
_CALLS = 200
_VARIABLES = {
    "NAUTILUS_TRADER_ID": "MM-001",
    "BINANCE_API_KEY": "kQ7pLr2vTz9XbN4mWc8sYd3fHj6gAe1u",
    "BINANCE_API_SECRET": "sJ5hGn8qBv2tRx7kMz4wCp9yLd6fTe3a",
    "BINANCE_TESTNET": "true",
    "BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE",
}
_STRATEGIES = """\
strategies:
  - strategy_path: strategies.market_maker:MarketMaker
    config_path: strategies.market_maker:MarketMakerConfig
    config: {instrument_id: BTCUSDT-PERP.BINANCE, order_qty: "0.002", max_position: "0.010"}
"""


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """An env file with one strategy."""
    strategies = tmp_path / "strategies.yaml"
    strategies.write_text(_STRATEGIES)
    path = tmp_path / "node.env"
    variables = {**_VARIABLES, "NAUTILUS_STRATEGIES_FILE": str(strategies)}
    path.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    path.chmod(0o600)
    return path


def _process_seconds(*arguments: str) -> float:
    return timeit.timeit(
        lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True), number=1
    )


def test_start(report: Report, env_file: Path) -> None:
    """Importing nodecfg and reading settings costs a fraction of importing upstream's node; check is both and more."""
    read = f"import pathlib, nodecfg; nodecfg.TradingNodeSettings.from_env(env_file=pathlib.Path({str(env_file)!r}))"
    measured: dict[str, list[float]] = {"bare": [], "upstream": [], "nodecfg": [], "settings": [], "check": []}
    # Interleaved, so that a busy moment of the machine hits all alike.
    for _ in range(_RUNS):
        measured["bare"].append(_process_seconds("-c", "pass"))
        measured["upstream"].append(_process_seconds("-c", "import nautilus_trader.live.node"))
        measured["nodecfg"].append(_process_seconds("-c", "import nodecfg"))
        measured["settings"].append(_process_seconds("-c", read))
        measured["check"].append(_process_seconds("-m", "nodecfg", "check", "--env-file", str(env_file)))
    upstream = "import nautilus_trader.live.node"
    report.add("python -c pass", measured["bare"])
    report.add("import nodecfg", measured["nodecfg"], beside=measured["upstream"], bare=upstream)
    report.add("import nodecfg + from_env()", measured["settings"], beside=measured["upstream"], bare=upstream)
    report.add("nodecfg check, whole process", measured["check"], beside=measured["upstream"], bare=upstream)
    assert statistics.median(measured["settings"]) < statistics.median(measured["upstream"])


def test_calls() -> None:
    """Settings to config takes microseconds to a few milliseconds a call; printed, because the table counts seconds."""
    settings = TradingNodeSettings.from_env(_VARIABLES)
    calls: dict[str, Callable[[], object]] = {
        "from_env(mapping)": lambda: TradingNodeSettings.from_env(_VARIABLES),
        "from_settings (with upstream's round trip)": lambda: TradingNodeConfigFactory.from_settings(settings),
    }
    print()
    for what, call in calls.items():
        call()
        seconds = [timeit.timeit(call, number=1) for _ in range(_CALLS)]
        print(
            f"{what}: median {statistics.median(seconds) * 1e6:.0f} µs, worst {max(seconds) * 1e6:.0f} µs of {_CALLS}"
        )
        assert statistics.median(seconds) < 0.1
