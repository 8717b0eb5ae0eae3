"""Upstream's own testers of adapters run their full sequence on Bybit's linear and spot markets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.venue_bybit.conforming import run_node
from tests.integration.venue_bybit.world import bybit_venue
from tests.support.ledger import differences

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.node.world import Venue

QUOTING: dict[str, Any] = {
    "order_qty": "0.020",
    "open_position_on_start_qty": "0.050",
    "tob_offset_ticks": 100,
    "modify_orders_to_maintain_tob_offset": True,
    "use_post_only": True,
    "enable_stop_buys": True,
    "enable_stop_sells": True,
    "stop_offset_ticks": 3000,
    "use_batch_cancel_on_stop": True,
}
REPLACING: dict[str, Any] = {
    "order_qty": "0.020",
    "open_position_on_start_qty": "-0.050",
    "tob_offset_ticks": 100,
    "cancel_replace_orders_to_maintain_tob_offset": True,
    "enable_stop_buys": True,
    "enable_stop_sells": True,
    "stop_order_type": "STOP_LIMIT",
    "stop_offset_ticks": 3000,
    "stop_limit_offset_ticks": 50,
    "cancel_replace_stop_orders_to_maintain_offset": True,
    "use_individual_cancels_on_stop": True,
}
# Spot has nothing to reduce, and a tick there is a tenth of linear's.
IN_SPOT = {"reduce_only_on_stop": False, "tob_offset_ticks": 1000, "stop_offset_ticks": 30_000}
# The bare adapter drops an acceptance that reaches it before its own note of the submission (`early_pushes` of
# noderun/engine/guards), and asks two seconds later; a node that is stopped meanwhile never does.
UNNOTICED = re.compile(r"SUBMITTED at the node, (UNTRIGGERED|NEW) at the venue$")
# The market may fill an order while its amend or cancel is on the way; the venue then truthfully says so.
RACES = ("order not exists or too late to cancel", "Order does not exist.", "remains unchanged")
DATA = {
    "LINEAR": {
        "OrderBookDeltas",
        "QuoteTick",
        "TradeTick",
        "MarkPriceUpdate",
        "IndexPriceUpdate",
        "FundingRateUpdate",
    },
    "SPOT": {"OrderBookDeltas", "QuoteTick", "TradeTick"},
}


def run_and_judge(venue: Venue, directory: Path, product: str, tester: dict[str, Any]) -> None:
    """Runs both testers and compares what they saw and did with what there was and with the ledger."""
    if product == "SPOT":
        tester = {**tester, **IN_SPOT}
    run = run_node(venue, directory, product, seconds=9, tester=tester)
    assert DATA[product] <= set(run.report["seen"]), run.report["seen"]
    ledger = venue.ledger()
    assert [line for line in differences(run.report, ledger) if not UNNOTICED.search(line)] == []
    assert len(ledger["fills"]) >= 2, run.log[-3000:]
    assert [line for line in run.errors if not any(text in line for text in RACES)] == []
    assert run.exit_code == 0
    kinds = {order["type"] for order in run.report["orders"]}
    assert {"MARKET", "LIMIT", tester.get("stop_order_type", "STOP_MARKET")} <= kinds


@pytest.mark.slow
@pytest.mark.parametrize("product", ["LINEAR", "SPOT"])
def test_testers_receive_everything_and_agree_with_the_ledger(venue: Venue, tmp_path: Path, product: str) -> None:
    """All data arrive; it opens, quotes, amends, waits with stops, cancels in a batch and closes; ledger is equal."""
    run_and_judge(venue, tmp_path, product, QUOTING)


@pytest.mark.nightly
@pytest.mark.parametrize("product", ["LINEAR", "SPOT"])
def test_tester_that_replaces_its_orders_agrees_with_the_ledger(tmp_path: Path, product: str) -> None:
    """The same with stop-limits, orders that are replaced instead of amended, and single cancels."""
    # It replaces four orders at each quote: in a fast market more than the venue takes in a second.
    venue = bybit_venue(tmp_path / "venue", speed=0.25)
    try:
        run_and_judge(venue, tmp_path, product, REPLACING)
    finally:
        venue.stop()


@pytest.mark.nightly
def test_tester_in_hedge_mode_agrees_with_the_ledger(venue: Venue, tmp_path: Path) -> None:
    """With two positions per contract every order says which it is for, and the ledger is equal."""
    tester = {"order_qty": "0.020", "open_position_on_start_qty": "0.050", "tob_offset_ticks": 100}
    run = run_node(venue, tmp_path, "LINEAR", seconds=7, tester=tester, hedge=True)
    ledger = venue.ledger()
    assert {position["position_side"] for position in ledger["positions"]} <= {"LONG", "SHORT"}
    assert [line for line in run.errors if not any(text in line for text in RACES)] == []
    assert differences(run.report, ledger) == []
