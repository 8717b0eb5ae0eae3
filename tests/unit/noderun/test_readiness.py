"""Which market data a start waits for."""

from __future__ import annotations

from noderun.readiness import Feed, awaited

BTC = "BTCUSDT-PERP.BINANCE"
QUOTES = Feed(topic="data.quotes", kind="quotes", instrument_id=BTC)
MINUTES = Feed(topic="data.bars.1m", kind="1-MINUTE bars", instrument_id=BTC, interval=60)
SECONDS = Feed(topic="data.bars.1s", kind="1-SECOND bars", instrument_id=BTC, interval=1)


def test_bars_that_close_too_late_are_not_awaited() -> None:
    """A bar that takes more than half of the time to close proves nothing; a quick one does."""
    assert awaited({QUOTES, MINUTES, SECONDS}, quiet=(), seconds=30) == {QUOTES, SECONDS}


def test_quiet_instruments_are_not_awaited() -> None:
    """An instrument of READY_DATA_EXCEPT holds no start up."""
    assert awaited({QUOTES}, quiet=(BTC,), seconds=30) == set()
