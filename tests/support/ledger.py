"""Compares what a node believes with the venue's ledger, order for order and fill for fill."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# nautilus_trader/model/enums.py OrderStatus, for each status of the venue.
STATUS = {
    "UNTRIGGERED": {"ACCEPTED", "PENDING_UPDATE", "PENDING_CANCEL"},
    "NEW": {"ACCEPTED", "PENDING_UPDATE", "PENDING_CANCEL"},
    "PARTIALLY_FILLED": {"PARTIALLY_FILLED", "PENDING_UPDATE", "PENDING_CANCEL"},
    "FILLED": {"FILLED"},
    "CANCELED": {"CANCELED"},
    "EXPIRED": {"EXPIRED", "CANCELED", "REJECTED"},
    "REJECTED": {"EXPIRED", "CANCELED", "REJECTED"},
}
OPEN = ("UNTRIGGERED", "NEW", "PARTIALLY_FILLED")


# simvenue/venues/bybit/identifiers.py: the ledger's number stands at the end, as hexadecimal or decimal digits.
_BYBIT_LINEAR = re.compile(r"51a70000-0000-4000-9000-([0-9a-f]{12})")
_BYBIT_SPOT_BASE = 2_000_000_000_000_000_000


def symbol_of(instrument_id: str) -> str:
    """Return what the ledger calls an instrument of the node."""
    return instrument_id.rpartition(".")[0].removesuffix("-PERP")


def venue_trade_id(text: object) -> str:
    """Return what the ledger calls a fill of the node."""
    linear = _BYBIT_LINEAR.fullmatch(str(text))
    if linear:
        return str(int(linear[1], 16))
    number = int(str(text)) if str(text).isdigit() else 0
    return str(number - _BYBIT_SPOT_BASE) if number > _BYBIT_SPOT_BASE else str(text)


def differences(node: Mapping[str, Any], ledger: Mapping[str, Any]) -> list[str]:
    """Says every difference between a node's dump and the venue's ledger; empty when they are equal.

    Args:
        node: what ``noderun dump --json`` printed.
        ledger: what ``simvenue ledger --json`` printed for the node's account.

    """
    return [*_fill_differences(node, ledger), *_order_differences(node, ledger), *_position_differences(node, ledger)]


def _fill_differences(node: Mapping[str, Any], ledger: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    ids = [venue_trade_id(fill["trade_id"]) for fill in node["fills"]]
    found += [f"fill {trade_id} applied twice by the node" for trade_id in {i for i in ids if ids.count(i) > 1}]
    ours = {venue_trade_id(fill["trade_id"]): fill for fill in node["fills"]}
    theirs = {str(fill["trade_id"]): fill for fill in ledger["fills"]}
    found += [f"fill {i} lost: at the venue, not at the node" for i in sorted(theirs.keys() - ours.keys())]
    found += [f"fill {i} phantom: at the node, not at the venue" for i in sorted(ours.keys() - theirs.keys())]
    for trade_id in sorted(ours.keys() & theirs.keys()):
        mine, venue = ours[trade_id], theirs[trade_id]
        found += [
            f"fill {trade_id}: {key} is {mine[key]} at the node, {venue[key]} at the venue"
            for key in ("price", "quantity")
            if Decimal(mine[key]) != Decimal(venue[key])
        ]
        found += [
            f"fill {trade_id}: {key} is {mine[key]} at the node, {venue[key]} at the venue"
            for key in ("side", "client_order_id")
            if str(mine[key]) != str(venue[key])
        ]
    return found


def _order_differences(node: Mapping[str, Any], ledger: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    ours = {order["client_order_id"]: order for order in node["orders"]}
    theirs = {order["client_order_id"]: order for order in ledger["orders"]}
    # The engine denies orders before they leave, and the venue may reject them: those never reach the ledger.
    sent = {i for i, order in ours.items() if order["status"] not in {"DENIED", "REJECTED", "INITIALIZED"}}
    found += [f"order {i}: open at the venue, unknown to the node" for i in _open(theirs) if i not in ours]
    found += [f"order {i}: {ours[i]['status']} at the node, unknown to the venue" for i in sorted(sent - theirs.keys())]
    for client_id in sorted(ours.keys() & theirs.keys()):
        mine, venue = ours[client_id], theirs[client_id]
        if mine["status"] not in STATUS[venue["status"]]:
            found.append(f"order {client_id}: {mine['status']} at the node, {venue['status']} at the venue")
        found += [
            f"order {client_id}: {label} is {mine[a]} at the node, {venue[b]} at the venue"
            for label, a, b in (("filled", "filled_qty", "filled"), ("quantity", "quantity", "quantity"))
            if Decimal(mine[a]) != Decimal(venue[b])
        ]
    return found


def _open(orders: Mapping[str, Mapping[str, Any]]) -> list[str]:
    return sorted(i for i, order in orders.items() if order["status"] in OPEN)


def _position_differences(node: Mapping[str, Any], ledger: Mapping[str, Any]) -> list[str]:
    ours: dict[str, Decimal] = {}
    for position in node["positions"]:
        symbol = symbol_of(position["instrument_id"])
        ours[symbol] = ours.get(symbol, Decimal(0)) + Decimal(position["quantity"])
    theirs: dict[str, Decimal] = {}
    for position in ledger["positions"]:
        # In hedge mode a symbol has two.
        theirs[position["symbol"]] = theirs.get(position["symbol"], Decimal(0)) + Decimal(position["quantity"])
    held, rounded = _spot_holdings(ledger, set(theirs))
    theirs |= held
    return [
        f"position {symbol}: {ours.get(symbol, 0)} at the node, {theirs.get(symbol, 0)} at the venue"
        for symbol in sorted(ours.keys() | theirs.keys())
        if abs(ours.get(symbol, Decimal(0)) - theirs.get(symbol, Decimal(0))) > rounded.get(symbol, Decimal(0))
    ]


def _spot_holdings(ledger: Mapping[str, Any], contracts: set[str]) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    # Spot has no positions at the venue; upstream makes one of the fills, less the fees that were paid in what was
    # bought, each rounded to the instrument's decimals.
    held: dict[str, Decimal] = {}
    rounded: dict[str, Decimal] = {}
    for fill in ledger["fills"]:
        symbol, quantity = fill.get("symbol"), Decimal(fill["quantity"])
        if symbol is None or symbol in contracts:
            continue
        paid = Decimal(fill["commission"]) if symbol.startswith(fill["commission_asset"]) else Decimal(0)
        signed = quantity if fill["side"] == "BUY" else -quantity
        held[symbol] = held.get(symbol, Decimal(0)) + signed - paid
        step = Decimal(1).scaleb(int(quantity.as_tuple().exponent)) if paid else Decimal(0)
        rounded[symbol] = rounded.get(symbol, Decimal(0)) + step
    return held, rounded
