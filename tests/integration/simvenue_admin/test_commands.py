"""What the commands about markets and accounts do, seen in the ledger and the state."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.integration.simvenue_admin.process import Simvenue


@pytest.fixture(scope="module")
def simvenue(shared: Simvenue) -> Simvenue:
    """One simvenue for this module; each test leaves the markets open and quiet."""
    return shared


def _json(simvenue: Simvenue, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    result = simvenue.run(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def _market(simvenue: Simvenue, symbol: str) -> Any:  # noqa: ANN401 - JSON
    instruments = simvenue.call("GET", "/admin/v1/state")[1]["instruments"]
    return next(one for one in instruments if one["symbol"] == symbol)


def _spread(simvenue: Simvenue, symbol: str) -> Decimal:
    market = _market(simvenue, symbol)
    return Decimal(market["ask"]) - Decimal(market["bid"])


def test_a_halted_market_takes_cancels_only(simvenue: Simvenue) -> None:
    """Halted, a market refuses orders and takes cancels; reopened, it takes orders again."""
    order = simvenue.order(account="node", side="BUY", quantity="0.01", price="58000")[1]
    assert _json(simvenue, "market", "halt", "--symbol", "BTCUSDT")["halted"] is True
    status, refused = simvenue.order(account="node", side="BUY", quantity="0.01", price="58000")
    assert (status, refused["error"]["reason"]) == (409, "MARKET_CLOSED")
    assert _market(simvenue, "BTCUSDT")["halted"] is True
    assert _json(simvenue, "orders", "cancel", str(order["order_id"]))["status"] == "CANCELED"
    assert _json(simvenue, "market", "reopen", "--symbol", "BTCUSDT")["halted"] is False
    order = simvenue.order(account="node", side="BUY", quantity="0.01", price="58000")[1]
    assert simvenue.call("DELETE", f"/admin/v1/orders/{order['order_id']}")[0] == 200


def test_a_widened_spread_comes_back(simvenue: Simvenue) -> None:
    """A spread is as many times as wide as asked, says so in the state, and is as before after its time."""
    # Standing still, nobody takes quotes away between two looks.
    assert simvenue.run("market", "pause").returncode == 0
    try:
        before = _spread(simvenue, "ETHUSDT")
        # Time enough for another process to start and look, also on a busy machine.
        widened = _json(simvenue, "market", "spread", "--symbol", "ETHUSDT", "--factor", "50", "--seconds", "10")
        assert widened["shocks"] == ["widened"]
        assert _spread(simvenue, "ETHUSDT") > 20 * before
        deadline = time.monotonic() + 60
        while _market(simvenue, "ETHUSDT")["shocks"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert _spread(simvenue, "ETHUSDT") < 3 * before
    finally:
        simvenue.run("market", "resume")


def test_a_gap_is_a_shift(simvenue: Simvenue) -> None:
    """`market gap` moves the price by the percentage in one step."""
    before = Decimal(_market(simvenue, "ETHUSDT")["mark_price"])
    moved = _json(simvenue, "market", "gap", "--symbol", "ETHUSDT", "--percent", "-5")
    assert Decimal("0.94") < Decimal(moved["mark_price"]) / before < Decimal("0.96")


def test_pace(simvenue: Simvenue) -> None:
    """The markets move as many times as fast as asked: their steps tell."""

    def steps() -> int:
        begun = _market(simvenue, "BTCUSDT")["step"]
        time.sleep(1)
        return int(_market(simvenue, "BTCUSDT")["step"]) - int(begun)

    usual = steps()
    assert _json(simvenue, "market", "speed", "10")["speed"] == {"binance_futures": 10.0}
    assert steps() > 3 * usual
    simvenue.run("market", "speed", "1")
    refused = simvenue.run("market", "speed", "100000")
    assert refused.returncode == 1
    assert "is not above 0 and at most 1000" in refused.stderr


def test_funding_and_liquidation(simvenue: Simvenue) -> None:
    """Funding is booked on the open position and in the ledger; a liquidation closes the position and its orders."""
    simvenue.order(account="node", side="BUY", type="MARKET", quantity="0.02")
    simvenue.order(account="node", side="BUY", quantity="0.01", price="58000", client_order_id="will-go")
    (payment,) = _json(simvenue, "fund", "--symbol", "BTCUSDT", "--rate", "0.001")["payments"]
    assert payment["account"] == "node"
    expected = -Decimal("0.02") * Decimal(payment["mark_price"]) * Decimal("0.001")
    assert Decimal(payment["amount"]) == pytest.approx(expected)
    assert simvenue.ledger("node")["funding"] == [payment]
    listed = _json(simvenue, "orders", "list", "--account", "node")["orders"]
    assert [order["client_order_id"] for order in listed] == ["will-go"]
    closed = _json(simvenue, "liquidate", "--account", "node", "--symbol", "BTCUSDT")["orders"]
    assert [(order["side"], order["reduce_only"]) for order in closed] == [("SELL", True)]
    ledger = simvenue.ledger("node")
    assert [Decimal(position["quantity"]) for position in ledger["positions"]] == [0]
    assert _json(simvenue, "orders", "list", "--account", "node") == {"venue": "binance_futures", "orders": []}
    again = simvenue.run("liquidate", "--account", "node", "--symbol", "BTCUSDT")
    assert (again.returncode, again.stdout) == (1, "")
    assert simvenue.run("audit").returncode == 0


def test_a_conditional_order(simvenue: Simvenue) -> None:
    """An order with a trigger waits untriggered, looks the same in answer and ledger, and can be canceled."""
    trigger = {"kind": "STOP", "rises": True, "price": "70000"}
    status, order = simvenue.order(account="other", side="BUY", type="MARKET", quantity="0.01", trigger=trigger)
    assert (status, order["status"]) == (200, "UNTRIGGERED")
    assert {name: order["trigger"][name] for name in trigger} == {**trigger, "price": "70000.00"}
    (listed,) = [one for one in simvenue.ledger("other")["orders"] if one["order_id"] == order["order_id"]]
    assert listed == order
    assert simvenue.call("DELETE", f"/admin/v1/orders/{order['order_id']}")[1]["status"] == "CANCELED"


def test_a_position_side_reaches_the_exchange(simvenue: Simvenue) -> None:
    """`orders place` can name the position of an account in hedge mode; one in one-way mode has no such position."""
    options = ("--account", "node", "--symbol", "BTCUSDT", "--side", "buy", "--quantity", "0.01")
    refused = simvenue.run("orders", "place", *options, "--position-side", "long")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "POSITION_SIDE: position side LONG does not fit ONE_WAY mode" in refused.stderr
    assert _json(simvenue, "orders", "place", *options, "--position-side", "both")["status"] == "FILLED"
    assert _json(simvenue, "liquidate", "--account", "node", "--symbol", "BTCUSDT")["orders"]


def test_orders_that_wait_or_expire(simvenue: Simvenue) -> None:
    """`orders place` places stops, trailing orders, GTD orders and orders that close a position, as asked."""
    order = ("orders", "place", "--account", "node", "--symbol", "BTCUSDT", "--side", "sell")
    bought = ("--account", "node", "--symbol", "BTCUSDT", "--side", "buy", "--quantity", "0.01")
    assert _json(simvenue, "orders", "place", *bought)["status"] == "FILLED"
    stop = _json(simvenue, *order, "--close-position", "--trigger", "stop", "--trigger-price", "30000")
    assert (stop["status"], stop["close_position"]) == ("UNTRIGGERED", True)
    assert (stop["trigger"]["kind"], stop["trigger"]["rises"], stop["trigger"]["price"]) == ("STOP", False, "30000.00")
    rate = ("--callback-rate", "0.05", "--activation-price", "90000", "--trigger-source", "mark")
    trailing = _json(simvenue, *order, "--quantity", "0.01", "--trigger", "trailing", *rate)
    told = {name: trailing["trigger"][name] for name in ("kind", "source", "rises", "activation_price")}
    assert told == {"kind": "TRAILING", "source": "MARK", "rises": False, "activation_price": "90000.00"}
    assert Decimal(trailing["trigger"]["callback_rate"]) == Decimal("0.05")
    expires = int(time.time() * 1000) + 600_000
    until = ("--time-in-force", "gtd", "--expires-ms", str(expires))
    dated = _json(simvenue, *order, "--quantity", "0.01", "--price", "65000", *until)
    assert (dated["time_in_force"], dated["expires_ms"]) == ("GTD", expires)
    # Closes what the stop would have closed, and cancels all that waits.
    assert _json(simvenue, "liquidate", "--account", "node", "--symbol", "BTCUSDT")["orders"]


@pytest.mark.parametrize(
    ("options", "problems"),
    [
        ((), ["exactly one of --quantity, --quote-quantity and --close-position"]),
        (("--quantity", "1", "--close-position"), ["exactly one of"]),
        (("--quote-quantity", "100", "--price", "60000"), ["--quote-quantity is for market orders"]),
        (("--quantity", "1", "--time-in-force", "GTD"), ["GTD and --expires-ms go together"]),
        (("--expires-ms", "5"), ["exactly one of", "GTD and --expires-ms go together"]),
        (("--quantity", "1", "--falls"), ["need --trigger STOP, TAKE_PROFIT or TRAILING"]),
        (("--quantity", "1", "--trigger", "later"), ["--trigger LATER is unknown"]),
        (("--quantity", "1", "--trigger", "stop"), ["--trigger STOP needs --trigger-price"]),
        (("--quantity", "1", "--trigger", "trailing"), ["needs either --callback-rate or --callback-offset"]),
    ],
)
def test_options_that_contradict_each_other(simvenue: Simvenue, options: tuple[str, ...], problems: list[str]) -> None:
    """All problems of the options are told at once, naming them, and no order is placed."""
    before = len(simvenue.ledger("other")["orders"])
    refused = simvenue.run("orders", "place", "--symbol", "BTCUSDT", "--side", "buy", *options)
    assert (refused.returncode, refused.stdout) == (2, "")
    told = refused.stderr.splitlines()
    assert len(told) == len(problems)
    assert all(problem in line for problem, line in zip(problems, told, strict=True))
    assert len(simvenue.ledger("other")["orders"]) == before


def test_an_amount_of_quote_currency_reaches_the_exchange(simvenue: Simvenue) -> None:
    """`--quote-quantity` is for spot markets: the exchange of a contract refuses it by its own rule."""
    options = ("--symbol", "BTCUSDT", "--side", "buy", "--quote-quantity", "100")
    refused = simvenue.run("orders", "place", *options)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "quote" in refused.stderr
