"""Looks through a trader's cached state without starting a node: which records would keep one from starting."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from nodecfg import TradingNodeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found.

    Attributes:
        records: How many were read.
        problems: What is wrong with which, by kind and name as they stand in the key.
    """

    records: int
    problems: dict[str, str]


def verify(settings: TradingNodeSettings, tell: Callable[[int], None] = lambda count: None) -> Verdict:
    """Read every record in child processes: one that ends the interpreter ends a child, and the next goes on behind it.

    Args:
        settings: Of the node; its Redis must answer.
        tell: Told how many records were read, now and then.

    Raises:
        RuntimeError: The child could not even begin.
    """
    problems: dict[str, str] = {}
    done: set[str] = set()
    context = multiprocessing.get_context("spawn")
    while True:
        receive, send = context.Pipe(duplex=False)
        child = context.Process(target=_examine, args=(settings, frozenset(done), send), daemon=True)
        child.start()
        send.close()
        present, ended = None, False
        while (message := _next(receive)) is not None:
            match message:
                case ("at", label):
                    present = label
                case ("read", label, problem):
                    done.add(label)
                    present = None
                    if problem is not None:
                        problems[label] = problem
                    if len(done) % 1000 == 0:
                        tell(len(done))
                case ("end",):
                    ended = True
        child.join()
        if ended:
            return Verdict(records=len(done), problems=problems)
        if present is None:
            raise RuntimeError(f"the cache could not be opened (code {child.exitcode}); see the lines above")
        done.add(present)
        problems[present] = f"ends the interpreter when it is read (code {child.exitcode})"


def _next(receive: Any) -> Any:  # noqa: ANN401 multiprocessing's connection, and what comes out of it
    try:
        return receive.recv()
    except EOFError:
        return None


def _examine(settings: TradingNodeSettings, done: frozenset[str], send: Any) -> None:  # noqa: ANN401 see above
    # Imported in the child: upstream takes seconds, and some of what it reads ends the process.
    from nodecfg import TradingNodeConfigFactory  # noqa: PLC0415
    from noderun.engine.records import examine  # noqa: PLC0415

    examine(TradingNodeConfigFactory.from_settings(settings), done, send)
