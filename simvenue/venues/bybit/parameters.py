"""The parameters of one request, from a query string or a JSON body, read by type; every misuse is a 10001."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from simvenue.venues.bybit import errors
from simvenue.venues.bybit.instruments import Category

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PARAMETERS = 100
MAX_INTEGER = 2**63 - 1
_INTEGER = re.compile(r"[0-9]{1,19}", re.ASCII)
_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_TEXT = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Parameters:
    """Request parameters.

    Args:
        values: Name to value: text from a query, any JSON value from a body.
    """

    values: Mapping[str, Any]

    @classmethod
    def of_query(cls, raw: str) -> Parameters:
        """Decode a raw query string."""
        try:
            pairs = parse_qsl(raw, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
        except ValueError as error:
            raise errors.parameter("illegal characters in the query") from error
        values: dict[str, str] = {}
        for name, value in pairs:
            if name in values:
                raise errors.parameter(f"{name} sent twice" if _TEXT.fullmatch(name) else "a name sent twice")
            values[name] = value
        return cls(values)

    @classmethod
    def of_body(cls, raw: bytes) -> Parameters:
        """Decode a JSON body; an empty one has no parameters."""
        if not raw.strip():
            return cls({})
        try:
            values = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise errors.parameter("the body is not JSON") from error
        return cls.of_object(values)

    @classmethod
    def of_object(cls, values: object) -> Parameters:
        """Take a decoded JSON value, which must be an object."""
        if not isinstance(values, dict):
            raise errors.parameter("a JSON object is required")
        return cls(values)

    def optional_text(self, name: str) -> str | None:
        """Give the text, or None when it is absent or empty."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, str) and _TEXT.fullmatch(value):
            return value
        raise errors.invalid(name)

    def text(self, name: str) -> str:
        """Give the text; refused when absent or empty."""
        value = self.optional_text(name)
        if value is None:
            raise errors.missing(name)
        return value

    def optional_integer(self, name: str) -> int | None:
        """Give a whole number from 0 to 2**63-1, sent as number or text; None when absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return None
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
        if not isinstance(text, str) or not _INTEGER.fullmatch(text) or int(text) > MAX_INTEGER:
            raise errors.invalid(name)
        return int(text)

    def limit(self, *, default: int, maximum: int) -> int:
        """Give ``limit`` of a list: more than ``maximum`` is cut to it, 0 is as good as nothing."""
        return min(self.optional_integer("limit") or default, maximum)

    def optional_decimal(self, name: str) -> Decimal | None:
        """Give a plain decimal number sent as text, without sign or exponent; None when absent."""
        value = self.optional_text(name)
        if value is None:
            return None
        if not _DECIMAL.fullmatch(value):
            raise errors.invalid(name)
        return Decimal(value)

    def decimal(self, name: str) -> Decimal:
        """Give a decimal number; refused when absent."""
        value = self.optional_decimal(name)
        if value is None:
            raise errors.missing(name)
        return value

    def boolean(self, name: str) -> bool:
        """Give a truth value, sent as such or as text; False when absent."""
        value = self.values.get(name)
        if value is None or value == "":
            return False
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        raise errors.invalid(name)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Give a text that is one of ``choices``."""
        value = self.text(name)
        if value not in choices:
            raise errors.invalid(name)
        return value

    def optional_choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """Give a text that is one of ``choices``, or None when absent."""
        return self.choice(name, choices) if self.optional_text(name) else None

    def category(self) -> Category:
        """Give the product group the request is about."""
        text = self.text("category")
        try:
            return Category(text)
        except ValueError as error:
            raise errors.parameter("Illegal category") from error

    def objects(self, name: str) -> list[Any]:
        """Give a list of JSON values, 1 to 20 long, as batches have."""
        value = self.values.get(name)
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_BATCH:
            raise errors.invalid(name)
        return value


MAX_BATCH = 20
"""Orders one batch may hold; the venue takes 20 of derivatives and 10 of spot, here 20 of both."""
