"""Takes SIGTERM and SIGINT on a thread of its own, so that they are heard while the main thread is busy.

Upstream installs handlers on its event loop (nautilus_trader/system/kernel.py `_setup_loop`): deaf before the loop
runs, deaf while it is blocked, and gone after the first signal. Blocked signals never reach them.
"""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def block() -> None:
    """Block the stop signals; call it before the first thread is started, threads inherit the mask."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)


def listen(on_signal: Callable[[signal.Signals], None]) -> None:
    """Call on_signal, on a thread of its own, for every stop signal from now on."""

    def wait() -> None:
        while True:
            on_signal(signal.Signals(signal.sigwait(STOP_SIGNALS)))

    threading.Thread(target=wait, name="signals", daemon=True).start()
