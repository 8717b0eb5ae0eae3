"""The exchange of Bybit's public sockets: needed while upstream gives them REST's address, and sufficient."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest
from nautilus_trader.adapters.bybit import BYBIT, BybitDataClientConfig, BybitLiveDataClientFactory
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.core.nautilus_pyo3 import BybitEnvironment, BybitProductType
from nautilus_trader.model.identifiers import TraderId

from nodecfg import TradingNodeSettings, client_factories
from nodecfg.adapter_factories import factory_path
from nodecfg.builders.bybit_public_sockets import SimulatedBybitLiveDataClientFactory, simulated_factory
from tests.integration.venue_bybit.world import node_variables

if TYPE_CHECKING:
    from tests.integration.node.world import Redis, Venue

PRODUCTS = (BybitProductType.LINEAR, BybitProductType.SPOT)


async def connects(factory: type[BybitLiveDataClientFactory], venue: Venue) -> None:
    """Connects every public socket of a client that the factory makes; raises what the adapter raises."""
    clock = LiveClock()
    client: Any = factory.create(
        asyncio.get_running_loop(),
        BYBIT,
        BybitDataClientConfig(
            api_key="key",
            api_secret="secret",
            environment=BybitEnvironment.TESTNET,
            product_types=PRODUCTS,
            base_url_http=venue.url,
        ),
        MessageBus(trader_id=TraderId("T-001"), clock=clock),
        Cache(),
        clock,
    )
    assert set(client._ws_clients) == set(PRODUCTS)
    for socket in client._ws_clients.values():
        await socket.connect(loop_=asyncio.get_running_loop(), callback=lambda _: None)
        await socket.wait_until_active(timeout_secs=5.0)
        await socket.close()


async def test_upstream_still_needs_it(shared_venue: Venue) -> None:
    """The stock client cannot connect to a venue over http://; when this fails, nodecfg's module can go."""
    with pytest.raises(Exception, match="ws:// or wss://"):
        await connects(BybitLiveDataClientFactory, shared_venue)


async def test_exchanged_sockets_connect(shared_venue: Venue) -> None:
    """With sockets of their own address, or of REST's host, every product type connects."""
    await connects(SimulatedBybitLiveDataClientFactory, shared_venue)
    address = f"ws://127.0.0.1:{shared_venue.port}/v5/public"
    await connects(simulated_factory({"LINEAR": f"{address}/linear", "SPOT": f"{address}/spot"}), shared_venue)


def test_only_a_simulated_venue_gets_it(shared_redis: Redis) -> None:
    """Settings without addresses lead to upstream's own factory, those with addresses to ours."""
    simulated = node_variables(shared_redis, 1)
    real = {name: value for name, value in simulated.items() if "BASE_URL" not in name}
    assert client_factories(TradingNodeSettings.from_env(real)).data[BYBIT] is BybitLiveDataClientFactory
    ours = client_factories(TradingNodeSettings.from_env(simulated)).data[BYBIT]
    assert ours is not BybitLiveDataClientFactory
    assert issubclass(ours, BybitLiveDataClientFactory)


def test_a_rendered_config_can_name_it() -> None:
    """The path that a rendered config holds leads back to the factory, and to upstream's for the real exchange."""
    for factory in (SimulatedBybitLiveDataClientFactory, BybitLiveDataClientFactory):
        module, _, name = factory_path(factory).partition(":")
        assert getattr(import_module(module), name)() is factory
