"""Upstream's own testers for adapters, set to use everything that the spot adapter has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.test_kit.strategies.tester_data import DataTester, DataTesterConfig
from nautilus_trader.test_kit.strategies.tester_exec import ExecTester, ExecTesterConfig

INSTRUMENT = InstrumentId.from_str("BTCUSDT.BINANCE")
SECOND_INSTRUMENT = InstrumentId.from_str("ETHUSDT.BINANCE")
INSTRUMENTS = (INSTRUMENT, SECOND_INSTRUMENT, InstrumentId.from_str("DOGEUSDT.BINANCE"))

_PASSIVE = {
    "enable_limit_buys": False,
    "enable_limit_sells": False,
    "enable_stop_buys": True,
    "enable_stop_sells": True,
}


def _tester(base: str, tag: str, quantity: str, **changes: object) -> ExecTester:
    config: dict[str, Any] = {
        "instrument_id": InstrumentId.from_str(f"{base}USDT.BINANCE"),
        "order_id_tag": tag,
        "order_qty": Decimal(quantity),
        "log_data": False,
        # What was bought is a little less than was ordered, by the fee: no quantity that the venue takes sells it all.
        "close_positions_on_stop": False,
        **changes,
    }
    return ExecTester(ExecTesterConfig(**config))


def exec_testers() -> list[ExecTester]:
    """Every order the adapter has, replaced as the market moves, and cancelled in each of its ways."""
    return [
        # Opens with a market order, rests post-only orders a little off the market, and cancels them all at once.
        _tester(
            "BTC",
            "001",
            "0.02000",
            use_post_only=True,
            tob_offset_ticks=300,
            cancel_replace_orders_to_maintain_tob_offset=True,
            open_position_on_start_qty=Decimal("0.05000"),
        ),
        # Stop-limit orders on both sides, cancelled one by one.
        _tester(
            "ETH",
            "002",
            "0.1000",
            **_PASSIVE,
            stop_order_type=OrderType.STOP_LIMIT,
            stop_offset_ticks=800,
            stop_limit_offset_ticks=50,
            use_individual_cancels_on_stop=True,
        ),
        # Limit-if-touched orders, cancelled as a batch, which the adapter takes apart.
        _tester(
            "DOGE",
            "003",
            "500",
            **_PASSIVE,
            stop_order_type=OrderType.LIMIT_IF_TOUCHED,
            stop_offset_ticks=200,
            stop_limit_offset_ticks=10,
            use_batch_cancel_on_stop=True,
        ),
    ]


def refused_tester() -> list[ExecTester]:
    """Post-only orders that would take: each is refused in the words by which upstream knows the reason."""
    return [_tester("BTC", "004", "0.02000", test_reject_post_only=True, tob_offset_ticks=100)]


def data_tester() -> DataTester:
    """Upstream's data tester with every switch on that the venue has data for."""
    config = DataTesterConfig(
        instrument_ids=list(INSTRUMENTS),
        bar_types=[BarType.from_str(f"{INSTRUMENT}-1-MINUTE-LAST-EXTERNAL")],
        subscribe_book_deltas=True,
        subscribe_quotes=True,
        subscribe_trades=True,
        subscribe_bars=True,
        subscribe_instrument=True,
        request_book_snapshot=True,
        request_trades=True,
        request_bars=True,
        manage_book=True,
        # The tester asks for a snapshot of depth 0 otherwise, which the adapter refuses.
        book_depth=100,
    )
    return DataTester(config)
