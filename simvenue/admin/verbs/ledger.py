"""The verbs that read whole ledgers: the dump that a node is compared with, and the audit.

Both read a snapshot in a thread: a ledger of any size neither holds the exchange up nor has to fit into memory.
"""

import asyncio

from aiohttp import web
from pydantic import Field

from simvenue.admin.documents import FillDocument, FundingDocument, Number, OrderDocument, PositionDocument
from simvenue.admin.dump import parts
from simvenue.admin.errors import invalid
from simvenue.admin.route import Answer, Call, Route, VenueQuery
from simvenue.exchange.audit import audit as contradictions
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.snapshot import Snapshot
from simvenue.exchange.types import Rejection, RejectReason
from simvenue.registry import ServedVenue


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
        text = parts(venue.name, account, snapshot)
        while (part := await asyncio.to_thread(next, text, None)) is not None:
            await response.write(part)
    finally:
        await asyncio.to_thread(snapshot.close)
    await response.write_eof()
    return response


def _check_account(exchange: Exchange, account: str) -> None:
    if account not in exchange.accounts:
        detail = f"account {account} is not one of {', '.join(exchange.accounts)}"
        raise Rejection(RejectReason.UNKNOWN_ACCOUNT, detail)


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
