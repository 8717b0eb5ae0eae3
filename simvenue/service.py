"""The process: opens the ledgers, starts markets, venues and admin API, and stops them again."""

from __future__ import annotations

import asyncio
import errno
import signal
import time
from contextlib import AsyncExitStack
from decimal import Decimal
from enum import Enum
from importlib.metadata import version
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from simvenue.admin import create_admin
from simvenue.config import OTHER_ACCOUNT
from simvenue.credentials import Credential, Permission
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import LedgerError
from simvenue.exchange.types import Account
from simvenue.faults import Faults
from simvenue.ledgers import open_ledger, wipe
from simvenue.market.plan import markets
from simvenue.market.recordings import RecordingError
from simvenue.market.runner import MarketRunner
from simvenue.notify import notify
from simvenue.registry import Process, ServedVenue
from simvenue.venues.catalogue import VENUES, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simvenue.config import Endpoint, SimvenueConfig
    from simvenue.exchange.types import Instrument

log = structlog.get_logger(__name__)

_OTHER_BALANCE = Decimal(1_000_000_000)
_CLOSE_SECONDS = 1.0
"""How long open connections may take to end at a stop."""


class Ending(Enum):
    """Why the process ended, and so what comes next."""

    STOP = "stopped"
    RESTART = "restarting"
    RESET = "restarting with empty ledgers"


class PortTakenError(Exception):
    """An address cannot be listened on; the message names key, address and fix."""


def clock_ms() -> int:
    """Give the time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


async def serve(config: SimvenueConfig) -> Ending:
    """Run until SIGTERM, SIGINT or an order from the admin API; give what to do next.

    Every socket is closed and every ledger written when this returns; after `Ending.RESET` the ledgers are gone too.

    Raises:
        LedgerError: a ledger cannot be opened, written or, for a reset, deleted.
        RecordingError: the recording cannot be used.
        RequestLogError: the log of requests cannot be written.
        PortTakenError: an address is in use or not ours.
        ExceptionGroup: a market or an exchange failed while running.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Ending] = loop.create_future()

    def end(how: Ending) -> None:
        if not ended.done():
            ended.set_result(how)

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end, Ending.STOP)
    process = Process(restart=lambda: end(Ending.RESTART), reset=lambda: end(Ending.RESET))
    notify("STATUS=opening the ledgers")
    async with AsyncExitStack() as stack:
        faults = Faults(config.faults.seed)
        if config.faults.request_log is not None:
            faults.tally.log_to(config.faults.request_log)
            stack.callback(faults.tally.close)
        venues = {name: await _open_venue(stack, config, name, faults) for name in config.venues}
        admin = create_admin(venues, process, faults, version=version("tradingnode-ops"), host=config.admin.host)
        admin_url = await _listen(stack, admin, "admin", config.admin)
        urls = {name: venue.url for name, venue in venues.items()}
        log.info("serving", **urls, admin=admin_url)
        notify(f"READY=1\nSTATUS=serving {', '.join(f'{name} at {url}' for name, url in urls.items())}")
        how = await _play(venues, ended)
        notify(f"STOPPING=1\nSTATUS={how.value}" if how is Ending.STOP else f"STATUS={how.value}")
        log.info("stopping", then=how.name.lower())
    if how is Ending.RESET:
        wipe(config.data_dir, config.venues)
    log.info(how.value)
    return how


async def _play(venues: Mapping[str, ServedVenue], ended: asyncio.Future[Ending]) -> Ending:
    # A market's failure ends the wait; the end of the wait ends the markets.
    try:
        async with asyncio.TaskGroup() as tasks:
            playing = [tasks.create_task(venue.market.run()) for venue in venues.values()]
            how = await ended
            for task in playing:
                task.cancel()
    except ExceptionGroup as failed:
        explained = _explained(failed)
        raise explained from None if explained is failed else failed
    return how


def _explained(failed: ExceptionGroup) -> Exception:
    # Of all that failed together, what has a name for the operator.
    for error in failed.exceptions:
        found = _explained(error) if isinstance(error, ExceptionGroup) else error
        for cause in (found, found.__cause__):
            if isinstance(cause, (LedgerError, RecordingError)):
                return cause
    return failed


async def _open_venue(stack: AsyncExitStack, config: SimvenueConfig, name: str, faults: Faults) -> ServedVenue:
    chosen = config.venues[name]
    kind = VENUES[name]
    instruments = listed(name, chosen)
    played = markets(config, name)
    ledger = open_ledger(config.data_dir, name)
    stack.callback(ledger.close)
    clock = faults.clock(name, clock_ms)
    exchange = Exchange(
        instruments=instruments,
        ledger=ledger,
        accounts=_accounts(config, instruments),
        clock=clock,
        conditional_locks=kind.conditional_locks,
        debug=config.debug,
    )
    market = MarketRunner(exchange, ledger, played, speed=config.market.speed)
    options = None if chosen.rate_limits else kind.unlimited
    app = kind.create_app(exchange, _credentials(config), clock, options)
    faults.install(app, name, kind.form)
    url = await _listen(stack, app, f"venues.{name}", chosen)
    return ServedVenue(name=name, exchange=exchange, ledger=ledger, market=market, app=app, url=url)


def _accounts(config: SimvenueConfig, instruments: Iterable[Instrument]) -> list[Account]:
    assets = {asset for instrument in instruments for asset in (instrument.base, instrument.quote)}
    accounts = {OTHER_ACCOUNT: Account(name=OTHER_ACCOUNT, balances=dict.fromkeys(sorted(assets), _OTHER_BALANCE))}
    accounts |= {a.name: Account(name=a.name, balances=a.balances) for a in config.accounts}
    return list(accounts.values())


def _credentials(config: SimvenueConfig) -> dict[str, Credential]:
    return {
        key.api_key.get_secret_value(): Credential(
            account=account.name,
            secret=key.api_secret,
            public_key=key.public_key,
            permissions=frozenset(Permission(name.upper()) for name in key.permissions),
        )
        for account in config.accounts
        for key in account.keys
    }


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
