"""Upstream's own strategies for judging adapters, set up so that between them they use every order the adapter has."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import BookType, OrderType
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.test_kit.strategies.tester_data import DataTester, DataTesterConfig
from nautilus_trader.test_kit.strategies.tester_exec import ExecTester, ExecTesterConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from nautilus_trader.common.actor import Actor

INSTRUMENTS = {base: InstrumentId.from_str(f"{base}USDT-PERP.BINANCE") for base in ("BTC", "ETH", "BNB", "XRP", "DOGE")}
QUANTITIES = {"BTC": "0.020", "ETH": "0.100", "BNB": "0.50", "XRP": "200.0", "DOGE": "1000"}


def _tester(base: str, tag: str, **changes: object) -> ExecTester:
    config: dict[str, Any] = {
        "instrument_id": INSTRUMENTS[base],
        "order_id_tag": tag,
        "order_qty": Decimal(QUANTITIES[base]),
        "tob_offset_ticks": 100,
        "log_data": False,
        **changes,
    }
    return ExecTester(ExecTesterConfig(**config))


def _stops(base: str, tag: str, kind: OrderType, **changes: object) -> ExecTester:
    return _tester(
        base,
        tag,
        enable_limit_buys=False,
        enable_limit_sells=False,
        enable_stop_buys=True,
        enable_stop_sells=True,
        stop_order_type=kind,
        **changes,
    )


def limits() -> list[ExecTester]:
    """Opens with a market order and amends, replaces, expires by date, or cancels each in another way."""
    return [
        _tester(
            "BTC",
            "001",
            open_position_on_start_qty=Decimal("0.050"),
            modify_orders_to_maintain_tob_offset=True,
            use_post_only=True,
        ),
        _tester(
            "ETH",
            "002",
            open_position_on_start_qty=Decimal("-0.300"),
            cancel_replace_orders_to_maintain_tob_offset=True,
            use_individual_cancels_on_stop=True,
        ),
        _tester("BNB", "003", use_batch_cancel_on_stop=True, subscribe_book=True),
        _tester("XRP", "004", order_expire_time_delta_mins=20, tob_offset_ticks=50),
    ]


def stops() -> list[ExecTester]:
    """Keeps one pair of each conditional order near the market, so that some trigger and some are cancelled."""
    return [
        _stops("BTC", "011", OrderType.STOP_MARKET, stop_offset_ticks=60),
        _stops("ETH", "012", OrderType.STOP_LIMIT, stop_offset_ticks=30, stop_limit_offset_ticks=20),
        _stops("BNB", "013", OrderType.MARKET_IF_TOUCHED, stop_offset_ticks=10, stop_trigger_type="MARK_PRICE"),
        _stops("XRP", "014", OrderType.LIMIT_IF_TOUCHED, stop_offset_ticks=2, stop_limit_offset_ticks=1),
        _stops("DOGE", "015", OrderType.TRAILING_STOP_MARKET, stop_offset_ticks=1, trailing_offset=Decimal(10)),
    ]


def brackets() -> list[ExecTester]:
    """Keeps brackets, whose contingencies upstream works out itself: the venue is sent what is released."""
    return [
        _tester("BTC", "021", enable_brackets=True, emulation_trigger="BID_ASK", tob_offset_ticks=20),
        _stops(
            "ETH",
            "022",
            OrderType.STOP_MARKET,
            stop_offset_ticks=2000,
            cancel_replace_stop_orders_to_maintain_offset=True,
        ),
    ]


def data() -> list[Actor]:
    """Subscribes to and asks for all data that the adapter has, of two instruments."""
    instruments = [INSTRUMENTS["BTC"], INSTRUMENTS["XRP"]]
    config = DataTesterConfig(
        instrument_ids=instruments,
        bar_types=[BarType.from_str(f"{instrument}-1-MINUTE-LAST-EXTERNAL") for instrument in instruments],
        subscribe_book_deltas=True,
        subscribe_quotes=True,
        subscribe_trades=True,
        subscribe_mark_prices=True,
        subscribe_bars=True,
        subscribe_instrument=True,
        request_book_snapshot=True,
        request_trades=True,
        request_bars=True,
        book_type=BookType.L2_MBP,
        book_depth=100,
        manage_book=True,
        # The adapter can neither give up mark prices nor be asked for instruments.
        can_unsubscribe=False,
        log_data=True,
    )
    return [DataTester(config)]


TESTERS: dict[str, Callable[[], list[Any]]] = {"limits": limits, "stops": stops, "brackets": brackets}
"""Scenario name to the strategies that run together in one node, each with an instrument of its own."""
