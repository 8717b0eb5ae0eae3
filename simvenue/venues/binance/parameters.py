"""The parameters of one request, decoded once and read by type; every misuse is one of the venue's errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from simvenue.venues.binance import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PARAMETERS = 100
MAX_INTEGER = 2**63 - 1
_INTEGER = re.compile(r"[0-9]{1,20}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_TEXT = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Decoded request parameters.

    Args:
        values: Name to value, both decoded.
    """

    values: Mapping[str, str]

    @classmethod
    def parse(cls, payload: str) -> Parameters:
        """Decode a raw query string.

        Raises:
            VenueError: -1100 for text that is not ASCII once decoded, -1101 for a repeated name.
        """
        try:
            pairs = parse_qsl(payload, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
        except ValueError as error:
            raise errors.illegal_characters() from error
        values: dict[str, str] = {}
        for name, value in pairs:
            if name in values:
                raise errors.duplicated(name)
            values[name] = value
        return cls.of(values)

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Parameters:
        """Take decoded parameters.

        Raises:
            VenueError: -1100 for text that is not printable ASCII.
        """
        if not all(_TEXT.fullmatch(name) and _TEXT.fullmatch(value) for name, value in values.items()):
            raise errors.illegal_characters()
        return cls(values)

    def optional_text(self, name: str) -> str | None:
        """The value, or None when absent or empty."""
        return self.values.get(name) or None

    def text(self, name: str) -> str:
        """The value; -1102 when absent or empty."""
        value = self.optional_text(name)
        if value is None:
            raise errors.mandatory(name)
        return value

    def optional_integer(self, name: str) -> int | None:
        """A whole number from 0 to 2**63-1, or None when absent."""
        value = self.optional_text(name)
        if value is None:
            return None
        if not _INTEGER.fullmatch(value) or int(value) > MAX_INTEGER:
            raise errors.malformed(name, "^[0-9]{1,20}$")
        return int(value)

    def integer(self, name: str) -> int:
        """A whole number; -1102 when absent."""
        value = self.optional_integer(name)
        if value is None:
            raise errors.mandatory(name)
        return value

    def limit(self, *, default: int, maximum: int) -> int:
        """The ``limit`` of a list request: 1 to ``maximum``; anything else is -1130."""
        value = self.optional_integer("limit")
        if value is None:
            return default
        if not 1 <= value <= maximum:
            raise errors.invalid_value("limit")
        return value

    def decimal(self, name: str) -> Decimal:
        """A plain decimal number without sign or exponent; -1102 when absent."""
        value = self.text(name)
        if not _DECIMAL.fullmatch(value):
            raise errors.malformed(name, r"^([0-9]{1,20})(\.[0-9]{1,20})?$")
        return Decimal(value)

    def boolean(self, name: str, *, default: bool = False) -> bool:
        """A truth value in any case: upstream's client writes ``True``, others ``true``."""
        value = self.optional_text(name)
        if value is None:
            return default
        if value.lower() not in {"true", "false"}:
            raise errors.invalid_value(name)
        return value.lower() == "true"
