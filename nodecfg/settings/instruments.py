"""Instrument ids and what is set per instrument: each id is one that its venue and account type can have."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator

from nodecfg.settings.section import fault
from nodecfg.settings.values import one_line

_LONGEST_LIST: Final = 200
_MOST_INSTRUMENTS: Final = 2000
"""More than any venue lists; docs/reliability.md says what so many cost."""
_LONGEST_SHOWN: Final = 80
_HIGHEST_LEVERAGE: Final = 125
_LINEAR_QUOTES: Final = ("USDT", "USDC", "FDUSD", "BUSD", "TUSD", "DAI")
_PERPETUAL = re.compile(r"[A-Z0-9]{1,24}-PERP")
_DELIVERY = re.compile(r"[A-Z0-9]{1,24}_[0-9]{6}")
_SPOT = re.compile(r"[A-Z0-9]{3,24}")
_BYBIT = re.compile(r"[A-Z0-9]{1,24}(?:-[A-Z0-9]{1,12})*-(LINEAR|INVERSE|SPOT|OPTION)")
_BYBIT_PRODUCTS: Final = ("LINEAR", "INVERSE", "SPOT", "OPTION")

Fault = tuple[str, str]
"""Problem and fix."""


def unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of a JSON object, refusing a name that is given twice."""
    names = [name for name, _ in pairs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise fault(f"names {', '.join(twice)} twice", "name each once")
    return dict(pairs)


def split_list(value: Any, *, of: str, longest: int = _LONGEST_LIST) -> Any:  # noqa: ANN401 whatever pydantic was given
    """Split comma-separated text; anything else is left to pydantic."""
    if not isinstance(value, str):
        return value
    one_line(value)
    parts = tuple(part.strip() for part in value.split(","))
    if any(not part for part in parts):
        raise fault("has an empty entry", f"separate the {of} by single commas")
    if len(parts) > longest:
        raise fault(f"names {len(parts)} {of}, more than {longest}", "name only what is needed")
    return parts


def _id_fault(text: str) -> Fault | None:
    symbol, dot, venue = text.rpartition(".")
    if dot and symbol and venue:
        return None
    return f"{text!r} names no venue", f"write {text.strip('.').upper() or 'BTCUSDT-PERP'}.BINANCE"


def check_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse ids without a venue and ids given twice."""
    faults = [wrong for text in ids if (wrong := _id_fault(text[:_LONGEST_SHOWN]))]
    if faults:
        raise fault(*_joined(faults))
    for text in ids:
        one_line(text)
    twice = sorted(text for text, count in Counter(ids).items() if count > 1)
    if twice:
        raise fault(f"names {', '.join(twice)} twice", "name each instrument once")
    return ids


def _joined(faults: list[Fault]) -> Fault:
    return "; ".join(problem for problem, _ in faults), "; ".join(dict.fromkeys(fix for _, fix in faults))


def venue_fault(ids: tuple[str, ...], venue: str, kind: str, check: Callable[[str, str], Fault | None]) -> Fault | None:
    """Return what is wrong with the ids of one client.

    Args:
        ids: Instrument ids.
        venue: The client's venue.
        kind: Account type or product types, handed to the check.
        check: Finds what is wrong with a symbol of that kind.
    """
    faults: list[Fault] = []
    for text in (whole[:_LONGEST_SHOWN] for whole in ids):
        symbol, _, named = text.rpartition(".")
        if named != venue:
            faults.append((f"{text!r} is not at venue {venue}", f"write {symbol.upper()}.{venue}"))
        elif wrong := check(symbol, kind):
            problem, fix = wrong
            faults.append((f"{text!r} {problem}", fix.replace("VENUE", venue)))
    return _joined(faults) if faults else None


def binance_symbol_fault(symbol: str, account_type: str) -> Fault | None:
    """Return what is wrong with a symbol of Binance; its id is `SYMBOL.VENUE`."""
    if symbol != symbol.upper():
        return "is not in capitals", f"write {symbol.upper()}.VENUE"
    if account_type.endswith("FUTURES"):
        return _futures_fault(symbol, linear=account_type == "USDT_FUTURES")
    if _SPOT.fullmatch(symbol):
        return None
    return "is not a spot instrument id", "write SYMBOL.VENUE, such as BTCUSDT.VENUE; -PERP is a futures name"


def is_linear(pair: str) -> bool:
    """Tell a USD-margined pair (BTCUSDT) from a coin-margined one (BNBUSD, which ends like a pair quoted in BUSD).

    Source: nautilus_trader/adapters/binance/common/symbol.py `BinanceSymbol`, which names the contract to the exchange.
    """
    return any(
        pair.endswith(quote) and (not quote.endswith("USD") or len(pair) > len(quote) + 2) for quote in _LINEAR_QUOTES
    )


def _futures_fault(symbol: str, *, linear: bool) -> Fault | None:
    if _PERPETUAL.fullmatch(symbol) or _DELIVERY.fullmatch(symbol):
        if is_linear(symbol.removesuffix("-PERP").partition("_")[0]) == linear:
            return None
        if not linear:
            return "is not a coin-margined contract (quoted in USD)", "write BTCUSD-PERP.VENUE or so"
        quotes = ", ".join(_LINEAR_QUOTES)
        return f"is not a USD-margined contract (quoted in {quotes})", "write BTCUSDT-PERP.VENUE or so"
    if symbol.isalnum() and symbol.isascii():
        return "is a spot name; futures end in -PERP", f"write {symbol}-PERP.VENUE"
    return "is not a futures instrument id", "write SYMBOL-PERP.VENUE, such as BTCUSDT-PERP.VENUE"


def bybit_symbol_fault(symbol: str, product_types: str) -> Fault | None:
    """Return what is wrong with a symbol of Bybit, which names its product type: `BTCUSDT-LINEAR`."""
    if symbol != symbol.upper():
        return "is not in capitals", f"write {symbol.upper()}.VENUE"
    match = _BYBIT.fullmatch(symbol)
    if not match:
        return f"does not end in one of -{', -'.join(_BYBIT_PRODUCTS)}", "write BTCUSDT-LINEAR.VENUE or so"
    if match.group(1) not in product_types.split(","):
        return (
            f"is not of the product types {product_types}, so it would never be loaded",
            f"add {match.group(1)} to BYBIT_PRODUCT_TYPES or BYBIT_DATA_PRODUCT_TYPES, or remove the instrument",
        )
    return None


def json_mapping(value: Any, how: str) -> dict[str, Any]:  # noqa: ANN401 whatever pydantic was given
    """Return a mapping that is given as JSON text or as a mapping."""
    if isinstance(value, str):
        try:
            value = json.loads(value, object_pairs_hook=unique_pairs)
        except (json.JSONDecodeError, RecursionError):
            # RecursionError: some thousand opening brackets.
            value = None
    if not isinstance(value, Mapping):
        raise fault("is not a JSON object", how)
    return {str(key): item for key, item in value.items()}


def _notionals(value: Any) -> dict[str, Any]:  # noqa: ANN401 whatever pydantic was given
    how = 'write a JSON object such as {"BTCUSDT-PERP.BINANCE": 50000}, in single quotes in an env file'
    mapping = json_mapping(value, how)
    check_ids(tuple(mapping))
    wrong = [key for key, v in mapping.items() if isinstance(v, bool) or not isinstance(v, int) or not 0 < v < 10**15]
    if wrong:
        raise fault(
            f"the limit of {', '.join(wrong)} is not a whole number above zero (upstream takes no fraction)", how
        )
    return mapping


def _leverages(value: Any) -> dict[str, Any]:  # noqa: ANN401 whatever pydantic was given
    how = 'write a JSON object such as {"BTCUSDT-PERP.BINANCE": 5}, in single quotes in an env file'
    mapping = json_mapping(value, how)
    check_ids(tuple(mapping))
    wrong = [
        key
        for key, leverage in mapping.items()
        if isinstance(leverage, bool) or not isinstance(leverage, int) or not 1 <= leverage <= _HIGHEST_LEVERAGE
    ]
    if wrong:
        raise fault(f"the leverage of {', '.join(wrong)} is not a whole number from 1 to {_HIGHEST_LEVERAGE}", how)
    return mapping


def choices_per_instrument(value: Any, choices: tuple[str, ...], example: str) -> dict[str, Any]:  # noqa: ANN401 see above
    """Return a mapping from instrument id to one of some words."""
    how = f"write a JSON object such as {example}, in single quotes in an env file"
    mapping = json_mapping(value, how)
    check_ids(tuple(mapping))
    wrong = [key for key, choice in mapping.items() if choice not in choices]
    if wrong:
        raise fault(f"the value of {', '.join(wrong)} is none of {', '.join(choices)}", how)
    return {key: str(choice) for key, choice in mapping.items()}


InstrumentIds = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: split_list(value, of="instruments", longest=_MOST_INSTRUMENTS)),
    AfterValidator(check_ids),
]
"""Comma-separated instrument ids, SYMBOL.VENUE."""

Notionals = Annotated[dict[str, int], BeforeValidator(_notionals)]
"""Largest notional of one order per instrument id, whole quote units."""

Leverages = Annotated[dict[str, int], BeforeValidator(_leverages)]
"""Leverage per instrument id."""

MarginTypes = Annotated[
    dict[str, str],
    BeforeValidator(
        lambda value: choices_per_instrument(value, ("CROSSED", "ISOLATED"), '{"BTCUSDT-PERP.BINANCE": "ISOLATED"}')
    ),
]
"""Binance's margin type per instrument id (nautilus_trader/adapters/binance/futures/enums.py)."""

PositionModes = Annotated[
    dict[str, str],
    BeforeValidator(
        lambda value: choices_per_instrument(
            value, ("MERGED_SINGLE", "BOTH_SIDES"), '{"BTCUSDT-LINEAR.BYBIT": "MERGED_SINGLE"}'
        )
    ),
]
"""Bybit's position mode per instrument id."""
