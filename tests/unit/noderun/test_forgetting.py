"""What upstream would keep for ever is forgotten, and numbers made of it stay right: shown on its own objects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from nautilus_trader.analysis import PortfolioAnalyzer
from nautilus_trader.common.component import MessageBus, TestClock
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.currencies import USDT
from nautilus_trader.model.enums import AccountType, OrderSide
from nautilus_trader.model.events import AccountState, OrderAccepted, OrderCanceled, OrderSubmitted, PositionOpened
from nautilus_trader.model.identifiers import AccountId, PositionId, TradeId, TraderId, VenueOrderId
from nautilus_trader.model.objects import AccountBalance, Money, Price
from nautilus_trader.model.position import Position
from nautilus_trader.portfolio.portfolio import Portfolio
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.test_kit.stubs.component import TestComponentStubs
from nautilus_trader.test_kit.stubs.events import TestEventStubs
from nautilus_trader.test_kit.stubs.execution import TestExecStubs

from noderun.engine.events import Events
from noderun.engine.guards import account_events, position_snapshots, recorded_trades

MINUTE_NS = 60 * 1_000_000_000
ACCOUNT = AccountId("BINANCE-001")
BTC = TestInstrumentProvider.btcusdt_perp_binance()


@pytest.fixture
def kernel() -> Any:  # noqa: ANN401 the parts of upstream's kernel that are needed
    """Cache, bus, portfolio and clock of upstream, with an account and an instrument."""
    clock = TestClock()
    bus = MessageBus(trader_id=TraderId("MM-001"), clock=clock)
    cache = TestComponentStubs.cache()
    portfolio = Portfolio(msgbus=bus, cache=cache, clock=clock)
    cache.add_instrument(BTC)
    portfolio.update_account(said(0))
    engine = SimpleNamespace(purge_closed_orders_interval_mins=1, purge_closed_orders_buffer_mins=5)
    return SimpleNamespace(clock=clock, msgbus=bus, cache=cache, portfolio=portfolio, exec_engine=engine)


def said(at: int) -> AccountState:
    """Returns what the venue tells of the account at that minute."""
    balance = AccountBalance(Money(1_000, USDT), Money(0, USDT), Money(1_000, USDT))
    return AccountState(
        account_id=ACCOUNT,
        account_type=AccountType.MARGIN,
        base_currency=None,
        reported=True,
        balances=[balance],
        margins=[],
        info={},
        event_id=UUID4(),
        ts_event=at * MINUTE_NS,
        ts_init=at * MINUTE_NS,
    )


def test_old_states_of_an_account_are_forgotten(kernel: Any) -> None:  # noqa: ANN401 see the fixture
    """An hour of states, one a minute, leaves those of the last minutes and the present balance."""
    account_events.install(kernel)
    for minute in range(1, 61):
        kernel.clock.set_time(minute * MINUTE_NS)
        kernel.portfolio.update_account(said(minute))
    account = kernel.cache.account(ACCOUNT)
    assert account.event_count <= 6
    assert account.last_event.ts_event == 60 * MINUTE_NS
    assert account.balance_total(USDT) == Money(1_000, USDT)


def test_states_stay_where_nothing_is_purged(kernel: Any) -> None:  # noqa: ANN401 see the fixture
    """Whoever keeps all orders keeps all states."""
    kernel.exec_engine.purge_closed_orders_interval_mins = None
    account_events.install(kernel)
    for minute in range(1, 61):
        kernel.clock.set_time(minute * MINUTE_NS)
        kernel.portfolio.update_account(said(minute))
    assert kernel.cache.account(ACCOUNT).event_count == 61


def life(number: int) -> tuple[PositionOpened, Position]:
    """Returns the event of a position that opens, and the position closed with a profit of its own."""
    buy, sell = (
        TestEventStubs.order_filled(
            TestExecStubs.limit_order(instrument=BTC, order_side=side),
            BTC,
            account_id=ACCOUNT,
            position_id=PositionId("P-1"),
            trade_id=TradeId(f"{price}-{number}"),
            last_px=Price.from_str(price),
        )
        for side, price in ((OrderSide.BUY, "100.0"), (OrderSide.SELL, f"{101 + number}.0"))
    )
    position = Position(BTC, buy)
    opened = PositionOpened.create(position, buy, UUID4(), 0)
    position.apply(sell)
    return opened, position


def test_former_lives_of_a_position_become_one(kernel: Any) -> None:  # noqa: ANN401 see the fixture
    """Of a thousand lives at most a hundred are kept, and the realized profit is that of all."""
    position_snapshots.install(kernel)
    expected = 0.0
    for number in range(1_000):
        opened, former = life(number)
        kernel.cache.snapshot_position(former)
        kernel.msgbus.publish(f"events.position.{former.strategy_id}", opened)
        expected += former.realized_pnl.as_double()
        assert kernel.portfolio.realized_pnl(BTC.id).as_double() == pytest.approx(expected)
        assert len(kernel.cache.position_snapshot_bytes(former.id)) <= position_snapshots.KEPT


def test_closed_positions_are_not_counted_up_for_ever() -> None:
    """Of more than a thousand trades the analyzer has the latest, and its statistics are of those."""
    analyzer = PortfolioAnalyzer()
    recorded_trades.install(analyzer)
    count = 2 * recorded_trades.KEPT + 100
    for number in range(count):
        analyzer.record_trade(PositionId("P-1"), Money(number, USDT), number)
    recorded = analyzer.realized_pnls(USDT)
    assert recorded is not None
    assert recorded_trades.KEPT <= len(recorded) <= 2 * recorded_trades.KEPT
    assert recorded.iloc[-1] == count - 1
    assert recorded.is_monotonic_increasing


def test_orders_that_end_are_no_longer_timed(kernel: Any) -> None:  # noqa: ANN401 see the fixture
    """An order that was accepted and cancelled is forgotten."""
    events = Events(kernel)
    order = TestExecStubs.limit_order()
    ids = {
        "trader_id": order.trader_id,
        "strategy_id": order.strategy_id,
        "instrument_id": order.instrument_id,
        "client_order_id": order.client_order_id,
        "account_id": ACCOUNT,
        "event_id": UUID4(),
        "ts_event": 0,
        "ts_init": 0,
    }
    at_venue = {**ids, "venue_order_id": VenueOrderId("1")}
    for event in (OrderSubmitted(**ids), OrderAccepted(**at_venue), OrderCanceled(**at_venue)):
        kernel.msgbus.publish(f"events.order.{order.strategy_id}", event)
    assert sum(events.orders.values()) == 3
    assert not events._submitted
