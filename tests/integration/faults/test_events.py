"""The faults of an account's events, as they come on its socket on every venue."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest

from simvenue.exchange.types import OrderStatus
from tests.integration.faults.rig import Rig, ended, events, named
from tests.support.patience import PATIENCE


def _where(document: Any, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    for part in path.split("."):
        document = document[int(part)] if part.isdigit() else document[part]
    return document


def _fills(rig: Rig, messages: list[Any]) -> int:
    ((path, value),) = rig.wire.fill_where.items()
    return sum(str(_where(message, path)) == value for message in messages)


async def test_without_faults_an_order_and_its_fill_are_told(rig: Rig) -> None:
    """What the other tests take away is there."""
    socket = await rig.wire.user_socket(rig)
    await rig.wire.place(rig, "a", market=True)
    assert _fills(rig, await named(rig, socket, 1)) == 1


async def test_drop_event_loses_the_fill(rig: Rig) -> None:
    """The order is filled in the ledger, and no event of it comes."""
    socket = await rig.wire.user_socket(rig)
    fault = rig.inject("drop_event", account="node", symbol=rig.wire.symbol, side="BUY")
    await rig.wire.place(rig, "a", market=True)
    order = rig.find("a")
    assert order is not None
    assert order.status is OrderStatus.FILLED
    assert await named(rig, socket) == []
    assert fault.hits >= 1


async def test_drop_event_can_pick_fills_by_their_content(rig: Rig) -> None:
    """With ``where`` the fill is lost and the rest of the order's story comes."""
    socket = await rig.wire.user_socket(rig)
    fault = rig.inject("drop_event", event=rig.wire.order_event, where=rig.wire.fill_where)
    await rig.wire.place(rig, "a", market=True)
    assert _fills(rig, await named(rig, socket)) == 0
    assert fault.hits == 1
    await rig.wire.place(rig, "b")
    assert len(await named(rig, socket, 1)) == 1


async def test_duplicate_event_comes_again(rig: Rig) -> None:
    """The fill comes three times, byte for byte the same."""
    socket = await rig.wire.user_socket(rig)
    rig.inject("duplicate_event", event=rig.wire.order_event, where=rig.wire.fill_where, copies=2)
    await rig.wire.place(rig, "a", market=True)
    messages = await named(rig, socket, 3)
    assert _fills(rig, messages) == 3
    assert messages[-1] == messages[-2] == messages[-3]


async def test_delay_event_comes_late(rig: Rig) -> None:
    """The event comes after its delay, and later ones overtake it."""
    socket = await rig.wire.user_socket(rig)
    rig.inject("delay_event", event=rig.wire.order_event, ms=300, count=1)
    await rig.wire.place(rig, "first")
    begun = time.monotonic()
    await rig.wire.place(rig, "second")
    messages = await named(rig, socket, 2)
    assert time.monotonic() - begun >= 0.25
    assert ["second" in json.dumps(message) for message in messages] == [True, False]


async def test_reorder_event_lets_the_next_pass(rig: Rig) -> None:
    """Two events change places; with none to follow, the one held back comes by itself. Nothing keeps the socket."""
    socket = await rig.wire.user_socket(rig)
    fault = rig.inject("reorder_event", event=rig.wire.order_event, count=1, patience_ms=60_000)
    await rig.wire.place(rig, "first")
    await rig.wire.place(rig, "second")
    messages = await named(rig, socket, 2)
    assert ["first" in json.dumps(message) for message in messages] == [False, True]
    assert not fault.memory
    rig.faults.clear(fault.number)
    fault = rig.inject("reorder_event", event=rig.wire.order_event, count=1, patience_ms=400)
    await rig.wire.place(rig, "third")
    assert await named(rig, socket) == []
    assert len(await named(rig, socket, 1)) == 1
    assert not fault.memory


async def test_poison_event_changes_values(rig: Rig) -> None:
    """One value is set, one taken out; or the whole frame is no JSON at all."""
    socket = await rig.wire.user_socket(rig)
    holder, _, name = rig.wire.side_field.rpartition(".")
    other = f"{holder}.symbol" if rig.wire.name == "bybit" else f"{holder}.s".lstrip(".")
    rig.inject("poison_event", event=rig.wire.order_event, set={rig.wire.side_field: ""}, remove=[other], count=1)
    await rig.wire.place(rig, "a")
    (message,) = await named(rig, socket, 1)
    order = _where(message, holder) if holder else message
    assert order[name] == ""
    assert other.rpartition(".")[2] not in order
    rig.inject("poison_event", event=rig.wire.order_event, text="{not json")
    await rig.wire.place(rig, "b")
    async with asyncio.timeout(3 * PATIENCE):
        while (await socket.receive()).data != "{not json":
            pass


async def test_cut_at_event_ends_the_socket_at_the_fill(rig: Rig) -> None:
    """The fill is never told: the connection is reset in its place, and the ledger has it."""
    socket = await rig.wire.user_socket(rig)
    rig.inject("cut_at_event", event=rig.wire.order_event, where=rig.wire.fill_where)
    await rig.wire.place(rig, "a", market=True)
    assert await ended(socket) in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    order = rig.find("a")
    assert order is not None
    assert order.status is OrderStatus.FILLED


@pytest.mark.parametrize("fields", [{"account": "somebody"}, {"symbol": "ETHUSDT"}, {"side": "SELL"}])
async def test_an_event_fault_meets_what_it_names_only(rig: Rig, fields: dict[str, str]) -> None:
    """Another account, symbol or side is not hit."""
    socket = await rig.wire.user_socket(rig)
    fault = rig.inject("drop_event", **fields)
    await rig.wire.place(rig, "a")
    assert len(await events(socket, 1)) >= 1
    assert fault.hits == 0
