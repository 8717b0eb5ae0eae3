"""Lets a venue's markets make events as fast as they can; prints events and resident kilobytes as it goes."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

from aiohttp import web

from simvenue.exchange.exchange import Exchange
from simvenue.exchange.ledger import Ledger
from simvenue.exchange.types import Account
from simvenue.market.synthetic import SyntheticMarket
from simvenue.venues.catalogue import VENUES

_EVERY = 50_000
_YIELD_STEPS = 50


def _resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


async def _run(directory: Path, venue: str, events: int) -> None:
    kind, now, count = VENUES[venue], 1_700_000_000_000, 0

    def counted(_event: object) -> None:
        nonlocal count
        count += 1

    exchange = Exchange(
        instruments=kind.instruments.values(),
        ledger=Ledger(directory / "ledger.sqlite"),
        accounts=[Account(name="node", balances={"USDT": Decimal(100_000)})],
        clock=lambda: now,
    )
    exchange.subscribe(counted)
    runner = web.AppRunner(kind.create_app(exchange, {}, lambda: now))
    await runner.setup()
    markets = [SyntheticMarket(instrument, 7) for instrument in kind.instruments.values()]
    shown = steps = 0
    while count < events:
        now += 100
        for market in markets:
            exchange.step_market(market.instrument.symbol, market.advance())
        steps += 1
        if steps % 10 == 0:
            exchange.roll()
        if steps % _YIELD_STEPS == 0:
            await asyncio.sleep(0)
        if count >= shown + _EVERY:
            shown = count
            print(count, _resident_kib(), flush=True)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
