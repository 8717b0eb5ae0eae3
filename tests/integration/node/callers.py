"""Load on the health endpoints of a node: so many calls a second, over connections that are kept, each one timed."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

HEALTH = ("/api/v1/health", "/api/v1/live", "/api/v1/ready")
METRICS = ("/api/v1/metrics",)


@dataclass
class Callers:
    """Threads that ask while the block runs.

    Attributes:
        rate: Calls a second, of all threads together.
        seconds: How long each call took.
        failed: Calls without an answer, and answers that are neither 200 nor 503.
    """

    port: int
    rate: float
    paths: tuple[str, ...] = HEALTH
    threads: int = 4
    seconds: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    _running: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        """Starts asking."""
        self._running = [threading.Thread(target=self._ask, daemon=True) for _ in range(self.threads)]
        for thread in self._running:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops asking."""
        self._over.set()
        for thread in self._running:
            thread.join()

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        every = self.threads / self.rate
        turn = time.monotonic()
        number = 0
        while not self._over.wait(max(0.0, turn - time.monotonic())):
            # A slot that was missed is made up for: the rate holds on a machine that stutters.
            turn += every
            path = self.paths[number % len(self.paths)]
            number += 1
            began = time.monotonic()
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(f"{path}: {error!r}")
                connection.close()
                continue
            self.seconds.append(time.monotonic() - began)
            if answer.status not in {200, 503}:
                self.failed.append(f"{path}: {answer.status}")
        connection.close()
