"""The commands that only look: ledger, state, audit."""

from typing import Annotated, Any

import typer

from simvenue.cli.client import DEFAULT_URL, AdminUrl, AsJson, Venue, call
from simvenue.cli.output import print_json, table

_ORDER_COLUMNS = ("order_id", "client_order_id", "symbol", "side", "type", "price", "quantity", "filled", "status")
_FILL_COLUMNS = ("trade_id", "order_id", "symbol", "side", "price", "quantity", "commission", "is_maker")
_POSITION_COLUMNS = ("symbol", "quantity", "entry_price", "realized_pnl")

_MARKET_COLUMNS = ("symbol", "mark_price", "bid", "ask", "halted", "shocks", "market")
_ACCOUNT_COLUMNS = ("name", "balances", "unrealized_pnl", "available", "open_orders")


def ledger(
    account: Annotated[str, typer.Option(help="Whose.")] = "node",
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Show an account's orders, fills, positions and balances: the truth that a node is compared with."""
    document = call("GET", admin_url, "/admin/v1/ledger", query={"account": account, "venue": venue})
    if as_json:
        print_json(document)
        return
    table("orders", document["orders"], _ORDER_COLUMNS)
    table("fills", document["fills"], _FILL_COLUMNS)
    table("positions", document["positions"], _POSITION_COLUMNS)
    table("balances", [{"asset": a, "amount": v} for a, v in document["balances"].items()], ("asset", "amount"))


def state(venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Show markets and accounts as they are now, of one venue or of all; as JSON of one only."""
    names = [venue] if venue or as_json else [v["name"] for v in call("GET", admin_url, "/admin/v1/venues")["venues"]]
    for name in names:
        document = call("GET", admin_url, "/admin/v1/state", query={"venue": name})
        if as_json:
            print_json(document)
            return
        table(f"{document['venue']}: markets", document["instruments"], _MARKET_COLUMNS)
        table(f"{document['venue']}: accounts", [_account(one) for one in document["accounts"]], _ACCOUNT_COLUMNS)


def _account(account: dict[str, Any]) -> dict[str, Any]:
    held = ", ".join(f"{amount} {asset}" for asset, amount in account["balances"].items())
    return {**account, "balances": held}


def audit(venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Add every account's fills up again and compare with its books; exit 1 when they contradict each other."""
    document = call("GET", admin_url, "/admin/v1/audit", query={"venue": venue})
    rows = [{"account": a, "contradiction": text} for a, found in document["contradictions"].items() for text in found]
    if as_json:
        print_json(document)
    else:
        table("contradictions", rows, ("account", "contradiction"))
    raise typer.Exit(1 if rows else 0)
