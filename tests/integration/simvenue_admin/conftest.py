"""A configured, running simvenue for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from simvenue.venues.catalogue import VENUES
from tests.integration.simvenue_admin.process import Simvenue
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFIG = """
data_dir: data
admin: {{host: 127.0.0.1, port: {admin}}}
venues:
  binance_futures: {{host: 127.0.0.1, port: {venue}, instruments: [BTCUSDT, ETHUSDT]}}
accounts:
  - name: node
    keys: [{{api_key: "key-of-node", api_secret: "secret-of-node"}}]
    balances: {{USDT: "100000"}}
market: {{kind: synthetic, seed: 7, speed: 1.0}}
"""

EVERYTHING = """
data_dir: data
admin: {{host: 127.0.0.1, port: {admin}}}
venues:
{venues}
accounts:
  - name: node
    keys: [{{api_key: "key-of-node", api_secret: "secret-of-node"}}]
    balances: {{USDT: "100000", BTC: "1"}}
market: {{kind: synthetic, seed: 7, speed: 1.0}}
"""


def _configured(directory: Path) -> Simvenue:
    admin, venue = free_port(), free_port()
    config = directory / "simvenue.yaml"
    config.write_text(CONFIG.format(admin=admin, venue=venue))
    config.chmod(0o600)
    return Simvenue(config, f"http://127.0.0.1:{admin}", f"http://127.0.0.1:{venue}")


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Simvenue]:
    """A simvenue that is configured but not started; ended afterwards if it runs."""
    simvenue = _configured(tmp_path)
    yield simvenue
    if simvenue.process:
        simvenue.end()


@pytest.fixture
def simvenue(stopped: Simvenue) -> Simvenue:
    """A running simvenue."""
    return stopped.start()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simvenue]:
    """A running simvenue for the tests of a module that change nothing."""
    simvenue = _configured(tmp_path_factory.mktemp("shared")).start()
    yield simvenue
    simvenue.end()


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simvenue]:
    """A running simvenue that serves every venue there is."""
    directory = tmp_path_factory.mktemp("everything")
    admin = free_port()
    venues = "\n".join(
        f"  {name}: {{host: 127.0.0.1, port: 0, instruments: [{', '.join(list(kind.instruments)[:3])}]}}"
        for name, kind in VENUES.items()
    )
    config = directory / "simvenue.yaml"
    config.write_text(EVERYTHING.format(admin=admin, venues=venues))
    config.chmod(0o600)
    simvenue = Simvenue(config, f"http://127.0.0.1:{admin}", "").start()
    yield simvenue
    simvenue.end()
