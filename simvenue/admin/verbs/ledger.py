"""The verbs that read whole ledgers: the dump that a node is compared with, and the audit.

Both read a snapshot in a thread: a ledger of any size neither holds the exchange up nor has to fit into memory.
"""

import asyncio
import json
from collections.abc import Iterable, Iterator, Sequence

from aiohttp import web
from pydantic import BaseModel, Field, TypeAdapter

from simvenue.admin.documents import FillDocument, FundingDocument, Number, OrderDocument, PositionDocument
from simvenue.admin.errors import invalid
from simvenue.admin.route import Answer, Call, Route, VenueQuery
from simvenue.exchange.audit import audit as contradictions
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.snapshot import Snapshot
from simvenue.exchange.types import Rejection, RejectReason
from simvenue.registry import ServedVenue

_ROWS = 500
"""Rows read and sent at a time, a few milliseconds' work."""


class LedgerQuery(VenueQuery):
    """Whose ledger."""

    account: str | None = Field(None, description="Whose; always needed.", examples=["node"])


class LedgerDocument(Answer):
    """All that an account ever did and what it owns, as of one moment."""

    venue: str
    account: str
    orders: list[OrderDocument]
    fills: list[FillDocument]
    funding: list[FundingDocument]
    positions: list[PositionDocument]
    balances: dict[str, Number]


class Audit(Answer):
    """What contradicts itself in a venue's books; nothing is the only good answer."""

    venue: str
    contradictions: dict[str, list[str]] = Field(description="By account, one sentence each.")


_BALANCES: TypeAdapter[dict[str, Number]] = TypeAdapter(dict[str, Number])


async def ledger(call: Call[LedgerQuery, None]) -> web.StreamResponse:
    """Dump an account's orders, fills, funding, positions and balances: the truth that a node is compared with."""
    venue, account = call.venue, call.query.account
    if account is None:
        raise invalid([f"give ?account= one of {', '.join(venue.exchange.accounts)}"])
    _check_account(venue.exchange, account)
    response = web.StreamResponse(headers={"Content-Type": "application/json; charset=utf-8"})
    snapshot = await asyncio.to_thread(Snapshot, venue.ledger.path)
    try:
        await response.prepare(call.request)
        parts = _parts(venue.name, account, snapshot)
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            await response.write(part)
    finally:
        await asyncio.to_thread(snapshot.close)
    await response.write_eof()
    return response


def _check_account(exchange: Exchange, account: str) -> None:
    if account not in exchange.accounts:
        detail = f"account {account} is not one of {', '.join(exchange.accounts)}"
        raise Rejection(RejectReason.UNKNOWN_ACCOUNT, detail)


def _parts(venue: str, account: str, snapshot: Snapshot) -> Iterator[bytes]:
    # The text of a LedgerDocument, piece by piece.
    yield f'{{"venue":{json.dumps(venue)},"account":{json.dumps(account)}'.encode()
    yield from _list("orders", OrderDocument, snapshot.each_order(account, _ROWS))
    yield from _list("fills", FillDocument, snapshot.each_fill(account, _ROWS))
    yield from _list("funding", FundingDocument, snapshot.each_payment(account, _ROWS))
    yield from _list("positions", PositionDocument, [snapshot.positions(account)])
    yield b',"balances":' + _BALANCES.dump_json(snapshot.balances(account)) + b"}"


def _list(name: str, document: type[BaseModel], pages: Iterable[Sequence[object]]) -> Iterator[bytes]:
    rows = TypeAdapter(list[document])  # type: ignore[valid-type] # a type that is known at run time only
    separator = f',"{name}":['.encode()
    for page in pages:
        if page:
            yield separator + rows.dump_json(rows.validate_python(page, from_attributes=True))[1:-1]
            separator = b","
    yield b"]" if separator == b"," else separator + b"]"


async def audit(call: Call[VenueQuery, None]) -> Audit:
    """Add every account's fills up again and compare with its books."""
    found = await asyncio.to_thread(_audit, call.venue)
    return Audit(venue=call.venue.name, contradictions=found)


def _audit(venue: ServedVenue) -> dict[str, list[str]]:
    snapshot = Snapshot(venue.ledger.path)
    try:
        return {
            account: contradictions(snapshot, account, venue.exchange.instruments) for account in snapshot.accounts()
        }
    finally:
        snapshot.close()


ROUTES = (
    Route(method="GET", path="/admin/v1/ledger", act=ledger, answer=LedgerDocument, query=LedgerQuery),
    Route(method="GET", path="/admin/v1/audit", act=audit, answer=Audit, query=VenueQuery),
)
