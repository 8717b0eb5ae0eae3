"""What one process serves: each venue with its exchange, markets and application, for everybody who looks at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from simvenue.exchange.exchange import Exchange
    from simvenue.exchange.ledger import Ledger
    from simvenue.market.runner import MarketRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedVenue:
    """One venue of this process.

    Attributes:
        name: as in simvenue.yaml, e.g. ``binance_futures``.
        exchange: where its orders are matched and kept.
        ledger: the exchange's file.
        market: what moves its prices.
        app: the application its clients talk to.
        url: where that listens, e.g. ``http://127.0.0.1:8101``.
    """

    name: str
    exchange: Exchange
    ledger: Ledger
    market: MarketRunner
    app: web.Application
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What can be done to the process as a whole; both return at once and take effect when the caller is answered.

    Attributes:
        restart: drop every socket and start again from the ledgers.
        reset: the same, after wiping the ledgers.
    """

    restart: Callable[[], None]
    reset: Callable[[], None]
