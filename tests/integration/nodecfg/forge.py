"""Constructs real TradingNodes from variables, each in a process of its own that is forked from one with all imports.

Usage: ``python -m tests.integration.nodecfg.forge``; a JSON object of variables per line in, one per line out with the
``status`` of the process, ``clients`` and ``components`` that the node holds, and ``said``, all that it wrote.

Upstream allows one node per process (one logger, one runtime), and importing it takes seconds: forking pays that once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from typing import Any

import nautilus_trader.adapters.binance
import nautilus_trader.adapters.bybit  # noqa: F401 imported once, before the forks
from nautilus_trader.live.node import TradingNode

from nodecfg import TradingNodeConfigFactory, TradingNodeSettings, adapter_environment, client_factories

SECONDS = 20
MARK = "CLIENTS "


def construct(variables: dict[str, str]) -> None:
    """Construct a node and build its clients, as the service does."""
    settings = TradingNodeSettings.from_env(variables)
    config = TradingNodeConfigFactory.from_settings(settings)
    os.environ.update({name: value.get_secret_value() for name, value in adapter_environment(settings).items()})
    node = TradingNode(config=config)
    factories = client_factories(settings)
    for name, data_factory in factories.data.items():
        node.add_data_client_factory(name, data_factory)
    for name, execution_factory in factories.execution.items():
        node.add_exec_client_factory(name, execution_factory)
    node.build()
    engines = (node.kernel.data_engine, node.kernel.exec_engine)
    parts = (node.trader.strategies(), node.trader.actors(), node.trader.exec_algorithms())
    held = [sorted(client.value for client in engine.registered_clients) for engine in engines]
    print(MARK + json.dumps({"clients": held, "components": [len(part) for part in parts]}), flush=True)


def _forked(variables: dict[str, str]) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                os.dup2(out.fileno(), 1)
                os.dup2(out.fileno(), 2)
                signal.alarm(SECONDS)
                construct(variables)
                status = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                # At once: dispose() is for nodes that ran.
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        said = out.read().decode(errors="replace")
    line = next((one for one in said.splitlines() if one.startswith(MARK)), "")
    found = json.loads(line.removeprefix(MARK) or "{}")
    return {"status": os.waitstatus_to_exitcode(status), "said": said, **found}


def main() -> None:
    """Answer line by line until the input ends."""
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
