"""The standard gRPC health service (grpc.health.v1): the whole service under "", each part under its name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

if TYPE_CHECKING:
    from noderun.health.report import Report

SERVICE: Final = "tradingnode"
_LOOK_EVERY: Final = 0.25


async def serve(report: Report, address: str) -> tuple[grpc.aio.Server, int, asyncio.Task[None]]:
    """Start the server; return it, its port and the task that keeps its answers true.

    Raises:
        RuntimeError: The address cannot be listened on.
    """
    server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
    servicer = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port(address)
    await server.start()
    return server, port, asyncio.create_task(_follow(report, servicer))


async def _follow(report: Report, servicer: health.aio.HealthServicer) -> None:
    status = health_pb2.HealthCheckResponse
    while True:
        ready = not report.not_ready()
        for name, serving in {"": ready, SERVICE: ready, **report.components()}.items():
            await servicer.set(name, status.SERVING if serving else status.NOT_SERVING)
        await asyncio.sleep(_LOOK_EVERY)
