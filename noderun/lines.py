"""One line out of any error, without what must not be read."""

from __future__ import annotations

from noderun import redaction


def one_line(error: BaseException | str) -> str:
    """Return an error as one line, without secrets and the signatures of requests."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return redaction.own.text(" ".join(text.split()))
