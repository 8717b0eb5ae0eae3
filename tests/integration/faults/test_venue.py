"""The faults of a venue as a whole: its clock, and its being closed."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from tests.integration.faults.rig import Rig, ended, machine_ms
from tests.integration.faults.test_sockets import PATHS


async def test_clock_offset_refuses_punctual_clients(rig: Rig) -> None:
    """The venue tells a wrong time and takes right timestamps for wrong ones; cleared, all is well."""
    rig.inject("clock_offset", ms=20_000)
    assert 19_000 < await rig.wire.server_time(rig) - machine_ms() < 21_000
    refused = await rig.wire.place(rig, "a")
    assert rig.wire.code(refused) in {-1021, 10002}
    rig.faults.clear()
    rig.inject("clock_offset", ms=-20_000)
    assert rig.wire.code(await rig.wire.place(rig, "b")) in {-1021, 10002}
    rig.faults.clear()
    assert rig.wire.code(await rig.wire.place(rig, "c")) == 0


async def test_clock_drift_grows(rig: Rig) -> None:
    """A clock that gains a second each second is further off each time one asks."""
    rig.inject("clock_drift", ms_per_second=1_000)
    first = await rig.wire.server_time(rig) - machine_ms()
    await asyncio.sleep(0.5)
    second = await rig.wire.server_time(rig) - machine_ms()
    assert 400 < second - first < 900


async def test_maintenance_closes_the_venue(rig: Rig) -> None:
    """Sockets are closed and refused, every endpoint gives the venue's answer, and afterwards all is as before."""
    user = await rig.wire.user_socket(rig)
    rig.inject("maintenance", venue=rig.wire.name)
    assert await ended(user) is aiohttp.WSMsgType.CLOSE
    for reply in (await rig.wire.book(rig), await rig.wire.place(rig, "a")):
        assert reply.status == 503
        assert rig.wire.code(reply) in {-1016, 10016}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await rig.socket(PATHS[rig.wire.name])
    assert refused.value.status == 503
    assert rig.find("a") is None
    rig.faults.clear()
    assert rig.wire.code(await rig.wire.place(rig, "b")) == 0
