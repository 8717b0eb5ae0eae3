"""A TLS end before the venue's REST endpoints, whose certificate can be changed while it serves."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime
    from pathlib import Path
    from typing import Self

_CHUNK = 65536
NAME = "localhost"


class TlsFront:
    """Decrypts for a port on loopback, under the name of a certificate of its own authority.

    Attributes:
        port: Where it listens, once started.
    """

    def __init__(self, target: int, authority: Path) -> None:
        """Make the authority and write it down for those who shall trust it; the certificate is good."""
        self._target, self._authority, self.port = target, trustme.CA(), 0
        self._authority.cert_pem.write_to_path(authority)
        self._connections: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    def start(self) -> Self:
        """Listens."""
        self._thread.start()
        self._wait(self._serve(None))
        return self

    def show(self, not_after: datetime | None) -> None:
        """Goes on with another certificate, valid until a moment (None: for long), and breaks what is connected."""
        self._wait(self._stop())
        self._wait(self._serve(not_after))

    def stop(self) -> None:
        """Listens no more."""
        self._wait(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait(self, work: Coroutine[None, None, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _serve(self, not_after: datetime | None) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(NAME, not_after=not_after).configure_cert(context)
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            # Anew each time: a connection of the last moment is made only now.
            for connection in self._connections:
                connection.transport.abort()
            await asyncio.wait(others, timeout=0.1)

    async def _pass_on(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        answers, server = await asyncio.open_connection("127.0.0.1", self._target)
        self._connections |= {back, server}
        try:
            await asyncio.gather(_pump(client, server), _pump(answers, back))
        finally:
            self._connections -= {back, server}


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(_CHUNK):
            sink.write(chunk)
            await sink.drain()
    sink.close()
    with suppress(OSError):
        await sink.wait_closed()
