"""The faults of requests, as a client sees them over HTTP on every venue."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import aiohttp
import pytest

from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.integration.faults.rig import Rig


async def test_http_status_answers_instead_of_the_venue(rig: Rig) -> None:
    """A bare status comes with a proxy's page, the order is not carried out, and the next request is fine."""
    rig.inject("http_status", path=rig.wire.order_path, status=503, count=1, headers={"Retry-After": "7"})
    refused = await rig.wire.place(rig, "a")
    assert (refused.status, refused.headers["Retry-After"]) == (503, "7")
    assert refused.headers["Content-Type"].startswith("text/html")
    assert "503 Service Unavailable" in refused.text
    assert rig.find("a") is None
    assert rig.wire.code(await rig.wire.place(rig, "b")) == 0
    assert rig.find("b") is not None


async def test_http_status_after_execution_hides_an_order(rig: Rig) -> None:
    """The order is in the ledger although its sender was told 502."""
    rig.inject("http_status", path=rig.wire.order_path, status=502, body="bad gateway", when="after")
    refused = await rig.wire.place(rig, "a")
    assert (refused.status, refused.text) == (502, "bad gateway")
    assert rig.find("a") is not None


async def test_rate_limit_speaks_the_venues_own_words(rig: Rig) -> None:
    """Binance says -1003 with 429 and 418 and Retry-After; Bybit 10006, and 403 for a banned address."""
    rig.inject("rate_limit", path=rig.wire.book_path, retry_after=5, count=1)
    slowed = await rig.wire.book(rig)
    rig.inject("rate_limit", path=rig.wire.book_path, retry_after=60, banned=True, count=1)
    banned = await rig.wire.book(rig)
    if rig.wire.name == "bybit":
        assert rig.wire.code(slowed) == 10006
        assert banned.status == 403
    else:
        assert (slowed.status, rig.wire.code(slowed), slowed.headers["Retry-After"]) == (429, -1003, "5")
        assert (banned.status, rig.wire.code(banned), banned.headers["Retry-After"]) == (418, -1003, "60")
    assert (await rig.wire.book(rig)).status == 200


@pytest.mark.parametrize("when", ["before", "after"])
async def test_venue_error_before_and_after_execution(rig: Rig, when: str) -> None:
    """The venue's code comes in its own form; only afterwards is the order in the ledger."""
    rig.inject("venue_error", path=rig.wire.order_path, code=rig.wire.error_code, when=when)
    refused = await rig.wire.place(rig, "a")
    assert rig.wire.code(refused) == rig.wire.error_code
    assert (rig.find("a") is not None) == (when == "after")


async def test_reject_signature_refuses_what_is_signed(rig: Rig) -> None:
    """A right signature is called wrong; public requests are untouched."""
    fault = rig.inject("reject_signature")
    refused = await rig.wire.place(rig, "a")
    assert rig.wire.code(refused) in {-1022, 10004}
    assert (await rig.wire.book(rig)).status == 200
    assert (rig.find("a"), fault.hits) == (None, 1)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_delay_lets_the_answer_wait(rig: Rig, when: str) -> None:
    """The answer comes late by what was asked for and its jitter; the order is done early only with ``after``."""
    rig.inject("delay", path=rig.wire.order_path, ms=1000, jitter_ms=100, when=when)
    begun = time.monotonic()
    placing = asyncio.create_task(rig.wire.place(rig, "a"))
    for _ in range(50):
        await asyncio.sleep(0.01)
        if rig.find("a") is not None:
            break
    assert (rig.find("a") is not None) == (when == "after")
    assert rig.wire.code(await placing) == 0
    assert 1.0 <= time.monotonic() - begun < 2.0 * PATIENCE


async def test_hang_swallows_a_request(rig: Rig) -> None:
    """Nothing comes, nothing is carried out; when the fault is cleared the connection is reset."""
    fault = rig.inject("hang", path=rig.wire.order_path)
    placing = asyncio.create_task(rig.wire.place(rig, "a"))
    done, _ = await asyncio.wait({placing}, timeout=0.2)
    assert not done
    assert [waiting["path"] for waiting in fault.document()["waiting"]] == [rig.wire.order_path]
    rig.faults.clear(fault.number)
    with pytest.raises(aiohttp.ClientConnectionError):
        await placing
    assert rig.find("a") is None


async def test_reset_drops_the_connection_before_execution(rig: Rig) -> None:
    """The client sees its connection reset, and the ledger no order."""
    rig.inject("reset", path=rig.wire.order_path, count=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await rig.wire.place(rig, "a")
    assert rig.find("a") is None


@pytest.mark.parametrize("kind", ["reset", "lose_response"])
async def test_reset_is_a_tcp_reset(rig: Rig, kind: str) -> None:
    """The kernel reports ECONNRESET, not an orderly end, and not a byte of an answer comes."""
    rig.inject(kind, path=rig.wire.book_path)
    host, port = rig.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"GET {rig.wire.book_path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    with pytest.raises(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 2 * PATIENCE)
    writer.close()


async def test_lose_response_executes_and_resets(rig: Rig) -> None:
    """The client sees its connection reset, and the ledger the order."""
    rig.inject("lose_response", path=rig.wire.order_path, count=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await rig.wire.place(rig, "a")
    assert rig.find("a") is not None


async def test_lose_response_executes_and_hangs(rig: Rig) -> None:
    """The client sees nothing, and the ledger the order."""
    rig.inject("lose_response", path=rig.wire.order_path, how="hang")
    placing = asyncio.create_task(rig.wire.place(rig, "a"))
    done, _ = await asyncio.wait({placing}, timeout=0.2)
    assert not done
    assert rig.find("a") is not None
    rig.faults.clear()
    with pytest.raises(aiohttp.ClientConnectionError):
        await placing


async def test_lose_response_executes_and_answers_5xx(rig: Rig) -> None:
    """The client is told 504, and the ledger has the order."""
    rig.inject("lose_response", path=rig.wire.order_path, how="status", status=504)
    assert (await rig.wire.place(rig, "a")).status == 504
    assert rig.find("a") is not None


async def test_truncate_body_breaks_off(rig: Rig) -> None:
    """The headers promise more than comes."""
    rig.inject("truncate_body", path=rig.wire.book_path, keep_bytes=10)
    with pytest.raises(aiohttp.ClientPayloadError):
        await rig.wire.book(rig)


async def test_invalid_json_is_complete_and_no_json(rig: Rig) -> None:
    """HTTP is satisfied; a JSON parser is not."""
    rig.inject("invalid_json", path=rig.wire.book_path)
    reply = await rig.wire.book(rig)
    assert reply.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = reply.json


@pytest.mark.parametrize(("when", "executed"), [("before", False), ("after", True)])
async def test_replace_body_says_something_else(rig: Rig, when: str, *, executed: bool) -> None:
    """The answer is what was asked for; with ``after``, the default, the order was placed all the same."""
    rig.inject("replace_body", path=rig.wire.order_path, json_body={"hello": [1]}, when=when)
    reply = await rig.wire.place(rig, "a")
    assert (reply.status, reply.json) == (200, {"hello": [1]})
    assert (rig.find("a") is not None) == executed


async def test_poison_body_changes_values_in_place(rig: Rig) -> None:
    """One value of a row is set and one taken out; the rest stays as it was."""
    await rig.wire.place(rig, "a", market=True)
    rows = rig.wire.rows(await rig.wire.history(rig))
    prefix = "result.list." if rig.wire.name == "bybit" else ""
    rig.inject(
        "poison_body",
        path=rig.wire.history_path,
        set={f"{prefix}0.orderId": ""},
        remove=[f"{prefix}0.symbol"],
    )
    poisoned = rig.wire.rows(await rig.wire.history(rig))
    expected = {name: value for name, value in rows[0].items() if name != "symbol"} | {"orderId": ""}
    assert poisoned == [expected, *rows[1:]]


async def test_missing_history_hides_what_is_older(rig: Rig) -> None:
    """Rows older than asked for are missing while the ledger has them; younger ones are there."""
    await rig.wire.place(rig, "old", market=True)
    await asyncio.sleep(0.35)
    await rig.wire.place(rig, "new", market=True)
    fault = rig.inject("missing_history", older_than_seconds=0.3)
    assert rig.wire.order_ids(await rig.wire.history(rig)) == ["new"]
    rig.faults.clear(fault.number)
    assert sorted(rig.wire.order_ids(await rig.wire.history(rig))) == ["new", "old"]


async def test_duplicate_rows_repeats_the_end_of_a_page(rig: Rig) -> None:
    """The last row comes twice, as when a page moves while one turns it."""
    for name in ("a", "b"):
        await rig.wire.place(rig, name, market=True)
    found = rig.wire.order_ids(await rig.wire.history(rig))
    rig.inject("duplicate_rows")
    assert rig.wire.order_ids(await rig.wire.history(rig)) == [*found, found[-1]]


async def test_a_fault_meets_what_it_names_only(rig: Rig) -> None:
    """Account, symbol, side, method and path must all fit; each request is counted as seen only then."""
    others = [
        rig.inject("reset", path=rig.wire.order_path, account="somebody"),
        rig.inject("reset", path=rig.wire.order_path, symbol="ETHUSDT"),
        rig.inject("reset", path=rig.wire.order_path, side="SELL"),
        rig.inject("reset", path=rig.wire.order_path, method="DELETE"),
        rig.inject("reset", path="/nowhere/*"),
    ]
    assert rig.wire.code(await rig.wire.place(rig, "a")) == 0
    assert [fault.seen for fault in others] == [0] * 5
    meant = rig.inject(
        "http_status",
        status=500,
        venue=rig.wire.name,
        path=rig.wire.order_path.replace("order", "o*r"),
        account="node",
        symbol=rig.wire.symbol,
        side="BUY",
        method="POST",
    )
    assert (await rig.wire.place(rig, "b")).status == 500
    assert meant.hits == 1


async def test_after_count_and_probability(rig: Rig) -> None:
    """``after`` lets matches pass, ``count`` ends the hits, and a chance of a half hits some and not all."""
    rig.inject("http_status", path=rig.wire.book_path, status=500, after=1, count=2)
    assert [(await rig.wire.book(rig)).status for _ in range(5)] == [200, 500, 500, 200, 200]
    chance = rig.inject("http_status", path=rig.wire.book_path, status=500, probability=0.5)
    statuses = [(await rig.wire.book(rig)).status for _ in range(40)]
    assert 8 <= statuses.count(500) <= 32
    assert chance.hits == statuses.count(500)


async def test_duration_ends_a_fault(rig: Rig) -> None:
    """After its time the fault is over by itself, and is still listed with its hits."""
    fault = rig.inject("http_status", path=rig.wire.book_path, status=500, duration_seconds=0.3)
    assert (await rig.wire.book(rig)).status == 500
    await asyncio.sleep(0.4)
    assert (await rig.wire.book(rig)).status == 200
    assert (fault.state, fault.hits) == ("expired", 1)
