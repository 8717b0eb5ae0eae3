"""How often one may call: limits by account and endpoint with their headers, and by address."""

from __future__ import annotations

import json

import pytest

from simvenue.venues.bybit import VenueOptions
from simvenue.venues.bybit.limits import OTHERS_PER_SECOND, PER_SECOND, Limits
from tests.unit.bybit.client import KEY, LINEAR, Client


@pytest.fixture
def options() -> VenueOptions:
    """Three cancels a second, twenty requests an address."""
    return VenueOptions(rate_limits={"/v5/order/cancel": 3, "/v5/order/cancel-batch": 3}, address_requests=20)


def test_windows_of_a_second() -> None:
    """What is used up is free again in the next second; a refused call uses nothing; accounts do not share."""
    limits = Limits({"/p": 2}, 100)
    assert [limits.take("a", "/p", 10_000)[1] for _ in range(3)] == [True, True, False]
    assert limits.take("b", "/p", 10_999)[1] is True
    quota, allowed = limits.take("a", "/p", 11_000, cost=2)
    assert allowed
    assert (quota.limit, quota.left, quota.resets_ms) == (2, 0, 12_000)
    assert limits.take("a", "/q", 11_000)[0].limit == OTHERS_PER_SECOND
    assert PER_SECOND["/v5/order/amend"] == 10


async def test_an_account_that_calls_too_often(venue: Client) -> None:
    """The fourth cancel of a second is 10006, with headers that say when to come back; the next second it is not."""
    while venue.clock() % 1000 > 300:  # not over the edge of a second
        venue.clock.offset_ms += 10
    body = json.dumps({**LINEAR, "orderLinkId": "none"}).encode()
    codes, left = [], []
    for _ in range(4):
        _, reply, headers = await venue.send("POST", "/v5/order/cancel", data=body, headers=venue.headers(body))
        codes.append(reply["retCode"])
        left.append(headers["X-Bapi-Limit-Status"])
    assert codes == [110001, 110001, 110001, 10006]
    assert left == ["2", "1", "0", "0"]
    assert headers["X-Bapi-Limit"] == "3"
    assert 0 < int(headers["X-Bapi-Limit-Reset-Timestamp"]) - venue.clock() <= 1000
    venue.clock.offset_ms += 1000
    _, reply, _ = await venue.send("POST", "/v5/order/cancel", data=body, headers=venue.headers(body))
    assert reply["retCode"] == 110001


async def test_batches_count_their_orders(venue: Client) -> None:
    """A batch of four is over a limit of three, over REST and over the trade socket alike."""
    rows = [{"symbol": "BTCUSDT", "orderLinkId": str(number)} for number in range(4)]
    assert await venue.refused("POST", "order/cancel-batch", category="linear", request=rows) == 10006
    socket = await venue.socket("trade", key=KEY)
    frame = {
        "reqId": "1",
        "op": "order.cancel-batch",
        "header": {"X-BAPI-TIMESTAMP": str(venue.clock())},
        "args": [{"category": "linear", "request": rows}],
    }
    reply = await socket.ask(frame)
    assert (reply["retCode"], reply["header"]["X-Bapi-Limit"]) == (10006, "3")


async def test_an_address_that_calls_too_often(venue: Client) -> None:
    """After its requests of five seconds an address gets HTTP 403, also for public endpoints."""
    answers = [await venue.send("GET", "/v5/market/time") for _ in range(41)]
    assert answers[0][0] == 200
    assert (403, 403) in {(status, reply["retCode"]) for status, reply, _ in answers}
