"""Changing JSON by dotted paths: setting and removing values, rows of lists, and levels of books."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WRAPPERS = ("data", "event", "params")
_TIMES = ("time", "createdTime", "execTime", "createTime", "bookTime", "T")


def load(text: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """The document behind a text; None when it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def dump(document: object) -> str:
    """Compact JSON text, as venues send it."""
    return json.dumps(document, separators=(",", ":"))


def holds(document: Any, where: Mapping[str, object]) -> bool:  # noqa: ANN401 - whatever JSON holds
    """Whether every path has its value; a path counts from the message itself or from inside its envelope."""
    return all(any(_equal(_find(root, path), value) for root in _roots(document)) for path, value in where.items())


def _equal(found: object, value: object) -> bool:
    # A command line knows only text: `1` and "1" are the same to it; true is not 1.
    if isinstance(found, bool) or isinstance(value, bool):
        return found is value or str(found).lower() == str(value).lower()
    return found == value or (found is not None and value is not None and str(found) == str(value))


def _roots(document: Any) -> list[Any]:  # noqa: ANN401 - whatever JSON holds
    inner = [document[name] for name in _WRAPPERS if name in document] if isinstance(document, dict) else []
    return [document, *inner]


def _find(document: Any, path: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    for part in path.split("."):
        document = _step(document, part)
    return document


def _step(document: Any, part: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(document, dict):
        return document.get(part)
    if isinstance(document, list) and part.lstrip("-").isdigit() and -len(document) <= int(part) < len(document):
        return document[int(part)]
    return None


def edit(document: Any, changes: Mapping[str, object], removals: Iterable[str]) -> Any:  # noqa: ANN401 - JSON
    """Set and remove values in place; ``*`` stands for every element, and a path that leads nowhere changes nothing."""
    for path, value in changes.items():
        for holder, name in _holders(document, path, create=True):
            _set(holder, name, value)
    for path in removals:
        for holder, name in _holders(document, path, create=False):
            _remove(holder, name)
    return document


def _holders(document: Any, path: str, *, create: bool) -> list[tuple[Any, str]]:  # noqa: ANN401 - JSON
    *way, last = path.split(".")
    for root in _roots(document):
        holders = [root]
        for part in way:
            holders = [inner for holder in holders for inner in _inner(holder, part)]
        found = [(h, last) for h in holders if isinstance(h, list) or (isinstance(h, dict) and last in h)]
        if found:
            return found
    if create and isinstance(document, dict) and not way:
        return [(document, last)]
    return []


def _inner(holder: Any, part: str) -> list[Any]:  # noqa: ANN401 - whatever JSON holds
    if part == "*":
        return list(holder.values()) if isinstance(holder, dict) else list(holder) if isinstance(holder, list) else []
    found = _step(holder, part)
    return [] if found is None else [found]


def _set(holder: Any, name: str, value: object) -> None:  # noqa: ANN401 - whatever JSON holds
    if isinstance(holder, dict):
        holder[name] = value
    elif name == "*":
        holder[:] = [value] * len(holder)
    elif _step(holder, name) is not None:
        holder[int(name)] = value


def _remove(holder: Any, name: str) -> None:  # noqa: ANN401 - whatever JSON holds
    if isinstance(holder, dict):
        holder.pop(name, None)
    elif name == "*":
        holder.clear()
    elif _step(holder, name) is not None:
        del holder[int(name)]


def rows(document: Any) -> list[Any] | None:  # noqa: ANN401 - whatever JSON holds
    """The rows of a list answer: the document itself, its ``result``, or the ``list`` inside that."""
    if isinstance(document, dict):
        document = document.get("result")
    if isinstance(document, dict):
        document = document.get("list")
    return document if isinstance(document, list) else None


def row_time_ms(row: Any) -> int | None:  # noqa: ANN401 - whatever JSON holds
    """When a row's order or fill came to be."""
    for name in _TIMES:
        value = row.get(name) if isinstance(row, dict) else None
        if isinstance(value, int | str) and str(value).isdigit():
            return int(value)
    return None


def _is_price(value: object) -> bool:
    try:
        return Decimal(str(value)).is_finite()
    except ArithmeticError:
        return False


def cross(document: Any, percent: int) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Put the bid of a book or a ticker so many percent above a price that it holds."""
    for root in _roots(document):
        if not isinstance(root, dict):
            continue
        for bids, asks in (("b", "a"), ("bids", "asks")):
            if isinstance(root.get(bids), list) and isinstance(root.get(asks), list):
                levels = [
                    level
                    for level in [*root[asks], *root[bids]]
                    if isinstance(level, list) and level and _is_price(level[0])
                ]
                if levels:
                    price = max((str(level[0]) for level in levels), key=Decimal)
                    root[bids].insert(0, [_above(price, percent), str(levels[0][-1])])
                return document
        for bid, ask in (("b", "a"), ("bid1Price", "ask1Price"), ("bidPrice", "askPrice")):
            if isinstance(root.get(ask), str) and isinstance(root.get(bid), str):
                root[bid] = _above(root[ask], percent)
                return document
    return document


def _above(price: str, percent: int) -> str:
    try:
        value = Decimal(price)
        exponent = value.as_tuple().exponent
        # One decimal fewer, so that the price lies on a tick of 1, 2, 5 or 10 last places.
        raised = (value * (100 + percent) / 100).quantize(Decimal(1).scaleb(int(exponent) + 1))
        return format(raised.quantize(Decimal(1).scaleb(int(exponent))), "f")
    except (InvalidOperation, ValueError):
        return price
