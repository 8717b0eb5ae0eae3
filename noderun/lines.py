"""One line out of any error, without what must not be read."""

from __future__ import annotations

import re

# Upstream's HTTP errors hold the whole URL of a signed request.
_SIGNATURE = re.compile(r"(signature=)[^&\s)]+", re.IGNORECASE)


def one_line(error: BaseException | str) -> str:
    """Return an error as one line, without the signature of a request."""
    text = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return _SIGNATURE.sub(r"\1…", " ".join(text.split()))
