"""Runs the health servers on a thread of their own; whatever happens to them, the node does not notice."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from aiohttp import web

from noderun import logs
from noderun.health import grpc, rest

if TYPE_CHECKING:
    from noderun.health.report import Report

_CLOSE_SECONDS: Final = 0.5


class HealthPlane:
    """REST and gRPC, from the start of the process to its end.

    Attributes:
        addresses: Where each of them listens, by name; what could not be listened on is not in it.
    """

    def __init__(self, report: Report, *, host: str, rest_port: int, grpc_port: int) -> None:
        """Listen; a port that is taken is told in the log, and the rest goes on.

        Args:
            report: What to answer.
            host: Address of this host.
            rest_port: For REST and metrics; 0 takes a free one.
            grpc_port: For gRPC; 0 takes a free one.
        """
        self.addresses: dict[str, str] = {}
        self._report = report
        self._host = host
        self._rest_port = rest_port
        self._grpc_port = grpc_port
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)
        self._thread.start()
        self._listening.wait(_CLOSE_SECONDS)

    def close(self) -> None:
        """Stop listening."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(2 * _CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        except Exception:
            logs.get().exception("the health endpoints ended; the node goes on")

    async def _serve(self) -> None:
        async with AsyncExitStack() as cleanup:
            for name, start in (("rest", self._start_rest), ("grpc", self._start_grpc)):
                try:
                    self.addresses[name] = await start(cleanup)
                except (OSError, RuntimeError) as error:
                    logs.get().error(f"{name} health is not served, the node goes on", error=str(error))
            logs.get().info("health endpoints", **self.addresses)
            self._listening.set()
            await self._stop.wait()

    async def _start_rest(self, cleanup: AsyncExitStack) -> str:
        runner = web.AppRunner(rest.application(self._report), access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        await runner.setup()
        cleanup.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, self._host, self._rest_port).start()
        return f"{self._host}:{runner.addresses[0][1]}"

    async def _start_grpc(self, cleanup: AsyncExitStack) -> str:
        server, port, following = await grpc.serve(self._report, f"{self._host}:{self._grpc_port}")
        cleanup.callback(following.cancel)
        cleanup.push_async_callback(server.stop, _CLOSE_SECONDS)
        return f"{self._host}:{port}"
