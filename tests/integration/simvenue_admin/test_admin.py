"""The admin API and the simvenue command that speaks it."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.simvenue_admin.process import Simvenue


def test_state(shared: Simvenue) -> None:
    """State shows a market with both sides and every account, numbers as strings."""
    status, state = shared.call("GET", "/admin/v1/state")
    assert status == 200
    assert [instrument["symbol"] for instrument in state["instruments"]] == ["BTCUSDT", "ETHUSDT"]
    assert Decimal(state["instruments"][0]["bid"]) < Decimal(state["instruments"][0]["ask"])
    assert [(a["name"], Decimal(a["balances"]["USDT"])) for a in state["accounts"]] == [
        ("node", Decimal(100_000)),
        ("other", Decimal(1_000_000_000)),
    ]


def test_ledger_of_a_traded_account(simvenue: Simvenue) -> None:
    """A market order shows as order, fill, position and balance that agree with each other."""
    _, order = simvenue.order(account="node", side="BUY", type="MARKET", quantity="0.01", client_order_id="mine")
    ledger = simvenue.ledger("node")
    (shown,), fills, (position,) = ledger["orders"], ledger["fills"], ledger["positions"]
    assert shown == order
    assert (order["status"], order["filled"], order["client_order_id"]) == ("FILLED", "0.010", "mine")
    assert sum(Decimal(fill["quantity"]) for fill in fills) == Decimal("0.010")
    assert {fill["client_order_id"] for fill in fills} == {"mine"}
    assert (position["symbol"], position["quantity"]) == ("BTCUSDT", "0.010")
    paid = sum(Decimal(fill["commission"]) for fill in fills)
    assert Decimal(ledger["balances"]["USDT"]) == 100_000 - paid


def test_somebody_else_trades_with_the_node(simvenue: Simvenue) -> None:
    """An order of the other account fills the node's resting order."""
    _, state = simvenue.call("GET", "/admin/v1/state")
    price = Decimal(state["instruments"][0]["bid"]) * Decimal("0.999")
    _, mine = simvenue.order(
        account="node", side="BUY", quantity="0.01", price=str(price.quantize(Decimal("0.1"))), time_in_force="GTX"
    )
    _, other = simvenue.order(account="other", side="SELL", type="MARKET", quantity="20")
    (fill,) = simvenue.ledger("node")["fills"]
    assert (fill["order_id"], fill["is_maker"]) == (mine["order_id"], True)
    assert Decimal(other["filled"]) > 0


def test_cancel_from_the_web(simvenue: Simvenue) -> None:
    """An open order of any account can be canceled by its id, once."""
    _, order = simvenue.order(account="node", side="BUY", quantity="0.01", price="58000")
    path = f"/admin/v1/orders/{order['order_id']}"
    assert simvenue.call("DELETE", path) == (200, {**order, "status": "CANCELED", "updated_ms": _any_int()})
    status, refused = simvenue.call("DELETE", path)
    assert (status, refused["error"]["reason"]) == (404, "UNKNOWN_ORDER")


class _any_int:  # noqa: N801 - stands for a value in a comparison
    def __eq__(self, other: object) -> bool:
        return isinstance(other, int)

    def __hash__(self) -> int:
        return 0


def test_shift_moves_the_market(simvenue: Simvenue) -> None:
    """A shift moves the price at once and for good."""
    before = Decimal(simvenue.call("GET", "/admin/v1/state")[1]["instruments"][1]["mark_price"])
    status, moved = simvenue.call("POST", "/admin/v1/market/shift", {"symbol": "ETHUSDT", "percent": "10"})
    assert status == 200
    assert Decimal("1.09") < Decimal(moved["mark_price"]) / before < Decimal("1.11")
    time.sleep(0.5)
    after = Decimal(simvenue.call("GET", "/admin/v1/state")[1]["instruments"][1]["mark_price"])
    assert Decimal("1.09") < after / before < Decimal("1.11")


def test_a_paused_market_stands_still_until_resumed(simvenue: Simvenue) -> None:
    """While paused nothing changes but by customers; resumed, the market goes on."""

    def place() -> list[object]:
        instruments = simvenue.call("GET", "/admin/v1/state")[1]["instruments"]
        return [(one["symbol"], one["mark_price"], one["step"]) for one in instruments]

    assert simvenue.run("market", "pause").returncode == 0
    paused = place()
    time.sleep(1)
    assert place() == paused
    assert simvenue.order(account="node", side="BUY", quantity="0.01", price="58000")[0] == 200
    assert simvenue.run("market", "resume").returncode == 0
    time.sleep(1)
    assert place() != paused


@pytest.mark.parametrize(
    ("request_line", "body", "status", "reason", "detail"),
    [
        ("GET /admin/v1/ledger", None, 400, "INVALID_REQUEST", "give ?account= one of node, other"),
        ("GET /admin/v1/ledger?account=x", None, 404, "UNKNOWN_ACCOUNT", "not one of node, other"),
        ("GET /admin/v2", None, 404, "NOT_FOUND", "/admin/v2"),
        ("PUT /admin/v1/state", None, 405, "METHOD_NOT_ALLOWED", "/admin/v1/state"),
        ("POST /admin/v1/orders", [], 400, "INVALID_REQUEST", "body"),
        ("POST /admin/v1/orders", {"sde": "BUY"}, 400, "INVALID_REQUEST", "sde: Extra inputs"),
        ("POST /admin/v1/market/shift", {"symbol": "X", "percent": "1"}, 404, "UNKNOWN_SYMBOL", "X"),
        ("POST /admin/v1/market/shift", {"symbol": "BTCUSDT", "percent": "-100"}, 400, "INVALID_REQUEST", "percent"),
        ("POST /admin/v1/market/shift", {"symbol": "BTCUSDT", "percent": "-99.9"}, 409, "PRICE_RANGE", "556.80"),
        ("DELETE /admin/v1/orders/999999", None, 404, "UNKNOWN_ORDER", "999999"),
    ],
)
def test_wrong_requests(  # noqa: PLR0917 - one parameter a column
    shared: Simvenue, request_line: str, body: object, status: int, reason: str, detail: str
) -> None:
    """A wrong request gets its status, a reason for programs and a detail for people."""
    method, path = request_line.split()
    answered, document = shared.call(method, path, body)
    assert (answered, document["error"]["reason"]) == (status, reason)
    assert detail in document["error"]["detail"]


def test_refused_order_says_why(shared: Simvenue) -> None:
    """An order the exchange refuses answers 409 with the exchange's reason."""
    status, document = shared.order(account="node", side="BUY", quantity="0.01", price="60000.05")
    assert (status, document["error"]["reason"]) == (409, "PRICE_TICK")


def test_command_line(simvenue: Simvenue) -> None:
    """The command places, cancels, shifts and shows, as JSON and as tables."""
    options = ("--symbol", "BTCUSDT", "--side", "buy", "--quantity", "0.01", "--price", "58000", "--account", "node")
    placed = simvenue.run("orders", "place", *options, "--json")
    assert placed.returncode == 0, placed.stderr
    order = json.loads(placed.stdout)
    canceled = simvenue.run("orders", "cancel", str(order["order_id"]), "--json")
    assert json.loads(canceled.stdout)["status"] == "CANCELED"
    shifted = simvenue.run("market", "shift", "--symbol", "BTCUSDT", "--percent", "-2", "--json")
    assert Decimal(json.loads(shifted.stdout)["mark_price"]) < 59_500
    assert json.loads(simvenue.run("ledger", "--json").stdout) == simvenue.ledger("node")
    assert order["client_order_id"] in simvenue.run("ledger").stdout
    assert "BTCUSDT" in simvenue.run("state").stdout


def test_command_line_failures(simvenue: Simvenue) -> None:
    """A refusal is exit 1 with its reason; nobody at the address is exit 69 with the fix; neither is a traceback."""
    refused = simvenue.run("ledger", "--account", "nobody")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "UNKNOWN_ACCOUNT: account nobody is not one of node, other" in refused.stderr
    simvenue.end()
    absent = simvenue.run("state")
    assert absent.returncode == 69
    assert "start it or give --admin-url" in absent.stderr
    assert "Traceback" not in refused.stderr + absent.stderr
