"""`simvenue orders`: place and cancel orders as any account."""

from typing import Annotated, Any

import typer

from simvenue.cli.client import DEFAULT_URL, AdminUrl, AsJson, Venue, call
from simvenue.cli.order_body import body, problems
from simvenue.cli.output import USAGE, fail, print_json, table

app = typer.Typer(no_args_is_help=True, help="Place and cancel orders as any account.")

_COLUMNS = ("order_id", "account", "symbol", "side", "price", "quantity", "filled", "status")


@app.command()
def place(
    *,
    symbol: Annotated[str, typer.Option(help="For example BTCUSDT.")],
    side: Annotated[str, typer.Option(help="BUY or SELL.")],
    quantity: Annotated[str | None, typer.Option(help="In the base asset.")] = None,
    quote_quantity: Annotated[
        str | None, typer.Option(help="Instead: what a spot market order spends or receives of the quote asset.")
    ] = None,
    close_position: Annotated[
        bool, typer.Option("--close-position", help="Instead: the whole position at that moment.")
    ] = False,
    price: Annotated[str | None, typer.Option(help="Limit price; without it a market order.")] = None,
    time_in_force: Annotated[str, typer.Option(help="GTC, IOC, FOK, GTX or GTD.")] = "GTC",
    expires_ms: Annotated[int | None, typer.Option(help="End of a GTD order, milliseconds since the epoch.")] = None,
    trigger: Annotated[str | None, typer.Option(help="STOP, TAKE_PROFIT or TRAILING: the order waits for it.")] = None,
    trigger_price: Annotated[str | None, typer.Option(help="Where a STOP or TAKE_PROFIT fires.")] = None,
    trigger_source: Annotated[str | None, typer.Option(help="LAST (default), MARK or INDEX price.")] = None,
    rises: Annotated[
        bool | None, typer.Option("--rises/--falls", help="At or above, or at or below; by trigger and side.")
    ] = None,
    activation_price: Annotated[str | None, typer.Option(help="Where a TRAILING order starts to follow.")] = None,
    callback_rate: Annotated[str | None, typer.Option(help="How far back it fires; 0.01 is 1 %.")] = None,
    callback_offset: Annotated[str | None, typer.Option(help="The same as a difference of prices.")] = None,
    account: Annotated[str, typer.Option(help="As whom.")] = "other",
    client_order_id: Annotated[str | None, typer.Option(help="Made up when not given.")] = None,
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Never open or grow a position.")] = False,
    position_side: Annotated[str, typer.Option(help="LONG or SHORT for an account in hedge mode.")] = "BOTH",
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Place an order as somebody else, or as an account's owner from elsewhere."""
    order = {
        "account": account,
        "symbol": symbol,
        "side": side.upper(),
        "type": "MARKET" if price is None else "LIMIT",
        "quantity": quantity,
        "quote_quantity": quote_quantity,
        "close_position": close_position,
        "price": price,
        "time_in_force": time_in_force.upper(),
        "expires_ms": expires_ms,
        "client_order_id": client_order_id,
        "reduce_only": reduce_only,
        "position_side": position_side.upper(),
    }
    waits = {
        "kind": trigger and trigger.upper(),
        "price": trigger_price,
        "source": trigger_source and trigger_source.upper(),
        "rises": rises,
        "activation_price": activation_price,
        "callback_rate": callback_rate,
        "callback_offset": callback_offset,
    }
    if found := problems(order, waits):
        fail("\n".join(found), USAGE)
    placed = call("POST", admin_url, "/admin/v1/orders", query={"venue": venue}, body=body(order, waits))
    _show(placed, as_json=as_json)


@app.command()
def cancel(order_id: int, venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Cancel an open order of any account, as its owner would from elsewhere."""
    _show(call("DELETE", admin_url, f"/admin/v1/orders/{order_id}", query={"venue": venue}), as_json=as_json)


def liquidate(
    symbol: Annotated[str, typer.Option(help="For example BTCUSDT.")],
    account: Annotated[str, typer.Option(help="Whose position.")] = "node",
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Cancel an account's orders in a contract and close its position by force."""
    whose = {"account": account, "symbol": symbol}
    closed = call("POST", admin_url, "/admin/v1/liquidate", query={"venue": venue}, body=whose)
    if as_json:
        print_json(closed)
        return
    table("closing orders", closed["orders"], _COLUMNS)


@app.command("list")
def list_orders(
    account: Annotated[str | None, typer.Option(help="Whose; everybody's without it.")] = None,
    symbol: Annotated[str | None, typer.Option(help="In one market.")] = None,
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Show open orders."""
    query = {"account": account, "symbol": symbol, "venue": venue}
    document = call("GET", admin_url, "/admin/v1/orders", query=query)
    if as_json:
        print_json(document)
        return
    table("open orders", document["orders"], (*_COLUMNS, "client_order_id"))


def _show(order: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(order)
        return
    table("order", [order], _COLUMNS)
