"""The comparison that judges every recovery test must itself see each kind of difference."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.support.ledger import differences

ORDER = "O-20261121-1"


def _pair() -> tuple[dict[str, Any], dict[str, Any]]:
    node: dict[str, Any] = {
        "orders": [
            {"client_order_id": ORDER, "status": "PARTIALLY_FILLED", "quantity": "0.010", "filled_qty": "0.004"},
            {"client_order_id": "O-2", "status": "DENIED", "quantity": "9.000", "filled_qty": "0.000"},
        ],
        "fills": [
            {"trade_id": "7", "client_order_id": ORDER, "side": "BUY", "price": "40000.10", "quantity": "0.004"},
        ],
        "positions": [{"instrument_id": "BTCUSDT-PERP.BINANCE", "quantity": "0.004"}],
    }
    ledger: dict[str, Any] = {
        "orders": [{"client_order_id": ORDER, "status": "PARTIALLY_FILLED", "quantity": "0.010", "filled": "0.004"}],
        "fills": [{"trade_id": 7, "client_order_id": ORDER, "side": "BUY", "price": "40000.1", "quantity": "0.004"}],
        "positions": [{"symbol": "BTCUSDT", "quantity": "0.0040"}],
    }
    return node, ledger


def test_equal_states_have_no_difference() -> None:
    """Equal numbers written with other decimals, and orders denied before they left, are no difference."""
    assert differences(*_pair()) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("node", "fills"), [], "fill 7 lost"),
        (("ledger", "fills"), [], "fill 7 phantom"),
        (("node", "fills", 0, "price"), "40000.2", "price is 40000.2"),
        (("node", "fills", 0, "side"), "SELL", "side is SELL"),
        (("node", "orders", 0, "status"), "CANCELED", "CANCELED at the node, PARTIALLY_FILLED at the venue"),
        (("node", "orders", 0, "filled_qty"), "0.008", "filled is 0.008"),
        (("node", "orders"), [], "open at the venue, unknown to the node"),
        (("ledger", "orders"), [], "unknown to the venue"),
        (("node", "positions", 0, "quantity"), "-0.004", "position BTCUSDT: -0.004"),
        (("node", "positions"), [], "position BTCUSDT: 0 at the node"),
        (("ledger", "positions"), [], "0 at the venue"),
    ],
)
def test_each_kind_of_difference_is_seen(path: tuple[str | int, ...], value: object, expected: str) -> None:
    """A lost, phantom or altered fill, order or position is named."""
    node, ledger = copy.deepcopy(_pair())
    target: Any = {"node": node, "ledger": ledger}
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = value
    assert any(expected in line for line in differences(node, ledger))


@pytest.mark.parametrize(
    ("instrument", "symbol", "written"),
    [
        ("BTCUSDT-LINEAR.BYBIT", "BTCUSDT-LINEAR", "51a70000-0000-4000-9000-000000000007"),
        ("BTCUSDT-SPOT.BYBIT", "BTCUSDT-SPOT", "2000000000000000007"),
        ("BTCUSDT.BINANCE", "BTCUSDT", "7"),
        ("BTCUSDT.BINANCE_SPOT", "BTCUSDT", "7"),
    ],
)
def test_every_venues_names_are_known(instrument: str, symbol: str, written: str) -> None:
    """Instruments and trade ids are compared as the venues write them; spot is held less the fee paid in it."""
    node, ledger = _pair()
    node["fills"][0]["trade_id"] = written
    node["positions"] = [{"instrument_id": instrument, "quantity": "0.003996"}]
    ledger["fills"][0] |= {
        "symbol": symbol,
        "commission": "0.000004",
        "commission_asset": "BTC",
        "quantity": "0.004000",
    }
    ledger["positions"] = []
    assert differences(node, ledger) == []
    node["positions"][0]["quantity"] = "0.003990"
    assert f"position {symbol}: 0.003990" in differences(node, ledger)[0]
    ledger["positions"] = [{"symbol": symbol, "quantity": "0.003990"}]
    assert differences(node, ledger) == []
    node["fills"][0]["trade_id"] = written[:-1] + "8"
    assert any("fill 8 phantom" in line for line in differences(node, ledger))


def test_a_fill_applied_twice_is_seen() -> None:
    """The same trade id twice in the node's fills is a double count."""
    node, ledger = _pair()
    node["fills"] *= 2
    assert "fill 7 applied twice by the node" in differences(node, ledger)
