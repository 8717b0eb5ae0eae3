"""Whatever is sent to the admin API, it answers in its own form and goes on."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from simvenue.admin.app import ROUTES

if TYPE_CHECKING:
    from tests.integration.simvenue_admin.process import Simvenue

_LONG_LIVED = {"/admin/v1/restart", "/admin/v1/reset", "/admin/v1/live"}
_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    1.5,
    "",
    "x" * 5000,
    "NaN",
    "Infinity",
    "1e999999999",
    "-0",
    "0.0000000000000000000000001",
    "node",
    "BTCUSDT",
    "BUY",
    "LIMIT",
    "60000",
    "\u0000",
    "\ud800",
    "../../etc/passwd",
    "'; DROP TABLE orders; --",
    [],
    [[[]]],
    {},
    {"kind": "STOP"},
)
_BODIES = (b"", b"{", b"\xff\xfe", b"null", b"[]", b'"text"', b"[" * 20_000, b'{"a":' * 5_000, b"1" * 5_000, b"{}")


def _fields(model: Any) -> list[str]:  # noqa: ANN401 - a model, of a choice of models too
    kinds = getattr(model, "KINDS", {})
    return sorted({name for kind in kinds.values() for name in kind.model_fields} or set(model.model_fields))


def _body(rng: random.Random, model: Any) -> bytes:  # noqa: ANN401 - a model
    if model is None or rng.random() < 0.3:
        return rng.choice(_BODIES)
    names = [*_fields(model), "nonsense"]
    body = {name: rng.choice(_VALUES) for name in rng.sample(names, rng.randint(0, min(6, len(names))))}
    if getattr(model, "KINDS", None) and rng.random() < 0.8:
        # Faults that strike sockets or clocks at once would only make the others' answers depend on each other.
        body["kind"] = rng.choice([kind for kind in model.KINDS if "socket" not in kind and "clock" not in kind])
    return json.dumps(body).encode()


async def test_nothing_breaks_it(simvenue: Simvenue) -> None:
    """Random parameters, paths and bodies for every verb never get 500 and always JSON of the described form."""
    rng = random.Random(7)  # noqa: S311 - reproducible on purpose
    statuses: set[int] = set()
    async with aiohttp.ClientSession() as session:
        for route in [r for r in ROUTES if r.path not in _LONG_LIVED] * 25:
            path = route.path.replace("{order_id}", rng.choice(["1", "9" * 18, "9" * 30, "x", "-1"]))
            path = path.replace("{fault_id}", rng.choice(["1", "9" * 12, "9" * 30, "x"]))
            names = [*route.query.model_fields, "nonsense"]
            query = [
                (rng.choice(names), str(rng.choice(_VALUES)).replace("\ud800", "?")) for _ in range(rng.randint(0, 2))
            ]
            url = URL(simvenue.url + path).with_query(query)
            async with session.request(route.method, url, data=_body(rng, route.body)) as response:
                answer = await response.json()
                statuses.add(response.status)
                assert response.status < 500, f"{route.method} {url}: {answer}"
                if response.status != 200:
                    assert set(answer) == {"error"}
                    assert set(answer["error"]) - {"problems"} == {"reason", "detail"}
    assert {200, 400, 404} <= statuses
    assert (await asyncio.to_thread(simvenue.call, "GET", "/admin/v1/health"))[1]["status"] == "ok"
    assert simvenue.run("audit").returncode == 0
