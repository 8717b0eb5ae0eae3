"""One symbol is asked for once, and every symbol that has an order.

Upstream: `BinanceCommonExecutionClient._get_cache_active_symbols` (nautilus_trader/adapters/binance/execution.py) names
an instrument `BTCUSDT-PERP`, the venue's answers name it `BTCUSDT`. The union holds both, orders and trades are fetched
and counted twice, and the engine makes up fills that open or close a position. It happens at every mass status with
something in the cache: a reconnect of the user stream, a warm restart. Only open orders and positions are looked at:
when orders in flight were filled and left the account flat, no symbol is asked for, and their fills stay unknown; so do
those of an order whose record Redis lost.

Here: the cache's symbols are written as the venue writes them, with those of every order that the cache keeps and whose
instrument is loaded.

Shown by: tests/integration/node/test_guards.py. Can go when upstream's method does the same.
"""

from __future__ import annotations

from typing import Any

from nautilus_trader.adapters.binance.common.symbol import BinanceSymbol
from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient


def install(client: Any) -> None:  # noqa: ANN401 any of upstream's execution clients
    """Give the client one spelling per symbol; other venues' clients are left alone."""
    if not isinstance(client, BinanceCommonExecutionClient):
        return
    spelt_for_the_cache = client._get_cache_active_symbols  # noqa: SLF001 the method that is at fault

    def active_symbols() -> set[str]:
        cache = client._cache  # noqa: SLF001 upstream's own look
        # By the index of instruments: a cache can keep a hundred thousand orders of a few symbols.
        # What the venue no longer lists it does not answer for either.
        loaded = client._instrument_provider.get_all()  # noqa: SLF001 as above
        kept = (one for one in loaded if cache.client_order_ids(instrument_id=one))
        spelt = spelt_for_the_cache() | {one.symbol.value for one in kept}
        return {str(BinanceSymbol(symbol)) for symbol in spelt}

    setattr(client, spelt_for_the_cache.__name__, active_symbols)
