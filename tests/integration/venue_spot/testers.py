"""Upstream's own testers for adapters, set to use everything that the spot adapter has."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import OrderType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.test_kit.strategies.tester_data import DataTester, DataTesterConfig
from nautilus_trader.test_kit.strategies.tester_exec import ExecTester, ExecTesterConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

INSTRUMENT = InstrumentId.from_str("BTCUSDT.BINANCE")
SECOND_INSTRUMENT = InstrumentId.from_str("ETHUSDT.BINANCE")
INSTRUMENTS = (INSTRUMENT, SECOND_INSTRUMENT, InstrumentId.from_str("DOGEUSDT.BINANCE"))

EXEC_TESTERS: Mapping[str, Mapping[str, Any]] = {
    # Rests limit orders a little off the market, replaces them as it moves, and cancels them all at once.
    "limits": {
        "use_post_only": True,
        "tob_offset_ticks": 300,
        "cancel_replace_orders_to_maintain_tob_offset": True,
        "open_position_on_start_qty": Decimal("0.05000"),
    },
    # Stop-limit orders on both sides, cancelled one by one.
    "stops": {
        "enable_stop_buys": True,
        "enable_stop_sells": True,
        "stop_order_type": OrderType.STOP_LIMIT,
        "stop_offset_ticks": 5000,
        "stop_limit_offset_ticks": 100,
        "use_individual_cancels_on_stop": True,
    },
    # Limit-if-touched orders, cancelled as a batch, which the adapter takes apart.
    "touched": {
        "enable_limit_buys": False,
        "enable_limit_sells": False,
        "enable_stop_buys": True,
        "enable_stop_sells": True,
        "stop_order_type": OrderType.LIMIT_IF_TOUCHED,
        "stop_offset_ticks": 5000,
        "stop_limit_offset_ticks": 100,
        "use_batch_cancel_on_stop": True,
    },
    # Post-only orders that would take: each is refused in the words by which upstream knows the reason.
    "rejected": {"test_reject_post_only": True, "tob_offset_ticks": 100},
}


def exec_tester(name: str) -> ExecTester:
    """Upstream's execution tester with one set of its switches."""
    config = ExecTesterConfig(
        instrument_id=INSTRUMENT,
        order_qty=Decimal("0.02000"),
        log_data=False,
        # What was bought is a little less than was ordered, by the fee: no quantity that the venue takes sells it all.
        close_positions_on_stop=False,
        **EXEC_TESTERS[name],
    )
    return ExecTester(config)


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
