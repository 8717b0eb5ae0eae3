"""Real TradingNodes are constructed from settings drawn out of the whole space, with a real Redis behind them."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from tests.support.cases import cases
from tests.unit.nodecfg.space import right_variables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A node lives in a process of its own: one logger, one loop policy, and it may abort the interpreter.
NODE = """
import json, os, sys
from nautilus_trader.live.node import TradingNode
from nodecfg import TradingNodeConfigFactory, TradingNodeSettings, adapter_environment, client_factories

settings = TradingNodeSettings.from_env(json.load(sys.stdin))
config = TradingNodeConfigFactory.from_settings(settings)
os.environ.update({name: value.get_secret_value() for name, value in adapter_environment(settings).items()})
node = TradingNode(config=config)
factories = client_factories(settings)
for name, factory in factories.data.items():
    node.add_data_client_factory(name, factory)
for name, factory in factories.execution.items():
    node.add_exec_client_factory(name, factory)
node.build()
print("CLIENTS " + json.dumps([
    sorted(client.value for client in engine.registered_clients)
    for engine in (node.kernel.data_engine, node.kernel.exec_engine)
]), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A real Redis for every node of this module; each node has its own trader id."""
    server = shutil.which("redis-server")
    assert server, "redis-server is not installed"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    directory = str(tmp_path_factory.mktemp("redis"))
    arguments = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory]
    process = subprocess.Popen([server, *arguments], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                assert time.monotonic() < deadline, "redis-server does not listen"
                time.sleep(0.05)
            else:
                break
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for what the nodes record."""
    return tmp_path_factory.mktemp("catalog")


@cases(usual=4, nightly=60)
@given(variables=right_variables())
def test_any_right_settings_construct_a_real_node(redis_port: int, catalog: Path, variables: dict[str, str]) -> None:
    """Upstream's node takes any config that the settings give, and builds every client of it."""
    # A real node opens what it is given: our Redis, a directory that exists.
    variables = {**variables, "REDIS_PORT": str(redis_port)}
    if "NAUTILUS_CATALOG_PATH" in variables:
        variables["NAUTILUS_CATALOG_PATH"] = str(catalog)
    result = subprocess.run(
        [sys.executable, "-c", NODE],
        input=json.dumps(variables),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"]},
        cwd=catalog,
        timeout=120,
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said[-4000:]
    line = next(line for line in result.stdout.splitlines() if line.startswith("CLIENTS "))
    clients = ("BINANCE", "BINANCE_SPOT", "BINANCE_MARGIN", "BINANCE_COIN_FUTURES", "BYBIT")
    configured = sorted(name for name in clients if f"{name}_API_KEY" in variables)
    assert json.loads(line.removeprefix("CLIENTS ")) == [configured, configured]
    keys = [text for name, text in variables.items() if name.endswith(("_API_KEY", "_API_SECRET"))]
    assert not [key for key in keys if key in said]
