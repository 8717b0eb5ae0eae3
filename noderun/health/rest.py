"""Health and metrics over HTTP: /api/v1/health, /live, /ready, /metrics."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from noderun import logs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from noderun.health.report import Report

_UNAVAILABLE: Final = 503
_SERVER_ERROR: Final = 500


def application(report: Report) -> web.Application:
    """Return the application; nothing in it waits for anything."""

    async def health(_: web.Request) -> web.Response:
        return web.json_response(report.health())

    async def live(_: web.Request) -> web.Response:
        stuck = report.stuck()
        return web.json_response({"live": stuck is None, "reason": stuck}, status=_UNAVAILABLE if stuck else 200)

    async def ready(_: web.Request) -> web.Response:
        reasons = report.not_ready()
        document = {"ready": not reasons, "state": report.board.state.value, "reasons": reasons}
        return web.json_response(document, status=_UNAVAILABLE if reasons else 200)

    async def metrics(_: web.Request) -> web.Response:
        text = generate_latest(report.metrics.registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    @web.middleware
    async def measured(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        began = time.perf_counter()
        resource = request.match_info.route.resource
        # Unknown paths share one label: anybody could make up more.
        endpoint = resource.canonical if resource is not None else "other"
        try:
            response = await handler(request)
        except web.HTTPException as error:
            response = web.json_response({"error": error.reason}, status=error.status, headers=_allow(error))
        except Exception:
            logs.get().exception("health", path=request.path)
            response = web.json_response({"error": "see the service's log"}, status=_SERVER_ERROR)
        report.metrics.http_requests.labels(endpoint, str(response.status)).inc()
        report.metrics.http_seconds.labels(endpoint).observe(time.perf_counter() - began)
        return response

    app = web.Application(middlewares=[measured], client_max_size=4096)
    app.router.add_get("/api/v1/health", health)
    app.router.add_get("/api/v1/live", live)
    app.router.add_get("/api/v1/ready", ready)
    app.router.add_get("/api/v1/metrics", metrics)
    return app


def _allow(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
