"""What a fault of a rehearsal is, and what it may use: the scene, its proofs, and a heal that nothing interrupts."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from shlex import quote
from typing import TYPE_CHECKING, Any

from tests.rehearsal.watch import look
from tests.support.lab import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.chaos.history import Window
    from tests.chaos.verdicts import Finding
    from tests.rehearsal.target import Target
    from tests.rehearsal.watch import Look
    from tests.support.lab import Host

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

type Proof = Callable[[], str | None]
"""Tells afterwards how one knows that a fault took hold; None when one does not."""


class NotHere(Exception):  # noqa: N818 - nothing went wrong: this host has not what the fault needs, and nothing was done
    """The host cannot suffer this; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a fault finds and what it leaves.

    Attributes:
        began: Seconds since the epoch, of this machine and of its lab hosts.
        first: What systemd said before anything was done.
        afterwards: What is put back only when all is judged, such as a disk.
        findings: What only the fault itself could see.
        halted: When no order may leave because an operator said so.
        broken: When the node must not say that it is READY.
    """

    target: Target
    began: float
    first: Look
    afterwards: ExitStack = field(default_factory=ExitStack)
    findings: list[Finding] = field(default_factory=list)
    halted: list[Window] = field(default_factory=list)
    broken: list[Window] = field(default_factory=list)

    @property
    def host(self) -> Host:
        """The host that suffers."""
        return self.target.host

    def said(self, unit: str, *words: str) -> list[str]:
        """Return plain lines of a unit's journal since the fault began that have one of these words."""
        searched = " ".join(f"-e {quote(word)}" for word in words)
        journal = f"journalctl -u {unit} --since=@{self.began:.3f} -o cat --no-pager"
        # The node itself logs JSON there, megabytes of it under load.
        return self.host.ssh(f"{journal} | grep -v '^{{' | grep -F {searched} || true").stdout.splitlines()

    def signal(self, name: str, unit: str = "tradingnode") -> None:
        """Send a signal to a unit's main process."""
        self.host.ssh(f"systemctl kill --kill-whom=main --signal={name} {unit}")

    def node(self) -> Look:
        """Ask systemd about the node; the host must answer."""
        now = look(self.host)
        assert now is not None, "the host does not answer"
        return now

    def another(self, than: int, *, within: float) -> int:
        """Wait for a process of the node that is another one; its id."""

        def there() -> bool:
            now = look(self.host)
            return now is not None and now.pid not in {0, than}

        wait_for(there, within=within, what="another process of the node")
        return self.node().pid

    def not_ready(self, *words: str, within: float) -> str:
        """Wait until the node is not READY and has said one of these words, of any when none is given; what it said."""
        heard: list[str] = []

        def says() -> bool:
            now = look(self.host)
            if now is None or now.ready or (words and not any(word in now.text for word in words)):
                return False
            heard.append(now.text or now.active)
            return True

        wait_for(says, within=within, what=f"a node that says {' or '.join(words) or 'that it is not READY'}")
        return heard[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One failure.

    Attributes:
        name: What FAULT= takes.
        does: What is done, in a sentence.
        expects: What must come of it, in a sentence.
        play: Does it, heals it whatever happens, and returns its proof.
        restarts: Whether it must be another process that is READY again.
        within: Seconds from the heal to READY on a calm machine.
        forgets: Whether the node may not know afterwards what was closed before.
    """

    name: str
    does: str
    expects: str
    play: Callable[[Scene], Proof]
    restarts: bool = True
    within: float = 60.0
    forgets: bool = False


@contextmanager
def healed(*acts: Callable[[], Any]) -> Iterator[None]:
    """Do these acts at the end of the block, whatever happened in it, one after the other, also when one fails."""
    with ExitStack() as stack:
        for act in reversed(acts):
            stack.callback(act)
        try:
            yield
        finally:
            with undisturbed():
                stack.close()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hear no Ctrl-C in the block, nor do the programs it starts: a heal is not left half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = {number: signal.signal(number, signal.SIG_IGN) for number in INTERRUPTIONS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def proven(text: str | None) -> Proof:
    """Return a proof that is known already."""
    return lambda: text


def still(seconds: float) -> None:
    """Let a fault last."""
    time.sleep(seconds)
