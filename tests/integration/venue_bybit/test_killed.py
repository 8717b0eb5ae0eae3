"""What a killed venue acknowledged it still does after its next start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pybit.unified_trading import HTTP

from tests.integration.node.world import API_KEY, API_SECRET, eventually

if TYPE_CHECKING:
    from tests.integration.node.world import Venue

LINEAR = {"category": "linear", "symbol": "BTCUSDT"}


def test_attached_stops_survive_a_kill(venue: Venue) -> None:
    """A stop that came with a resting order fires after a kill -9 between the acknowledgement and the first fill."""
    rest = HTTP(api_key=API_KEY, api_secret=API_SECRET)
    rest.endpoint = venue.url
    last = float(_rows(rest.get_tickers(**LINEAR))[0]["lastPrice"])
    price, stop_loss = f"{last * 0.96:.1f}", f"{last * 0.90:.1f}"
    placed = rest.place_order(
        **LINEAR,
        side="Buy",
        orderType="Limit",
        qty="0.010",
        price=price,
        takeProfit=f"{last * 2:.1f}",
        stopLoss=stop_loss,
    )["result"]
    assert venue.process is not None
    venue.process.kill()
    venue.process.wait()
    venue.start()
    (order,) = _rows(rest.get_open_orders(**LINEAR, orderId=placed["orderId"]))
    assert (order["orderStatus"], float(order["stopLoss"])) == ("New", float(stop_loss))
    _move(venue, "-6")
    (held,) = eventually(lambda: _held(rest), what="the order fills")
    assert (held["size"], float(held["stopLoss"])) == ("0.010", float(stop_loss))
    _move(venue, "-8")
    eventually(lambda: not _held(rest), what="the stop fires")
    ends = {(row["stopOrderType"], row["orderStatus"]) for row in _rows(rest.get_order_history(**LINEAR))}
    assert ("StopLoss", "Filled") in ends


def _rows(answer: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - what the client gives is not typed
    rows: list[dict[str, Any]] = answer["result"]["list"]
    return rows


def _held(rest: HTTP) -> list[dict[str, Any]]:
    return [row for row in _rows(rest.get_positions(**LINEAR)) if float(row["size"] or 0)]


def _move(venue: Venue, percent: str) -> None:
    venue.call("POST", "/admin/v1/market/shift", {"symbol": "BTCUSDT-LINEAR", "percent": percent})
