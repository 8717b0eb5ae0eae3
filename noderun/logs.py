"""The log of the process: JSON lines on stderr and in a file, whoever wrote them; text for people on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import structlog

from noderun import redaction
from noderun.relay.pipes import Pipes

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import BaseModel
    from structlog.typing import EventDict, WrappedLogger

    from nodecfg import TradingNodeSettings

_identity: dict[str, Any] = {"service": "tradingnode", "trader_id": None, "state": "STARTING"}
_pipes: Pipes | None = None


def configure(*, instance: str, version: str, directory: Path | None = None) -> None:
    """Set up logging for the process: from here on everything it writes goes through the relay.

    Args:
        instance: In every line.
        version: In every line.
        directory: Of noderun.jsonl, None for no file.
    """
    global _pipes  # noqa: PLW0603 a process has one stdout
    try:
        _pipes = Pipes(text=sys.stderr.isatty())
    except OSError as error:
        sys.stderr.write(f"noderun: the log cannot be relayed ({error.strerror}), lines are written as they come\n")
    identify(instance=instance, version=version)
    if directory is not None and _pipes is not None:
        _pipes.tell(file={"directory": str(directory)})
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_identity,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=_Out()),  # type: ignore[arg-type]  # it only writes and flushes
        cache_logger_on_first_use=True,
    )


def identify(**facts: str) -> None:
    """Add facts, such as trader_id or state, to every line from now on."""
    _identity.update(facts)
    if _pipes is not None:
        _pipes.tell(identity=_identity)


def settle(settings: TradingNodeSettings) -> None:
    """Take what the settings say: whose lines these are, what must never be in them, how large files become."""
    secrets = sorted(_secrets(settings))
    redaction.own.learn(secrets)
    identify(trader_id=settings.environment.trader_id)
    if _pipes is None:
        return
    _pipes.tell(secrets=secrets)
    limits = {"size": settings.logging.file_max_size, "count": settings.logging.file_max_backups}
    if settings.logging.directory is not None:
        _pipes.tell(file={"directory": str(settings.logging.directory), **limits})
    else:
        _pipes.tell(limits=limits)


def set_level(level: str) -> None:
    """Pass on no line below that level (trace, debug, info, warning, error), whoever writes it."""
    if _pipes is not None:
        _pipes.tell(least=level)


def foretell(at: float | None, **words: object) -> None:
    """Leave the words of the last line with the relay, for a process that cannot say them itself.

    Args:
        at: When they are due (monotonic clock), unless the process has said `ended` before; None takes them back.
        words: Fields of the line.
    """
    if _pipes is not None:
        _pipes.tell(foretold=None if at is None else {"at": at, "line": words})


def flush(seconds: float) -> None:
    """Wait until everything written so far, upstream's lines too, has left the process; no longer than seconds."""
    if _pipes is not None:
        _pipes.flush(seconds)


def get() -> structlog.typing.FilteringBoundLogger:
    """Return the service's logger."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


class _Out:
    # Where structlog writes: the relay, or stderr when there is none.
    def write(self, text: str) -> None:
        if _pipes is not None:
            _pipes.write(text)
        else:
            sys.stderr.write(redaction.own.text(text))

    def flush(self) -> None:
        if _pipes is None:
            sys.stderr.flush()


def _add_identity(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    del logger, method
    return {**_identity, "component": "noderun", "source": "noderun", **event}


def _secrets(model: BaseModel) -> set[str]:
    from pydantic import BaseModel, SecretStr  # noqa: PLC0415 loaded with the settings

    found: set[str] = set()
    waiting: list[Any] = [model]
    while waiting:
        match waiting.pop():
            case SecretStr() as secret:
                found.add(secret.get_secret_value())
            case BaseModel() as part:
                waiting += [value for _, value in part]
            case dict() as values:
                waiting += values.values()
            case list() | tuple() as values:
                waiting += values
    return found
