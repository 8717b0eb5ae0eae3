"""How orders, fills, positions and payments stand in the ledger's tables: their statements, and rows to types and back.

Columns are the types' fields, so a row is read and written by name. Decimals stand as text: SQLite has no exact
numbers. A trigger stands as one JSON object of the fields that are set.
"""
# ruff: noqa: S608 - the statements are put together from field names of our own types, nothing comes from outside

from __future__ import annotations

import json
import sqlite3
from dataclasses import fields
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from simvenue.exchange.contracts import FundingPayment
from simvenue.exchange.types import (
    Fill,
    Order,
    OrderStatus,
    OrderType,
    Position,
    PositionSide,
    Side,
    TimeInForce,
    Trigger,
    TriggerKind,
    TriggerSource,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_ORDER = tuple(field.name for field in fields(Order))
_FILL = tuple(field.name for field in fields(Fill))
_POSITION = tuple(field.name for field in fields(Position))
_FUNDING = tuple(field.name for field in fields(FundingPayment))
_FIXED = {
    "order_id",
    "account",
    "symbol",
    "client_order_id",
    "side",
    "type",
    "time_in_force",
    "created_ms",
    "position_side",
}

order_row: Callable[[Order], tuple[Any, ...]] = attrgetter(*_ORDER)
fill_row: Callable[[Fill], tuple[Any, ...]] = attrgetter(*_FILL)
position_row: Callable[[Position], tuple[Any, ...]] = attrgetter(*_POSITION)
funding_row: Callable[[FundingPayment], tuple[Any, ...]] = attrgetter(*_FUNDING)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _insert(table: str, names: tuple[str, ...], verb: str = "INSERT") -> str:
    return f"{verb} INTO {table} ({_names(names)}) VALUES ({', '.join('?' * len(names))})"


INSERT_ORDER = (
    _insert("orders", _ORDER)
    + " ON CONFLICT (order_id) DO UPDATE SET "
    + ", ".join(f'"{name}"=excluded."{name}"' for name in _ORDER if name not in _FIXED)
)
INSERT_BALANCE = (
    "INSERT INTO balances VALUES (?,?,'0',?) ON CONFLICT (account, asset) DO UPDATE SET amount=excluded.amount"
)
INSERT_FILL = _insert("fills", _FILL)
INSERT_FUNDING = _insert("funding", _FUNDING)
INSERT_POSITION = _insert("positions", _POSITION, "INSERT OR REPLACE")
SELECT_ORDER = f"SELECT {_names(_ORDER)} FROM orders"
SELECT_NOTED = f"{SELECT_ORDER} WHERE order_id IN (SELECT order_id FROM notes) ORDER BY order_id"
SELECT_FILL = f"SELECT {_names(_FILL)} FROM fills"
# The plus keeps SQLite from the account's index, which leads through the whole history.
FILLS_OF = f"{SELECT_FILL} WHERE order_id IN (SELECT value FROM json_each(?)) AND +account=? ORDER BY trade_id"
SELECT_FUNDING = f"SELECT {_names(_FUNDING)} FROM funding"
SELECT_POSITION = f"SELECT {_names(_POSITION)} FROM positions"


def trigger_text(trigger: Trigger) -> str:
    """Write a trigger as JSON."""
    present = ((field.name, getattr(trigger, field.name)) for field in fields(Trigger))
    return json.dumps({n: str(v) if isinstance(v, Decimal) else v for n, v in present if v is not None})


def _trigger(text: str) -> Trigger:
    present = json.loads(text)
    decimals = {name: Decimal(value) for name, value in present.items() if name not in {"kind", "rises", "source"}}
    kind, source = TriggerKind(present["kind"]), TriggerSource(present["source"])
    return Trigger(kind=kind, rises=present["rises"], source=source, **decimals)


sqlite3.register_adapter(Decimal, str)
sqlite3.register_adapter(Trigger, trigger_text)

_READ: dict[str, Callable[[Any], Any]] = {
    "Side": Side,
    "OrderType": OrderType,
    "TimeInForce": TimeInForce,
    "OrderStatus": OrderStatus,
    "PositionSide": PositionSide,
    "Decimal": Decimal,
    "Trigger": _trigger,
    "bool": bool,
    "int": int,
    "str": str,
}


def _reader[T](record: type[T]) -> Callable[[tuple[Any, ...]], T]:
    # One converter per column, looked up once: the annotations are strings, an optional field adds "| None".
    columns = [(field.name, _READ[str(field.type).removesuffix(" | None")]) for field in fields(record)]  # type: ignore[arg-type]

    def read(row: tuple[Any, ...]) -> T:
        return record(
            **{
                name: None if value is None else convert(value)
                for (name, convert), value in zip(columns, row, strict=True)
            }
        )

    return read


read_order = _reader(Order)
read_fill = _reader(Fill)
read_position = _reader(Position)
read_funding = _reader(FundingPayment)
