"""Faults that meet nothing change nothing, whatever a client sends: looking at a request is not a risk to the venue."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.integration.faults.rig import KEY, events
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.faults.rig import Rig

HEADERS = f"Host: x\r\nX-MBX-APIKEY: {KEY}\r\nX-BAPI-API-KEY: {KEY}\r\nConnection: close\r\n"


def _with_body(target: str, body: bytes, headers: str = "", method: str = "POST") -> bytes:
    head = f"{method} {target} HTTP/1.1\r\n{HEADERS}{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _requests(path: str) -> dict[str, bytes]:
    nested = b"[" * 30_000
    chunk = b"5\r\nhello\r\n0\r\n\r\n"
    return {
        "nothing": _with_body(path, b""),
        "not ascii": _with_body(path, "symbol=Ω&side=買".encode()),
        "not utf-8": _with_body(path, b"\xff\xfe\x00symbol"),
        "no object": _with_body(path, b'["symbol"]'),
        "numbers for names": _with_body(path, b'{"symbol":1,"category":[],"side":{"a":1}}'),
        "deep": _with_body(path, nested),
        "long": _with_body(path, b"x" * 300_000),
        "long names": _with_body(path + "?symbol=" + "x" * 4_000, b""),
        "broken escapes": _with_body(path + "?symbol=%zz&side=%ff&listenKey=%00", b""),
        "same name often": _with_body(path + "?" + "symbol=a&" * 500, b""),
        "chunked": f"POST {path} HTTP/1.1\r\n{HEADERS}Transfer-Encoding: chunked\r\n\r\n".encode() + chunk,
        "packed": _with_body(path, gzip.compress(b'{"symbol":"BTCUSDT"}'), "Content-Encoding: gzip\r\n"),
        "packed wrongly": _with_body(path, b"no gzip", "Content-Encoding: gzip\r\n"),
        "no such path": _with_body("/%2e%2e/\u00e4?x", b"", method="DELETE"),
        "half an upgrade": f"GET {path} HTTP/1.1\r\n{HEADERS}Upgrade: websocket\r\n\r\n".encode(),
        "an upgrade of nothing": f"GET /ws/%ff HTTP/1.1\r\n{HEADERS}Upgrade: websocket\r\n\r\n".encode(),
        "a strange method": f"BREW {path} HTTP/1.1\r\n{HEADERS}\r\n".encode(),
    }


async def _answer(rig: Rig, request: bytes) -> str:
    host, port = rig.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    answer = (await asyncio.wait_for(reader.read(), 5 * PATIENCE)).decode("utf-8", "replace")
    writer.close()
    # Times, and counts of what was used, differ from one answer to the next.
    return re.sub(r"(?m)^(Date|X-[\w-]+): .*$|\d{10,}", "", answer)


@pytest.mark.parametrize("name", _requests("/"))
async def test_requests_are_answered_as_without_faults(rig: Rig, name: str, tmp_path: Path) -> None:
    """Status, headers and body are the same with a fault in force that meets nothing, and the log being written."""
    request = _requests(rig.wire.order_path)[name]
    without = await _answer(rig, request)
    rig.inject("http_status", status=500, path="/nowhere", account="nobody", symbol="NOTHING", side="SELL")
    rig.inject("refuse_upgrade", path="/nowhere")
    rig.faults.tally.log_to(tmp_path / "requests.jsonl")
    assert await _answer(rig, request) == without
    rig.faults.tally.close()
    for line in (tmp_path / "requests.jsonl").read_text().splitlines():
        json.loads(line)
    assert rig.wire.code(await rig.wire.place(rig, "a")) == 0


@pytest.mark.parametrize("text", ["", "nonsense", "[" * 10_000, "null", '{"op":1,"method":[],"args":3,"params":"x"}'])
async def test_frames_are_answered_as_without_faults(rig: Rig, text: str) -> None:
    """A socket that takes requests answers nonsense the same, and lives."""
    socket = await rig.wire.trade_socket(rig)
    await socket.send_str(text)
    without = [sorted(message) for message in await events(socket, quiet=0.5)]
    rig.inject("hang", method="WS", path="nothing", account="nobody", symbol="NOTHING")
    rig.inject("drop_event", frames="REPLY", where={"a.b.0": 1})
    await socket.send_str(text)
    assert [sorted(message) for message in await events(socket, len(without))] == without
    await rig.wire.place_by_frame(socket, "a")
    assert len(await events(socket, 1)) == 1
