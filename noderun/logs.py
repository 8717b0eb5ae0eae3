"""Our own log: JSON lines on stderr, which systemd hands to the journal; text for people on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, WrappedLogger

_identity: dict[str, Any] = {"service": "tradingnode"}


def configure(*, instance: str, version: str) -> None:
    """Set up logging for the process: JSON lines, or text where stderr is a terminal."""
    identify(instance=instance, version=version)
    terminal = sys.stderr.isatty()
    renderer: list[Any] = (
        [structlog.dev.ConsoleRenderer()]
        if terminal
        else [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if terminal else [_add_identity]),
            *renderer,
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def identify(**facts: str) -> None:
    """Add facts, such as trader_id or state, to every line from now on."""
    _identity.update(facts)


def get() -> structlog.typing.FilteringBoundLogger:
    """Return the service's logger."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger


def _add_identity(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    del logger, method
    return {**_identity, **event}
