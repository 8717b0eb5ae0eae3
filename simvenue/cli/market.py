"""`simvenue market`: move the simulated markets, or let them stand still."""

from typing import Annotated

import typer

from simvenue.cli.client import DEFAULT_URL, AdminUrl, AsJson, Venue, call
from simvenue.cli.output import print_json, say

app = typer.Typer(no_args_is_help=True, help="Move the simulated market.")

Symbol = Annotated[str, typer.Option(help="For example BTCUSDT.")]


@app.command()
def shift(
    symbol: Symbol,
    percent: Annotated[str, typer.Option(help="By how much of the price; negative is down.")],
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Move a market's price at once and for good."""
    body = {"symbol": symbol, "percent": percent}
    moved = call("POST", admin_url, "/admin/v1/market/shift", query={"venue": venue}, body=body)
    if as_json:
        print_json(moved)
        return
    say(f"{moved['symbol']} stands at {moved['mark_price']}")


@app.command()
def pause(venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL) -> None:
    """Let the markets stand still, so that nothing changes but by customers' orders."""
    call("POST", admin_url, "/admin/v1/market/pause", query={"venue": venue})
    say("the markets stand still; `simvenue market resume` lets them go on")


@app.command()
def resume(venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL) -> None:
    """Let the markets go on from where they stand."""
    call("POST", admin_url, "/admin/v1/market/resume", query={"venue": venue})
    say("the markets move")
