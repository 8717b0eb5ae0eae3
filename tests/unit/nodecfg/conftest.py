"""A complete set of right variables, and the secrets in it, for the tests of nodecfg."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

API_KEY = "kQ7pLr2vTz9XbN4mWc8sYd3fHj6gAe1u"
API_SECRET = "sJ5hGn8qBv2tRx7kMz4wCp9yLd6fTe3a"
PASSWORD = "pW3zKq9vXn5bTm7rLc2sHd8f"


@pytest.fixture
def variables() -> dict[str, str]:
    """Right variables of a node on a simulated venue."""
    return {
        "NAUTILUS_TRADER_ID": "MM-001",
        "REDIS_USERNAME": "tradingnode-main",
        "REDIS_PASSWORD": PASSWORD,
        "BINANCE_API_KEY": API_KEY,
        "BINANCE_API_SECRET": API_SECRET,
        "BINANCE_TESTNET": "true",
        "BINANCE_INSTRUMENT_IDS": "BTCUSDT-PERP.BINANCE",
        "BINANCE_BASE_URL_HTTP": "http://127.0.0.1:8101",
        "BINANCE_BASE_URL_WS": "ws://127.0.0.1:8101",
        "BINANCE_BASE_URL_WS_STREAM": "ws://127.0.0.1:8101",
    }


@pytest.fixture
def secrets() -> tuple[str, ...]:
    """The secret values among the right variables."""
    return (API_KEY, API_SECRET, PASSWORD)


@pytest.fixture
def write_env(tmp_path: Path) -> Callable[[Mapping[str, str]], Path]:
    """Writes variables into an env file with safe permissions and returns its path."""

    def write(values: Mapping[str, str]) -> Path:
        path = tmp_path / "node.env"
        path.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()), encoding="utf-8")
        path.chmod(0o600)
        return path

    return write
