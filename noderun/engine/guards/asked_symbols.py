"""Binance is asked for the history of those symbols in which something happened.

Upstream: a mass status asks for the whole history of every symbol that has an order or a position, and
`generate_fill_reports` asks for every such symbol's trades even when one instrument's are wanted, as each check does
that misses a fill (nautilus_trader/adapters/binance/execution.py). With hundreds of symbols a warm start takes minutes
of request weight, and one missing fill uses up what is left.

Here: one instrument's fills are asked for that instrument. Where more than fifty symbols have orders, those whose open
orders, with their terms and fills, and whose position at the venue are the cache's are left out of a mass status: no
order of this node can have been filled there. A trade of somebody else that was also undone meanwhile is not seen.

Shown by: tests/integration/node/test_many_symbols.py. Can go when upstream asks for what has changed.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from nautilus_trader.adapters.binance.common.symbol import BinanceSymbol
from nautilus_trader.adapters.binance.futures.execution import BinanceFuturesExecutionClient

from noderun import logs
from noderun.snapshot import changed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from noderun.snapshot import Snapshot

FEW: Final = 50
"""Symbols that are all asked for, whether something happened there or not."""

type Sparing = Callable[[Snapshot], AbstractContextManager[None]]
"""Restricts the mass status that is asked for inside to what differs from this look at the venue."""

_wanted: ContextVar[frozenset[str] | None] = ContextVar("wanted", default=None)


def install(client: Any, cached: Callable[[], Snapshot]) -> Sparing:  # noqa: ANN401 any of upstream's execution clients
    """Make a client ask for what is wanted only; other venues' clients are left alone.

    Args:
        client: Any.
        cached: Returns what the cache has open on the client's account.
    """
    if not isinstance(client, BinanceFuturesExecutionClient):
        return lambda _: nullcontext()
    return _install(client, cached)


def _install(client: Any, cached: Callable[[], Snapshot]) -> Sparing:  # noqa: ANN401 see above
    symbols = client._get_cache_active_symbols  # noqa: SLF001 the three places where upstream collects symbols
    with_positions = client._get_binance_active_position_symbols  # noqa: SLF001 as above
    build = client._build_active_symbols  # noqa: SLF001 as above
    fills: Any = client.generate_fill_reports

    def active() -> set[str]:
        wanted = _wanted.get()
        return symbols() if wanted is None else set(wanted)

    async def active_positions(symbol: str | None = None) -> set[str]:
        return _narrowed(await with_positions(symbol))

    async def built(symbol: str | None) -> tuple[set[str], Any]:
        found, orders = await build(symbol)
        return _narrowed(found), orders

    @wraps(fills)
    async def fills_of_one(command: Any) -> Any:  # noqa: ANN401 upstream's command
        if command.instrument_id is None:
            return await fills(command)
        with _want({_spelt(str(command.instrument_id))}):
            return await fills(command)

    client._get_cache_active_symbols = active  # noqa: SLF001 see above
    client._get_binance_active_position_symbols = active_positions  # noqa: SLF001 see above
    client._build_active_symbols = built  # noqa: SLF001 see above
    client.generate_fill_reports = fills_of_one

    @contextmanager
    def sparing(venue: Snapshot) -> Iterator[None]:
        named = {order.instrument_id for order in venue.orders.values()}
        named |= {holding.instrument_id for holding in venue.positions}
        everything = len(symbols() | {_spelt(instrument_id) for instrument_id in named})
        if everything <= FEW:
            yield
            return
        in_flight = client._cache.orders_inflight(venue=client.venue)  # noqa: SLF001 upstream's own look
        ids = changed(venue=venue, cache=cached()) | {str(order.instrument_id) for order in in_flight}
        logs.get().info("asking for the history of what has changed", symbols=len(ids), of=everything)
        with _want({_spelt(instrument_id) for instrument_id in ids}):
            yield

    return sparing


@contextmanager
def _want(symbols: set[str]) -> Iterator[None]:
    token = _wanted.set(frozenset(symbols))
    try:
        yield
    finally:
        _wanted.reset(token)


def _narrowed(symbols: set[str]) -> set[str]:
    wanted = _wanted.get()
    return symbols if wanted is None else symbols & wanted


def _spelt(instrument_id: str) -> str:
    return str(BinanceSymbol(instrument_id.rpartition(".")[0]))
