"""Leads upstream's Bybit data client to the public sockets of a simulated venue, which upstream gives no address.

Upstream: `BybitDataClient.__init__` hands `base_url_http` to its public sockets
https://github.com/nautechsystems/nautilus_trader/blob/v1.231.0/nautilus_trader/adapters/bybit/data.py
so that an `http://` address for REST makes them fail with "expected ws:// or wss:// scheme", and no other field of
`BybitDataClientConfig` reaches them.

Here: the stock factory makes the stock client; before that connects, the sockets in it are exchanged for stock sockets
with the right address. They are inert until then. Clients of the real exchange never come here.

Can go when tests/integration/venue_bybit/test_public_sockets.py::test_upstream_still_needs_it fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nautilus_trader.adapters.bybit.config import _resolve_environment
from nautilus_trader.adapters.bybit.factories import BybitLiveDataClientFactory
from nautilus_trader.core import nautilus_pyo3

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

    from nautilus_trader.adapters.bybit.config import BybitDataClientConfig
    from nautilus_trader.adapters.bybit.data import BybitDataClient
    from nautilus_trader.cache.cache import Cache
    from nautilus_trader.common.component import LiveClock, MessageBus


def simulated_factory(urls: Mapping[str, str]) -> type[BybitLiveDataClientFactory]:
    """Return upstream's factory with other public sockets.

    Args:
        urls: A public socket's address by product type; for a type that is absent, REST's host and port over `ws://`.
    """

    class SimulatedBybitLiveDataClientFactory(BybitLiveDataClientFactory):
        @staticmethod
        def create(  # type: ignore[override]  # noqa: PLR0917 - upstream's own signature
            loop: asyncio.AbstractEventLoop,
            name: str,
            config: BybitDataClientConfig,
            msgbus: MessageBus,
            cache: Cache,
            clock: LiveClock,
        ) -> BybitDataClient:
            client = BybitLiveDataClientFactory.create(loop, name, config, msgbus, cache, clock)
            sockets = client._ws_clients  # noqa: SLF001 upstream has no other door to them
            for product_type in tuple(sockets):
                product = product_type.name
                socket = nautilus_pyo3.BybitWebSocketClient.new_public(
                    product_type=product_type,
                    environment=_resolve_environment(config.environment),
                    url=urls.get(product) or _beside(config.base_url_http or "", product),
                    proxy_url=config.proxy_url,
                )
                socket.set_bars_timestamp_on_close(config.bars_timestamp_on_close)
                sockets[product_type] = socket
            return client

    return SimulatedBybitLiveDataClientFactory


def _beside(base_url_http: str, product: str) -> str:
    return f"{base_url_http.replace('http', 'ws', 1)}/v5/public/{product.lower()}"


SimulatedBybitLiveDataClientFactory = simulated_factory({})
"""For a rendered config, which names a factory and can tell it nothing."""
