"""`python -m tests.chaos.flooder`: many clients that ask a node for its health as fast as they can; prints how many."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter

_READERS, _SCRAPERS, _SILENT, _ASKERS = 20, 10, 20, 5


async def _http(address: str, path: str, until: float, done: Counter[str]) -> None:
    host, _, port = address.partition(":")
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
            done[path if await asyncio.wait_for(reader.read(-1), 5) else "failed"] += 1
            writer.close()
        except (OSError, TimeoutError):
            done["failed"] += 1


async def _silent(address: str, until: float, done: Counter[str]) -> None:
    # Begins a request and does not end it.
    host, _, port = address.partition(":")
    while time.monotonic() < until:
        try:
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"GET /api/v1/ready HTTP/1.1\r\n")
            await asyncio.sleep(2)
            done["half a request"] += 1
            writer.close()
        except OSError:
            done["failed"] += 1


async def _status(control: str, until: float, done: Counter[str]) -> None:
    while time.monotonic() < until:
        try:
            reader, writer = await asyncio.open_unix_connection(control)
            writer.write(b'{"command":"status"}\n')
            done["status" if await asyncio.wait_for(reader.read(-1), 5) else "failed"] += 1
            writer.close()
        except (OSError, TimeoutError):
            done["failed"] += 1


async def _flood(address: str, control: str, seconds: float) -> Counter[str]:
    until, done = time.monotonic() + seconds, Counter[str]()
    await asyncio.gather(
        *(_http(address, "/api/v1/ready", until, done) for _ in range(_READERS)),
        *(_http(address, "/api/v1/metrics", until, done) for _ in range(_SCRAPERS)),
        *(_silent(address, until, done) for _ in range(_SILENT)),
        *(_status(control, until, done) for _ in range(_ASKERS)),
    )
    return done


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_flood(sys.argv[1], sys.argv[2], float(sys.argv[3])))))
