"""The admin API's application: every verb under its path, guarded, with one form of refusal. It has no password."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from simvenue.admin import page
from simvenue.admin.errors import in_our_form
from simvenue.admin.guard import add_headers, guard, is_loopback
from simvenue.admin.openapi import describe
from simvenue.admin.route import handler
from simvenue.admin.verbs import faults as fault_verbs
from simvenue.admin.verbs import ledger, live, look, market, orders, process
from simvenue.admin.world import WORLD, World
from simvenue.faults.engine import Faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simvenue.registry import Process, ServedVenue

log = logging.getLogger(__name__)

ROUTES = (
    *look.ROUTES,
    *ledger.ROUTES,
    *orders.ROUTES,
    *market.ROUTES,
    *fault_verbs.ROUTES,
    *process.ROUTES,
    *live.ROUTES,
)
"""Every verb; the description of the API is made from the same list."""

_MAX_BODY_BYTES = 256 * 1024


def create_admin(
    venues: Mapping[str, ServedVenue],
    process: Process,
    faults: Faults | None = None,
    *,
    version: str,
    host: str = "127.0.0.1",
) -> web.Application:
    """Make the admin application over running venues.

    Args:
        venues: by name, at least one.
        process: what restarts and resets.
        faults: those that the venues are under; none without it.
        version: of this program, for those who ask.
        host: where it will listen; a warning is logged when others can reach that.
    """
    if not is_loopback(host):
        log.warning(
            "everybody who reaches %s can use the admin API: it has no password; set admin.host to 127.0.0.1", host
        )
    app = web.Application(middlewares=[guard(host), in_our_form], client_max_size=_MAX_BODY_BYTES)
    app[WORLD] = World(venues=venues, process=process, faults=faults or Faults(), version=version)
    app.on_response_prepare.append(add_headers)
    description = json.dumps(describe(ROUTES, version=version))

    async def openapi(_request: web.Request) -> web.Response:
        return web.Response(text=description, content_type="application/json")

    async def stop(stopping: web.Application) -> None:
        stopping[WORLD].stopping.set()

    app.on_shutdown.append(stop)
    app.router.add_get("/", page.show)
    app.router.add_get("/openapi.json", openapi)
    for route in ROUTES:
        app.router.add_route(route.method, route.pattern, handler(route))
    return app
