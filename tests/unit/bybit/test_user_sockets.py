"""The private and the trade socket: logins, what an account is told, and orders sent as frames."""

from __future__ import annotations

from typing import Any

import pytest

from simvenue.exchange.types import Side
from simvenue.venues.bybit import VenueOptions
from simvenue.venues.transport.control import CONTROL
from tests.support.patience import PATIENCE
from tests.unit.bybit.client import KEY, LINEAR, READER, Client, Json

LIMIT = {**LINEAR, "side": "Buy", "orderType": "Limit", "qty": "0.010", "price": "59000"}


def frame(venue: Client, op: str, arguments: object, **header: object) -> dict[str, Any]:
    """Make a request of the trade socket."""
    stamp = {"X-BAPI-TIMESTAMP": str(venue.clock()), "Referer": "anybody"}
    return {"reqId": "id-1", "op": op, "header": {**stamp, **header}, "args": [arguments]}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        None,
        [KEY, 1, "x"],
        [KEY, 9_999_999_999_999, "0" * 64],
        ["nobody", 9_999_999_999_999, "0" * 64],
        [7, "x", None],
        [KEY, True, "x"],
    ],
)
async def test_wrong_logins(venue: Client, arguments: object) -> None:
    """A login that proves nothing is refused in the socket's own form, and nothing can be done after it."""
    private, trade = await venue.socket("private"), await venue.socket("trade")
    reply = await private.ask({"op": "auth", "args": arguments, "req_id": "a"})
    assert (reply["success"], reply["op"], reply["req_id"]) == (False, "auth", "a")
    assert (await private.ask({"op": "subscribe", "args": ["order"]}))["success"] is False
    reply = await trade.ask({"op": "auth", "args": arguments})
    assert reply["retCode"] in {10001, 10002, 10003, 10004}
    assert (await trade.ask(frame(venue, "order.create", LIMIT)))["retCode"] == 20001


async def test_an_account_is_told_each_thing_once(venue: Client) -> None:
    """Two subscriptions and both forms of a topic's name: each event comes once on each, in the venue's envelope."""
    venue.book()
    private = await venue.private("order", "execution", "position", "wallet")
    await private.ask({"op": "subscribe", "args": ["order", "execution", "position", "wallet"]})
    other = await venue.private("order.linear", "execution.spot", "execution.fast")
    order_id = await venue.place(**{**LIMIT, "price": "60010"})
    fast = await other.topic("execution.fast")
    assert (await other.topic("order.linear"))["data"][0]["orderId"] == order_id
    assert fast["data"][0]["orderId"] == order_id
    push = await private.topic("execution")
    assert set(push) == {"id", "topic", "creationTime", "data"}
    assert (await private.topic("position"))["data"][0]["size"] == "0.010"
    await private.ask({"op": "ping", "req_id": "x"})
    kinds = [message["topic"] for message in private.kept]
    assert kinds.count("order") == 2  # new, filled
    assert "execution" not in kinds
    await venue.ok("POST", "order/create", **{**LIMIT, "category": "spot"})
    await other.ask({"op": "ping"})
    assert not [m for m in other.kept if m["topic"] == "execution.spot"]


async def test_other_accounts_hear_nothing(venue: Client) -> None:
    """What somebody else does is told to nobody but him."""
    venue.book()
    private = await venue.private("order", "execution", "wallet")
    venue.take(Side.BUY, "0.010")
    await private.ask({"op": "ping"})
    assert private.kept == []


async def test_private_ping_and_unknown_topics(venue: Client) -> None:
    """The private pong carries the time; a topic that does not exist is named in the refusal."""
    private = await venue.socket("private", key=READER)
    pong = await private.ask({"op": "ping", "req_id": "p"})
    assert (pong["op"], pong["req_id"]) == ("pong", "p")
    assert abs(int(pong["args"][0]) - venue.clock()) < 5000
    reply = await private.ask({"op": "subscribe", "args": ["orders"]})
    assert (reply["success"], reply["ret_msg"]) == (False, "error:handler not found,topic:orders")
    assert (await private.ask({"op": "unsubscribe", "args": ["order"]}))["success"] is True


async def test_orders_by_frame(venue: Client) -> None:
    """Create, amend and cancel answer with the request's id and the order's ids, in the trade socket's envelope."""
    venue.book()
    trade = await venue.socket("trade", key=KEY)
    reply = await trade.ask(frame(venue, "order.create", {**LIMIT, "orderLinkId": "f"}))
    assert set(reply) == {"reqId", "retCode", "retMsg", "op", "data", "retExtInfo", "header", "connId"}
    assert (reply["reqId"], reply["retCode"], reply["op"]) == ("id-1", 0, "order.create")
    ids = reply["data"]
    assert ids["orderLinkId"] == "f"
    reply = await trade.ask(frame(venue, "order.amend", {**LINEAR, **ids, "price": "59100"}))
    assert (reply["retCode"], reply["data"]) == (0, ids)
    reply = await trade.ask(frame(venue, "order.cancel", {**LINEAR, "orderLinkId": "f"}))
    assert (reply["retCode"], reply["data"]) == (0, ids)
    reply = await trade.ask(frame(venue, "order.cancel", {**LINEAR, "orderLinkId": "f"}))
    assert (reply["retCode"], reply["data"]) == (110001, {"orderLinkId": "f"})


async def test_batches_by_frame(venue: Client) -> None:
    """Outcomes of a batch stand beside its list, one for each order."""
    trade = await venue.socket("trade", key=KEY)
    rows = [{k: v for k, v in LIMIT.items() if k != "category"}, {"symbol": "NONE"}]
    reply = await trade.ask(frame(venue, "order.create-batch", {"category": "linear", "request": rows}))
    assert reply["retCode"] == 0
    assert [row["code"] for row in reply["retExtInfo"]["list"]] == [0, 10001]
    assert len(reply["data"]["list"]) == 2


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda v: frame(v, "order.create", LIMIT, **{"X-BAPI-TIMESTAMP": str(v.clock() - 6000)}), 10002),
        (lambda v: frame(v, "order.create", LIMIT, **{"X-BAPI-TIMESTAMP": v.clock(), "X-BAPI-RECV-WINDOW": 800}), 0),
        (lambda v: {**frame(v, "order.create", LIMIT), "header": None}, 10001),
        (lambda v: frame(v, "order.create", []), 10001),
        (lambda v: {**frame(v, "order.create", LIMIT), "args": [LIMIT, LIMIT]}, 10001),
        (lambda v: frame(v, "order.place", LIMIT), 10404),
        (lambda v: frame(v, "position.list", LIMIT), 10404),
        (lambda _: "not json", 10404),
        (lambda _: [], 10404),
    ],
)
async def test_wrong_frames(venue: Client, make: Any, code: int) -> None:  # noqa: ANN401 - a function of the venue
    """An old timestamp, arguments of another form and unknown ops are refused, and the socket goes on."""
    trade = await venue.socket("trade", key=KEY)
    sent: Json = make(venue)
    assert (await trade.ask(sent))["retCode"] == code
    pong = await trade.ask({"op": "ping"})
    assert (pong["retCode"], pong["op"]) == (0, "pong")


async def test_a_key_that_may_only_read_cannot_trade(venue: Client) -> None:
    """It may log in, and is told 10005."""
    trade = await venue.socket("trade", key=READER)
    assert (await trade.ask(frame(venue, "order.create", LIMIT)))["retCode"] == 10005


async def test_control_ends_private_sockets(venue: Client) -> None:
    """The venue's private sockets can be ended from behind, of one account or of all; others stay."""
    private, public = await venue.private("order"), await venue.socket("public/linear")
    # aiohttp forgets to release the connection of a socket that was reset, and warns about that later.
    connection = private.raw._response.connection
    assert connection is not None
    control = venue.app[CONTROL]
    assert len(control.connections()) == 2
    assert control.expire_user_streams("somebody") == 0
    assert control.expire_user_streams("node") == 1
    assert (await private.raw.receive(timeout=3 * PATIENCE)).type.name in {"CLOSED", "CLOSE", "ERROR"}
    assert (await public.ask({"op": "ping"}))["success"] is True
    await public.raw.close()
    connection.close()


class TestIdle:
    """Sockets whose client says nothing."""

    @pytest.fixture
    def options(self) -> VenueOptions:
        """Half a second of silence is too long."""
        return VenueOptions(idle_seconds=0.5)

    async def test_are_closed(self, venue: Client) -> None:
        """A client that neither pings nor asks is disconnected."""
        socket = await venue.socket("private", key=KEY)
        assert (await socket.raw.receive(timeout=3 * PATIENCE)).type.name in {"CLOSED", "CLOSE"}
        await socket.raw.close()
