"""Whatever is sent to whichever venue, by request or frame, it answers in its own form and goes on."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simvenue.venues.catalogue import VENUES
from tests.support.cases import cases
from tests.unit.simvenue_fuzz.words import calls, frames

if TYPE_CHECKING:
    from tests.unit.simvenue_fuzz.conftest import Rig
    from tests.unit.simvenue_fuzz.rig import Target

_SOCKETS = {"binance_futures": 5, "binance_spot": 3, "bybit": 3}
"""At least so many kinds of socket must have been found, or the search for them is broken."""
_PACKED = {"Content-Encoding": "gzip", "Connection": "close"}
_DEFECTS = ('"code":-1000,', '"retCode":10016,', '"retCode":10019,')


@pytest.mark.parametrize("venue", VENUES)
def test_routes_and_sockets_are_found(rig: Rig, venue: str) -> None:
    """The applications tell what they serve: dozens of endpoints and every kind of socket."""
    target = rig[1][venue]
    assert len(target.routes) > 30
    assert len(target.sockets) >= _SOCKETS[venue]


@pytest.mark.parametrize("venue", VENUES)
def test_every_route_refuses_in_the_venues_form(rig: Rig, venue: str) -> None:
    """Bare, unsigned, wrongly signed and stale: each endpoint answers each with data or a refusal of the venue."""
    runner, venues = rig
    target = venues[venue]

    async def ask() -> None:
        for method, path in target.routes:
            for answer in (
                await target.send(method, path),
                await target.signed(method, path, {"symbol": "BTCUSDT"}, secret="wrong"),
                await target.signed(method, path, {}, age_ms=60_000),
                await target.signed(method, path, {}),
                await target.send(method, path, body=b"\x00\xff" * 50, headers={"Content-Type": "application/json"}),
                await target.send(method, path, body=b"x" * 300_000),
                await target.send(method, path, body=b"not packed", headers=_PACKED),
            ):
                target.check(answer)

    runner.run(ask())


@pytest.mark.parametrize("venue", VENUES)
@given(data=st.data())
@cases(usual=200)
def test_any_signed_request(rig: Rig, venue: str, data: st.DataObject) -> None:
    """A correctly signed request of nearly sensible or senseless content gets data or a refusal, never a defect."""
    runner, venues = rig
    target = venues[venue]
    (method, path), asked = data.draw(calls(target))
    target.check(runner.run(target.signed(method, path, asked)))
    assert target.exchange.failure is None


@pytest.mark.parametrize("venue", VENUES)
@given(data=st.data())
@cases(usual=100)
def test_any_bytes(rig: Rig, venue: str, data: st.DataObject) -> None:
    """Any query, any body, any header value."""
    runner, venues = rig
    target = venues[venue]
    method, path = data.draw(st.sampled_from(target.routes))
    visible = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="#"), max_size=40)
    value = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_categories=["Cc"]), max_size=20)
    names = ["X-MBX-APIKEY", "X-BAPI-API-KEY", "X-BAPI-SIGN", "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW", "Content-Type"]
    headers = data.draw(st.dictionaries(st.sampled_from(names), value.map(str.strip), max_size=6))
    answer = target.send(
        method, path, query=data.draw(visible), body=data.draw(st.binary(max_size=60)), headers=headers
    )
    target.check(runner.run(answer))


@pytest.mark.parametrize("venue", VENUES)
@given(data=st.data())
@cases(usual=100)
def test_any_frame(rig: Rig, venue: str, data: st.DataObject) -> None:
    """Each frame on each kind of socket is answered in JSON, none with a defect, and the connection goes on."""
    runner, venues = rig
    target = venues[venue]
    path, frame = data.draw(st.sampled_from(target.sockets)), data.draw(frames(venue))
    runner.run(_converse(target, path, frame))
    assert target.exchange.failure is None


async def _converse(target: Target, path: str, frame: str) -> None:
    sent = {"id": 987654321, "method": "ping", "op": "ping", "req_id": "987654321", "reqId": "987654321"}
    async with await target.open(path) as socket:
        await socket.send_str(frame.encode("utf-8", "replace").decode())
        await socket.send_json(sent)
        answers: list[str] = []
        # The answer to our own frame comes last; what was asked before may be answered by more than one.
        async with asyncio.timeout(5):
            while not answers or ("987654321" not in answers[-1] and '"pong"' not in answers[-1]):
                message = await socket.receive()
                assert message.type is aiohttp.WSMsgType.TEXT, (path, frame, message, answers)
                answers.append(message.data)
        for answer in answers:
            assert isinstance(json.loads(answer), dict)
            assert not any(defect in answer for defect in _DEFECTS), (path, frame, answer)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: \x00\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
    ],
)
def test_any_bytes_on_the_wire(rig: Rig, venue: str, rubbish: bytes) -> None:
    """What is no HTTP at all ends its own connection only: the venue answers the next caller."""
    runner, venues = rig
    target = venues[venue]

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(target.url.rsplit(":", 1)[1]))
        writer.write(rubbish)
        writer.write_eof()
        async with asyncio.timeout(5):
            await reader.read()
        writer.close()
        time_path = {"binance_futures": "/fapi/v1/time", "binance_spot": "/api/v3/time", "bybit": "/v5/market/time"}
        assert (await target.send("GET", time_path[venue])).status == 200

    runner.run(ask())


@pytest.mark.parametrize("venue", VENUES)
def test_a_caller_that_leaves_in_the_middle_is_no_defect(
    rig: Rig, venue: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that dies with half its body sent is nothing the log calls a failure of ours."""
    runner, venues = rig
    target = venues[venue]
    path = {"binance_futures": "/fapi/v1/order", "binance_spot": "/api/v3/order", "bybit": "/v5/order/create"}[venue]

    async def leave() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", int(target.url.rsplit(":", 1)[1]))
        writer.write(f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nhalf".encode())
        await asyncio.sleep(0.05)
        writer.close()
        await asyncio.sleep(0.05)

    runner.run(leave())
    assert [record.message for record in caplog.records if record.name.startswith("simvenue")] == []
