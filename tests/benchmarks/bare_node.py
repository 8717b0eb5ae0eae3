"""Starts upstream's TradingNode with nodecfg's configuration and nothing of ours around it.

Usage: bare_node.py ENV_FILE [--stay]. Prints seconds from the first line, imports included, until the trader runs, as
``seconds=1.234`` on a line of its own among upstream's log lines; then stops, or runs on until SIGTERM.
"""

import time

STARTED = time.monotonic()

import asyncio  # noqa: E402  (the imports are part of what is measured)
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from nautilus_trader.live.node import TradingNode  # noqa: E402

import nodecfg  # noqa: E402


def main() -> None:
    """Builds, runs until the trader runs, prints the seconds, and stops unless it shall stay."""
    settings = nodecfg.TradingNodeSettings.from_env(env_file=Path(sys.argv[1]))
    os.environ.update({key: value.get_secret_value() for key, value in nodecfg.adapter_environment(settings).items()})
    node = TradingNode(config=nodecfg.TradingNodeConfigFactory.from_settings(settings))
    factories = nodecfg.client_factories(settings)
    for name, data in factories.data.items():
        node.add_data_client_factory(name, data)
    for name, execution in factories.execution.items():
        node.add_exec_client_factory(name, execution)
    node.build()

    async def stop_when_trading() -> None:
        while not node.trader.is_running:  # noqa: ASYNC110  (upstream sets no event)
            await asyncio.sleep(0.01)
        sys.stdout.write(f"\nseconds={time.monotonic() - STARTED:.3f}\n")
        sys.stdout.flush()
        if "--stay" not in sys.argv:
            await node.stop_async()

    stopping = node.kernel.loop.create_task(stop_when_trading())
    node.run()
    stopping.cancel()
    node.dispose()


if __name__ == "__main__":
    main()
