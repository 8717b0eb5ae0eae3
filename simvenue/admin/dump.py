"""The text of an account's whole ledger, piece by piece.

SQLite itself writes the rows as JSON: that keeps Python, and with it the exchange in the other thread, out of it.
"""
# ruff: noqa: S608 - the statements are put together from field names of our own models, nothing comes from outside

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, TypeAdapter

from simvenue.admin.documents import FillDocument, FundingDocument, Number, OrderDocument, PositionDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from simvenue.exchange.snapshot import Snapshot

_ROWS = 1000
"""Rows read and sent at a time: some 400 kB."""

_BALANCES: TypeAdapter[dict[str, Number]] = TypeAdapter(dict[str, Number])
_POSITIONS: TypeAdapter[list[PositionDocument]] = TypeAdapter(list[PositionDocument])


def _object(document: type[BaseModel], source: str) -> str:
    # `source` makes SQL for a column's value out of its name.
    values = (
        f"'{name}', {_value(field.annotation, source.format(field.validation_alias or name))}"
        for name, field in document.model_fields.items()
    )
    return f"json_object({', '.join(values)})"


def _value(annotation: Any, value: str) -> str:  # noqa: ANN401 - a type
    kinds = _kinds(annotation)
    nested = next((kind for kind in kinds if issubclass(kind, BaseModel)), None)
    if nested is not None:
        # A value of json_object is text again once it went through CASE.
        inner = _object(nested, f"json_extract({value}, '$.{{}}')")
        return f"json(CASE WHEN {value} IS NOT NULL THEN {inner} END)"
    if bool in kinds:
        return f"json(iif({value}, 'true', 'false'))"
    if Decimal in kinds:
        return f"CASE WHEN instr({value}, 'E') THEN plain({value}) ELSE {value} END"
    return value


def _kinds(annotation: Any) -> list[type]:  # noqa: ANN401 - a type
    if isinstance(annotation, type):
        return [annotation]
    return [kind for one in get_args(annotation) for kind in _kinds(one)]


def _select(document: type[BaseModel], table: str, order: str) -> str:
    return f"SELECT {_object(document, '"{}"')} FROM {table} WHERE account=? ORDER BY {order}"


_ORDERS = _select(OrderDocument, "orders", "order_id")
_FILLS = _select(FillDocument, "fills", "trade_id, order_id")
_FUNDING = _select(FundingDocument, "funding", "payment_id")


def parts(venue: str, account: str, snapshot: Snapshot) -> Iterator[bytes]:
    """Give the JSON of a `LedgerDocument`, in pieces that are small beside the whole."""
    yield f'{{"venue":{json.dumps(venue)},"account":{json.dumps(account)}'.encode()
    yield from _list("orders", snapshot.pages(_ORDERS, (account,), _ROWS))
    yield from _list("fills", snapshot.pages(_FILLS, (account,), _ROWS))
    yield from _list("funding", snapshot.pages(_FUNDING, (account,), _ROWS))
    positions = _POSITIONS.validate_python(snapshot.positions(account), from_attributes=True)
    yield b',"positions":' + _POSITIONS.dump_json(positions)
    yield b',"balances":' + _BALANCES.dump_json(snapshot.balances(account)) + b"}"


def _list(name: str, pages: Iterable[list[tuple[str]]]) -> Iterator[bytes]:
    yield f',"{name}":['.encode()
    separator = ""
    for page in pages:
        yield (separator + ",".join(text for (text,) in page)).encode()
        separator = ","
    yield b"]"
