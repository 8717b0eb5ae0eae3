"""Paths as they may be shown: Binance's clients put the keys of their user streams into them."""

from __future__ import annotations

import re

_KEY = re.compile(r"[A-Za-z0-9]{40,}")


def shown(path: str) -> str:
    """A path for logs and people; whatever in it is long enough for a listen key is left out."""
    return _KEY.sub("<key>", path)
