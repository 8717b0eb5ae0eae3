"""Dump of a ledger with 200,000 fills: how long it takes, and how long others wait meanwhile."""

from __future__ import annotations

import http.client
import threading
import time
from typing import TYPE_CHECKING

from rich.console import Console

from tests.integration.simvenue_admin.process import Simvenue
from tests.support.big_ledger import fill_ledger

if TYPE_CHECKING:
    from pathlib import Path

FILLS = 200_000
CONFIG = """
data_dir: data
admin: {{host: 127.0.0.1, port: {port}}}
venues:
  binance_futures: {{host: 127.0.0.1, port: 0, instruments: [BTCUSDT]}}
accounts:
  - name: node
    keys: [{{api_key: "key-of-node", api_secret: "secret-of-node"}}]
    balances: {{USDT: "100000"}}
market: {{kind: synthetic, seed: 7, speed: 1.0}}
"""


def _latencies(simvenue: Simvenue, enough: threading.Event) -> list[float]:
    found = []
    connection = http.client.HTTPConnection(simvenue.url.removeprefix("http://"), timeout=60)
    while not enough.is_set():
        begun = time.monotonic()
        connection.request("GET", "/admin/v1/health")
        connection.getresponse().read()
        found.append(time.monotonic() - begun)
        time.sleep(0.01)
    connection.close()
    return sorted(found)


def _peak_mib(simvenue: Simvenue) -> float:
    assert simvenue.process is not None
    with open(f"/proc/{simvenue.process.pid}/status") as status:  # noqa: PTH123 - no file of the project
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def _told(what: str, waits: list[float]) -> str:
    middle, rare = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    return f"{what}: health in {middle * 1000:.1f} ms (median), {rare * 1000:.1f} (p99), {waits[-1] * 1000:.1f} (max)"


def test_dump_of_a_big_ledger(tmp_path: Path, free_port: int) -> None:
    """Prints seconds and bytes of the dump, and the waits of other callers while idle, during a dump and an audit."""
    config = tmp_path / "simvenue.yaml"
    config.write_text(CONFIG.format(port=free_port))
    config.chmod(0o600)
    (tmp_path / "data").mkdir()
    fill_ledger(tmp_path / "data" / "binance_futures.sqlite", "node", FILLS)
    simvenue = Simvenue(config, f"http://127.0.0.1:{free_port}", "").start()
    lines = []
    try:
        for what, path in (("idle", None), ("dump", "/admin/v1/ledger?account=node"), ("audit", "/admin/v1/audit")):
            enough, waits = threading.Event(), list[float]()
            probe = threading.Thread(target=lambda w=waits, e=enough: w.extend(_latencies(simvenue, e)))
            before, begun, size = _peak_mib(simvenue), time.monotonic(), 0
            probe.start()
            if path is None:
                time.sleep(3)
            else:
                connection = http.client.HTTPConnection(simvenue.url.removeprefix("http://"), timeout=300)
                connection.request("GET", path)
                response = connection.getresponse()
                while some := response.read(1 << 16):
                    size += len(some)
                connection.close()
            seconds = time.monotonic() - begun
            enough.set()
            probe.join()
            lines.append(_told(what, waits))
            if path is not None:
                grown = _peak_mib(simvenue) - before
                lines.append(f"  {what}: {seconds:.1f} s, {size / 1e6:.1f} MB, peak memory grew by {grown:.0f} MiB")
    finally:
        simvenue.end()
    Console(width=140).print("\n".join([f"ledger with {FILLS} orders and fills", *lines]))
