"""`simvenue market`: move the simulated markets, disturb them, or let them stand still; and what contracts suffer."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from simvenue.cli.client import DEFAULT_URL, AdminUrl, AsJson, Venue, call
from simvenue.cli.output import print_json, say, table

app = typer.Typer(no_args_is_help=True, help="Move the simulated market.")

Symbol = Annotated[str, typer.Option(help="For example BTCUSDT; at Bybit BTCUSDT-LINEAR or BTCUSDT-SPOT.")]
Seconds = Annotated[float, typer.Option(help="How long.")]


def _post(
    verb: str, venue: str | None, admin_url: str, body: Mapping[str, Any] | None = None, *, as_json: bool, told: str
) -> None:
    answer = call("POST", admin_url, f"/admin/v1/market/{verb}", query={"venue": venue}, body=body)
    if as_json:
        print_json(answer)
        return
    say(told.format(**answer))


@app.command()
@app.command("gap", help="The same as shift.")
def shift(
    symbol: Symbol,
    percent: Annotated[str, typer.Option(help="By how much of the price; negative is down.")],
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Move a market's price in one step and for good."""
    body = {"symbol": symbol, "percent": percent}
    _post("shift", venue, admin_url, body, as_json=as_json, told="{symbol} stands at {mark_price}")


@app.command()
def spread(
    symbol: Symbol,
    factor: Annotated[str, typer.Option(help="Of every quote's distance from the price; 10 is ten times as wide.")],
    seconds: Seconds,
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Move the market's own quotes away from the price for a while."""
    body = {"symbol": symbol, "factor": factor, "seconds": seconds}
    _post("spread", venue, admin_url, body, as_json=as_json, told="{symbol} is widened")


@app.command()
def thin(
    symbol: Symbol,
    share: Annotated[str, typer.Option(help="What is left of every quote; 0.1 is a tenth.")],
    seconds: Seconds,
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Leave only a share of the market's own quotes for a while."""
    body = {"symbol": symbol, "share": share, "seconds": seconds}
    _post("thin", venue, admin_url, body, as_json=as_json, told="{symbol} is thinned")


@app.command()
def halt(symbol: Symbol, venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Stop a market until it is reopened, over restarts too: it stands still and takes cancels only."""
    told = "{symbol} is halted; `simvenue market reopen` ends it"
    _post("halt", venue, admin_url, {"symbol": symbol}, as_json=as_json, told=told)


@app.command()
def reopen(symbol: Symbol, venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Let a halted market take orders and move again."""
    _post("reopen", venue, admin_url, {"symbol": symbol}, as_json=as_json, told="{symbol} is open")


@app.command()
def pause(venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Let the markets of a venue, or of all, stand still, so that nothing changes but by customers' orders."""
    told = "the markets stand still; `simvenue market resume` lets them go on"
    _post("pause", venue, admin_url, as_json=as_json, told=told)


@app.command()
def resume(venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Let the markets of a venue, or of all, go on from where they stand."""
    _post("resume", venue, admin_url, as_json=as_json, told="the markets move")


@app.command()
def speed(
    speed: Annotated[float, typer.Argument(help="Market seconds in a second.")],
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Let the markets of a venue, or of all, move faster or slower, until a restart."""
    _post("speed", venue, admin_url, {"speed": speed}, as_json=as_json, told=f"the markets move at {speed:g} times")


def fund(
    symbol: Symbol,
    rate: Annotated[str, typer.Option(help="0.0001 is 0.01 %.")],
    venue: Venue = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Have every position of a contract pay or receive funding now."""
    body = {"symbol": symbol, "rate": rate}
    booked = call("POST", admin_url, "/admin/v1/market/funding", query={"venue": venue}, body=body)
    if as_json:
        print_json(booked)
        return
    table(
        "payments",
        booked["payments"],
        ("account", "position_side", "quantity", "mark_price", "rate", "amount", "asset"),
    )
