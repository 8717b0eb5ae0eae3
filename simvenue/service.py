"""The process: opens the ledger, starts markets, venue and admin API, and stops them again."""

from __future__ import annotations

import asyncio
import errno
import signal
import time
from contextlib import AsyncExitStack, suppress
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from simvenue.admin import create_admin
from simvenue.config import OTHER_ACCOUNT, ReplayConfig
from simvenue.credentials import Credential
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger, LedgerError
from simvenue.exchange.types import Account
from simvenue.market.replay import ReplayMarket, read_recording
from simvenue.market.runner import Market, MarketRunner
from simvenue.market.synthetic import SyntheticMarket
from simvenue.notify import notify
from simvenue.venues.binance_futures import create_app
from simvenue.venues.binance_futures.instruments import INSTRUMENTS

if TYPE_CHECKING:
    from simvenue.config import Endpoint, SimvenueConfig

log = structlog.get_logger(__name__)

_OTHER_BALANCES = {"USDT": Decimal(1_000_000_000)}
_CLOSE_SECONDS = 1.0
"""How long open connections may take to end at a stop."""


class PortTakenError(Exception):
    """An address cannot be listened on; the message names key, address and fix."""


def clock_ms() -> int:
    """Give the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def open_exchange(config: SimvenueConfig) -> tuple[Exchange, Ledger, MarketRunner]:
    """Open ledger, exchange and markets as a configuration describes them.

    Raises:
        LedgerError: the ledger cannot be used.
        RecordingError: the recorded trades cannot be used.
    """
    markets = _markets(config)
    try:
        config.data_dir.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        message = f"data_dir {config.data_dir}: {error.strerror}; make it a directory this user can write"
        raise LedgerError(message) from error
    ledger = Ledger(config.data_dir / "ledger.sqlite")
    accounts = {OTHER_ACCOUNT: Account(name=OTHER_ACCOUNT, balances=_OTHER_BALANCES)}
    accounts |= {a.name: Account(name=a.name, balances=a.balances) for a in config.accounts}
    exchange = Exchange(
        instruments=[INSTRUMENTS[symbol] for symbol in config.instruments],
        ledger=ledger,
        accounts=accounts.values(),
        clock=clock_ms,
    )
    return exchange, ledger, MarketRunner(exchange, ledger, markets, speed=config.market.speed)


def _markets(config: SimvenueConfig) -> list[Market]:
    chosen = config.market
    markets: list[Market] = []
    for symbol in config.instruments:
        instrument = INSTRUMENTS[symbol]
        if isinstance(chosen, ReplayConfig) and chosen.symbol == symbol:
            trades = read_recording(chosen.file, instrument)
            markets.append(ReplayMarket(instrument, chosen.file.name, trades, chosen.at_end))
        else:
            markets.append(SyntheticMarket(instrument, chosen.seed))
    return markets


async def serve(config: SimvenueConfig) -> None:
    """Run until SIGTERM or SIGINT.

    Raises:
        LedgerError: the ledger cannot be opened.
        RecordingError: the recorded trades cannot be used.
        PortTakenError: an address is in use or not ours.
        ExceptionGroup: a market or the exchange failed while running.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    notify("STATUS=opening the ledger")
    exchange, ledger, market = open_exchange(config)
    credentials = {
        account.api_key.get_secret_value(): Credential(account=account.name, secret=account.api_secret)
        for account in config.accounts
    }
    async with AsyncExitStack() as stack:
        stack.callback(ledger.close)
        venue = create_app(exchange, credentials, clock_ms)
        admin = create_admin(exchange, market, version=version("tradingnode-ops"))
        venue_url = await _listen(stack, venue, "binance_futures", config.binance_futures)
        admin_url = await _listen(stack, admin, "admin", config.admin)
        playing = asyncio.create_task(market.run())
        stopping = asyncio.create_task(stop.wait())
        log.info("serving", binance_futures=venue_url, admin=admin_url, instruments=config.instruments)
        notify(f"READY=1\nSTATUS=serving {', '.join(config.instruments)} at {venue_url}")
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        notify("STOPPING=1\nSTATUS=stopping")
        log.info("stopping")
        if playing.done():
            await playing
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
    log.info("stopped")


async def _listen(stack: AsyncExitStack, app: web.Application, key: str, endpoint: Endpoint) -> str:
    # No access log: the query strings of signed requests would be in it.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, endpoint.host, endpoint.port)
    try:
        await site.start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = "is taken by another process; stop that one or set another port"
        else:
            problem = f"cannot be listened on ({error.strerror or error}); set host to an address of this machine"
        raise PortTakenError(f"{key}: {endpoint.host}:{endpoint.port} {problem}") from error
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
