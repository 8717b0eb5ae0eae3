"""Takes out of any text what must not be read: known secrets, and what stands where secrets and signatures stand."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "…"
_SHORTEST_SECRET: Final = 4
"""Shorter ones would take ordinary words out of every line."""
_SHORTEST_LINE: Final = 16
"""Lines of a secret of many lines, such as a PEM key, are secrets too when they are at least that long."""
_NAMES: Final = (
    r"signature|listen_?key|x-mbx-apikey|x-bapi-sign|x-bapi-api-key|api_?key|api_?secret|secret_?key|secret"
    r"|passw(?:or)?d"
)
_PATTERNS: Final = (
    # name=value, also percent-encoded: whatever the value is.
    (
        re.compile(
            rf"((?<![A-Za-z0-9_])(?:{_NAMES})(?:=|%3D)(?:Some\()?b?\\?[\"']?)[^\s&\"'),;\]}}\\]+", re.IGNORECASE
        ),
        rf"\1{MASK}",
    ),
    # Headers and JSON, also as repr() and Rust's {:?} print them: what is as long as a key, words of people stay.
    (
        re.compile(
            rf"((?<![A-Za-z0-9_])(?:{_NAMES})\\?[\"']?\s*[:,]\s*(?:Some\()?b?\\?[\"']?)[A-Za-z0-9+/=_%.-]{{16,}}",
            re.IGNORECASE,
        ),
        rf"\1{MASK}",
    ),
    # Bybit's login: {"op":"auth","args":[key, expiry, signature]}.
    (re.compile(r"(\"op\\?\"\s*:\s*\\?\"auth\\?\".{0,80}?args\\?\"\s*:\s*)\[[^\]]*\]"), rf"\1[{MASK}]"),
    # Binance's user stream has the listen key as its path.
    (re.compile(r"(/(?:ws|stream)/|streams=)[A-Za-z0-9]{40,}"), rf"\1{MASK}"),
    # user:password@ of any URL.
    (re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"), rf"\1{MASK}"),
)


class Redactor:
    """Knows the secrets of one process."""

    def __init__(self) -> None:
        """Know no secret yet, only where they stand."""
        self._known: re.Pattern[str] | None = None

    def learn(self, secrets: Iterable[str]) -> None:
        """Take these values out of every text from now on, however JSON, Python or a URL writes them."""
        forms: set[str] = set()
        for secret in secrets:
            whole = [secret] if len(secret) >= _SHORTEST_SECRET else []
            for value in [*whole, *(line.strip() for line in secret.splitlines() if len(line) >= _SHORTEST_LINE)]:
                forms |= {value, quote(value, safe=""), json.dumps(value)[1:-1], repr(value)[1:-1]}
        # The longest first: one secret may be the beginning of another.
        ordered = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text

    def tree(self, value: Any) -> Any:  # noqa: ANN401 whatever JSON can hold
        """Return JSON-ready data without secrets, names of fields too."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {self.text(str(name)): self.tree(item) for name, item in value.items()}
            case list() | tuple():
                return [self.tree(item) for item in value]
        return value


own: Final = Redactor()
"""Of this process; it learns the secrets when the settings are known."""
