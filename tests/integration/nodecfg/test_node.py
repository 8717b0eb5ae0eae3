"""A real TradingNode is built from the settings, with a real Redis behind it, and every wrong step would show."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
import redis

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "pW3zKq9vXn5bTm7rLc2sHd8f"
API_KEY = "kQ7pLr2vTz9XbN4mWc8sYd3fHj6gAe1u"
API_SECRET = "sJ5hGn8qBv2tRx7kMz4wCp9yLd6fTe3a"
COMMANDS = (
    "+get +set +del +rpush +rpushx +lrange +sadd +srem +hset +hdel +hgetall +smembers +mget +scan +multi +exec +watch "
    "+info"
)

STRATEGIES = """
strategies:
  - strategy_path: own_strategies:Idle
    config_path: own_strategies:IdleConfig
    config: {instrument_id: BTCUSDT-PERP.BINANCE, order_id_tag: "007"}
"""
MODULE = """
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.trading.config import StrategyConfig
from nautilus_trader.trading.strategy import Strategy


class IdleConfig(StrategyConfig, frozen=True):
    instrument_id: InstrumentId


class Idle(Strategy):
    def __init__(self, config: IdleConfig) -> None:
        super().__init__(config)
"""
# A node lives in a process of its own: one logger, one loop policy, and it may abort the interpreter.
NODE = """
import json, os, sys, time
from pathlib import Path
from nodecfg import TradingNodeConfigFactory, TradingNodeSettings, adapter_environment, client_factories
from nautilus_trader.live.node import TradingNode

settings = TradingNodeSettings.from_env(env_file=Path(sys.argv[1]))
os.environ.update({name: value.get_secret_value() for name, value in adapter_environment(settings).items()})
node = TradingNode(config=TradingNodeConfigFactory.from_settings(settings))
factories = client_factories(settings)
for name, factory in factories.data.items():
    node.add_data_client_factory(name, factory)
for name, factory in factories.execution.items():
    node.add_exec_client_factory(name, factory)
node.build()
node.cache.add("from-the-node", b"written")
time.sleep(0.5)
print("RESULT " + json.dumps({
    "trader_id": node.trader_id.value,
    "strategies": [strategy.value for strategy in node.trader.strategy_ids()],
    "data": [client.value for client in node.kernel.data_engine.registered_clients],
    "execution": [client.value for client in node.kernel.exec_engine.registered_clients],
    "instruments": sorted(
        instrument.value
        for instrument in node.kernel.exec_engine._clients[list(node.kernel.exec_engine._clients)[0]]
        ._instrument_provider._load_ids_on_start
    ),
}))
node.dispose()
"""


@pytest.fixture
def redis_port(tmp_path: Path, free_port: int) -> Iterator[int]:
    """A real Redis with one ACL user that owns the keys of trader MM-001 and nothing else."""
    server = shutil.which("redis-server")
    assert server, "redis-server is not installed"
    acl = tmp_path / "users.acl"
    acl.write_text(f"user default off\nuser tradingnode-main on >{PASSWORD} ~trader-MM-001:* {COMMANDS}\n")
    arguments = ["--port", str(free_port), "--bind", "127.0.0.1", "--save", "", "--aclfile", str(acl)]
    process = subprocess.Popen([server, *arguments, "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(free_port)
        yield free_port
    finally:
        process.terminate()
        process.wait(timeout=10)


def _client(port: int) -> redis.Redis:
    return redis.Redis(port=port, username="tradingnode-main", password=PASSWORD)


def _wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with _client(port) as client:
                client.info()
        except redis.ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def test_a_real_node_is_built_from_the_settings(redis_port: int, tmp_path: Path) -> None:
    """The node has both clients, the strategy and its instruments, and writes its state to Redis as the ACL user."""
    strategies = tmp_path / "strategies.yaml"
    strategies.write_text(STRATEGIES)
    (tmp_path / "own_strategies.py").write_text(MODULE)
    venue = "127.0.0.1:1"
    env_file = tmp_path / "node.env"
    env_file.touch(mode=0o600)
    env_file.write_text(
        f"""
NAUTILUS_TRADER_ID=MM-001
NAUTILUS_STRATEGIES_FILE={strategies}
REDIS_PORT={redis_port}
REDIS_USERNAME=tradingnode-main
REDIS_PASSWORD={PASSWORD}
BINANCE_API_KEY={API_KEY}
BINANCE_API_SECRET={API_SECRET}
BINANCE_TESTNET=true
BINANCE_INSTRUMENT_IDS=BTCUSDT-PERP.BINANCE,ETHUSDT-PERP.BINANCE
BINANCE_BASE_URL_HTTP=http://{venue}
BINANCE_BASE_URL_WS=ws://{venue}
BINANCE_BASE_URL_WS_STREAM=ws://{venue}
RISK_MAX_NOTIONAL_PER_ORDER='{{"BTCUSDT-PERP.BINANCE": 50000}}'
"""
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-c", NODE, str(env_file)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=tmp_path,
        timeout=60,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("RESULT ")]
    assert json.loads(line.removeprefix("RESULT ")) == {
        "trader_id": "MM-001",
        "strategies": ["Idle-007"],
        "data": ["BINANCE"],
        "execution": ["BINANCE"],
        "instruments": ["BTCUSDT-PERP.BINANCE", "ETHUSDT-PERP.BINANCE"],
    }
    with _client(redis_port) as client:
        assert client.get("trader-MM-001:general:from-the-node") == b"written"
    # use_pyo3: the Rust side speaks too.
    assert "Connected to redis" in said
    assert "RiskEngine: Set MAX_NOTIONAL_PER_ORDER: BTCUSDT-PERP.BINANCE" in said
    assert not [secret for secret in (PASSWORD, API_KEY, API_SECRET) if secret in said]
