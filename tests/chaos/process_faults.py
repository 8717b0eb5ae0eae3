"""Faults of the node's process: killed at a moment or at a barrier, stopped, asked to end, doubled."""

from __future__ import annotations

import signal
import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING

from tests.chaos.fault import Fault, Token
from tests.chaos.history import Session, Window
from tests.integration.node.world import Node, eventually
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.chaos.site import Site
    from tests.chaos.wire import Document, Wire

_BARRIER_SECONDS = 40.0 * PATIENCE


def _kill(site: Site, rng: Random) -> Token:
    del rng
    return site.supervisor.kill()


def _killed(site: Site, token: Token) -> str | None:
    del site
    return f"process {token} was killed" if token else None


def _kill_often(site: Site, rng: Random) -> Token:
    killed = []
    for _ in range(4):
        before = len(site.supervisor.sessions)
        killed.append(site.supervisor.kill())
        eventually(partial(_restarted, site, before), what="a restart")
        time.sleep(rng.uniform(0.5, 8.0))
    return ", ".join(map(str, killed))


def _restarted(site: Site, before: int) -> bool:
    return len(site.supervisor.sessions) > before


def _at_barrier(site: Site, number: int) -> bool:
    return bool(site.fault(number)["waiting"] or site.fault(number)["hits"])


def _wait_for(site: Site, number: int) -> bool:
    until = time.monotonic() + _BARRIER_SECONDS
    while time.monotonic() < until:
        if _at_barrier(site, number):
            return True
        time.sleep(0.02)
    return False


def _kill_at(words: Callable[[Wire], Document], **barrier: object) -> Callable[[Site, Random], Token]:
    def inject(site: Site, rng: Random) -> Token:
        del rng
        number = site.add_fault(**words(site.wire), **barrier)
        reached = _wait_for(site, number)
        pid = site.supervisor.kill()
        return pid if reached else None

    return inject


def _clear(site: Site, token: Token) -> None:
    del token
    site.clear_faults()


def _kill_in_reconciliation(site: Site, rng: Random) -> Token:
    number = site.add_fault(kind="hold", **site.wire.query)
    site.supervisor.kill()
    reached = _wait_for(site, number)
    time.sleep(rng.uniform(0.0, 0.5))
    pid = site.supervisor.kill()
    return pid if reached else None


def _kill_in_stop(site: Site, rng: Random) -> Token:
    del rng
    number = site.add_fault(kind="hold", when="after", **site.wire.cancel)
    site.supervisor.signal(signal.SIGTERM)
    reached = _wait_for(site, number)
    pid = site.supervisor.kill()
    return pid if reached else None


def _kill_in_flatten(site: Site, rng: Random) -> Token:
    del rng
    eventually(lambda: (site.dump() or {}).get("positions"), seconds=30, what="a position to close")
    number = site.add_fault(kind="hold", when="after", **site.wire.submit)
    with subprocess.Popen(
        site.node.line("flatten", "--why", "chaos"), stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    ):
        site.supervisor.wait_state("HALTED", seconds=10, since=time.time())
        reached = _wait_for(site, number)
        pid = site.supervisor.kill()
    return pid if reached else None


def _resume_after_flatten(site: Site, token: Token) -> None:
    _clear(site, token)
    if site.supervisor.wait_state("HALTED", seconds=60, since=time.time()) is None:
        raise AssertionError("the halt of a flatten did not survive a kill")
    site.node.act("resume", "--why", "chaos")


def _stop_for(site: Site, rng: Random) -> Token:
    del rng
    site.supervisor.signal(signal.SIGSTOP)
    return time.time()


def _continue(site: Site, token: Token) -> None:
    process = site.node.process
    if process is not None and process.poll() is None:
        site.supervisor.signal(signal.SIGCONT)
    stopped = [session for session in site.supervisor.sessions if session.started < token][-1]
    # One whose watchdog killed it was stopped until then.
    site.paused.append(Window(since=token, until=stopped.ended or time.time(), what="SIGSTOP"))


def _stopped(site: Site, token: Token) -> str | None:
    silent = [poll for poll in site.supervisor.polls if poll.at > token and poll.state is None]
    return f"{len(silent)} polls without an answer" if silent else None


def _terminate(site: Site, rng: Random) -> Token:
    site.supervisor.signal(signal.SIGTERM)
    if rng.random() < 0.3:
        time.sleep(0.2)
        process = site.node.process
        if process is not None and process.poll() is None:
            site.supervisor.signal(signal.SIGTERM)
    return site.supervisor.wait_end(30).code


def _ended(site: Site, token: Token) -> str | None:
    del site
    return f"ended with {token}"


def _start_again(site: Site, token: Token) -> None:
    del token
    if site.supervisor.present.ended is not None and site.supervisor.present.code == 0:
        site.supervisor.start()


def _second_node(site: Site, rng: Random) -> Token:
    del rng
    other = Node(site.directory / "second", site.node.variables, strategies=site.wire.strategies())
    began = time.time()
    other.start()
    code: int | None = None
    try:
        code = other.wait_exit(20)
    except AssertionError:
        pass
    finally:
        ready = time.time() if "READY=1" in other.listen() else None
        other.stop()
        site.others.append(Session(who="second", started=began, ready=ready, ended=time.time(), code=code))
    return code


PROCESS_FAULTS: tuple[Fault, ...] = (
    Fault(name="kill -9", row=1, inject=_kill, took_hold=_killed),
    Fault(
        name="kill -9, order accepted, ack withheld",
        row=1,
        inject=_kill_at(lambda wire: wire.submit, kind="hold", when="after"),
        took_hold=_killed,
        heal=_clear,
        halt=False,
    ),
    Fault(
        name="kill -9, ack told, fill withheld",
        row=1,
        inject=_kill_at(lambda wire: wire.fills, kind="delay_event", ms=60_000),
        took_hold=_killed,
        heal=_clear,
        halt=False,
    ),
    Fault(
        name="kill -9 during reconciliation",
        row=1,
        inject=_kill_in_reconciliation,
        took_hold=_killed,
        heal=_clear,
    ),
    Fault(
        name="kill -9 during a graceful stop",
        row=1,
        inject=_kill_in_stop,
        took_hold=_killed,
        heal=_clear,
        halt=False,
    ),
    Fault(
        name="kill -9 during a flatten",
        row=1,
        inject=_kill_in_flatten,
        took_hold=_killed,
        heal=_resume_after_flatten,
        halt=False,
    ),
    Fault(name="kill -9, four times", row=2, inject=_kill_often, took_hold=_killed),
    Fault(name="SIGSTOP 5 s", row=3, inject=_stop_for, took_hold=_stopped, heal=_continue, seconds=(5, 5)),
    Fault(name="SIGSTOP 30 s", row=3, inject=_stop_for, took_hold=_stopped, heal=_continue, seconds=(30, 30)),
    Fault(name="SIGTERM under load", row=30, inject=_terminate, took_hold=_ended, heal=_start_again),
    Fault(name="second node, same trader id", row=28, inject=_second_node, took_hold=_ended),
)
