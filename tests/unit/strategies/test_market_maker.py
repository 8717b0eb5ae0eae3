"""The reference market maker, run by upstream's own backtest engine over a market that rises and falls."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from nautilus_trader.backtest.engine import BacktestEngine
from nautilus_trader.config import BacktestEngineConfig, LoggingConfig
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderStatus
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.test_kit.providers import TestInstrumentProvider

from strategies.market_maker import MarketMaker, MarketMakerConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTRUMENT = TestInstrumentProvider.btcusdt_perp_binance()
# Upstream calls it, with pandas 3 deprecating it.
pytestmark = pytest.mark.filterwarnings("ignore:Timestamp.utcnow is deprecated")
START_NS, STEP_NS = 1_700_000_000_000_000_000, 100_000_000


@pytest.fixture
def engine() -> Iterator[BacktestEngine]:
    """A backtest engine with one futures venue."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(Venue("BINANCE"), OmsType.NETTING, AccountType.MARGIN, [Money(100_000, USDT)])
    engine.add_instrument(INSTRUMENT)
    yield engine
    engine.dispose()


def _run(engine: BacktestEngine, mids: list[int], *, skew_bps: float = 2.0) -> MarketMaker:
    config = MarketMakerConfig(
        instrument_id=INSTRUMENT.id,
        order_qty=Decimal("0.010"),
        max_position=Decimal("0.030"),
        half_spread_bps=1.0,
        skew_bps=skew_bps,
    )
    strategy = MarketMaker(config)
    engine.add_strategy(strategy)
    size = INSTRUMENT.make_qty(5)
    ticks = [
        QuoteTick(INSTRUMENT.id, INSTRUMENT.make_price(mid - 0.5), INSTRUMENT.make_price(mid + 0.5), size, size, ts, ts)
        for ts, mid in ((START_NS + n * STEP_NS, mid) for n, mid in enumerate(mids))
    ]
    engine.add_data(ticks)
    engine.run()
    return strategy


def test_quotes_both_sides_around_the_mid(engine: BacktestEngine) -> None:
    """In a calm market one bid and one ask rest, as far from the mid as configured, and stay where they are."""
    strategy = _run(engine, [50_000] * 50)
    orders = strategy.cache.orders_open()
    assert sorted(order.price.as_decimal() for order in orders) == [Decimal("49995.0"), Decimal("50005.0")]
    assert len(strategy.cache.orders()) == 2
    assert all(order.is_post_only for order in orders)


def test_never_holds_more_than_allowed(engine: BacktestEngine) -> None:
    """However far the market falls and rises, the position stays within its limit, and there were fills."""
    swing = [50_000 - 8 * abs(n % 100 - 50) for n in range(1000)]
    strategy = _run(engine, swing)
    held, quantity = [], Decimal(0)
    for event in sorted(
        (e for o in strategy.cache.orders() for e in o.events if hasattr(e, "last_qty")), key=lambda e: e.ts_event
    ):
        quantity += event.last_qty.as_decimal() * (1 if event.is_buy else -1)
        held.append(abs(quantity))
    assert len(held) > 10
    assert max(held) <= Decimal("0.030")


def test_leans_against_its_position(engine: BacktestEngine) -> None:
    """After it bought, both quotes stand lower than a flat maker's would."""
    strategy = _run(engine, [50_000] * 10 + [49_990] * 30, skew_bps=3.0)
    assert strategy.portfolio.net_position(INSTRUMENT.id) > 0
    bid, ask = sorted(order.price.as_decimal() for order in strategy.cache.orders_open())
    assert (bid + ask) / 2 < Decimal(49_990)


def test_one_order_a_side_and_nothing_rejected(engine: BacktestEngine) -> None:
    """A moving market never makes two orders rest on one side, and no post-only order would have traded at once."""
    strategy = _run(engine, [50_000 + 6 * (n % 37) for n in range(400)])
    assert len({order.side for order in strategy.cache.orders_open()}) == strategy.cache.orders_open_count()
    assert not [order for order in strategy.cache.orders() if order.status == OrderStatus.REJECTED]


def test_state_survives(engine: BacktestEngine) -> None:
    """What on_save wrote, on_load understands."""
    strategy = _run(engine, [50_000] * 10)
    saved = strategy.on_save()
    assert saved == {"quotes_sent": b"2"}
    fresh = MarketMaker(strategy.config)
    fresh.on_load(saved)
    assert fresh.on_save() == saved
