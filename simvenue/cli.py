"""The simvenue command: run the exchange, look into its ledger, trade as somebody else."""

import asyncio
import json
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
orders = typer.Typer(no_args_is_help=True, help="Place and cancel orders as any account.")
market = typer.Typer(no_args_is_help=True, help="Move the simulated market.")
app.add_typer(orders, name="orders")
app.add_typer(market, name="market")

_UNAVAILABLE, _INTERNAL, _IO, _CONFIG = 69, 70, 74, 78  # sysexits(3)
_TIMEOUT_SECONDS = 10

# Into a file or a pipe tables go in full width; Rich would cut them to 80 columns.
console = Console(width=None if sys.stdout.isatty() else 200)
errors = Console(stderr=True, soft_wrap=True, highlight=False)

AdminUrl = Annotated[
    str, typer.Option("--admin-url", envvar="SIMVENUE_ADMIN_URL", help="Where the admin API of a running simvenue is.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
_DEFAULT_URL = "http://127.0.0.1:8190"

_ORDER_COLUMNS = ("order_id", "client_order_id", "symbol", "side", "type", "price", "quantity", "filled", "status")
_FILL_COLUMNS = ("trade_id", "order_id", "symbol", "side", "price", "quantity", "commission", "is_maker")

# The admin API is on loopback or in a lab: a proxy of the environment must not get its requests.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _fail(message: str, code: int) -> NoReturn:
    errors.print(message, style="red", markup=False)
    raise typer.Exit(code)


@app.command()
def serve(
    config: Annotated[Path, typer.Option("--config", help="simvenue.yaml")],
    *,
    allow_readable_config: Annotated[
        bool, typer.Option("--allow-readable-config", help="Take a file that everybody on this machine can read.")
    ] = False,
) -> None:
    """Run the simulated exchange until SIGTERM.

    Exit codes: 0 stopped, 69 an address is taken, 70 unexpected, 74 the ledger cannot be used, 78 configuration wrong.
    """
    # Slow imports that the other commands do not need.
    from simvenue import logs, service  # noqa: PLC0415
    from simvenue.config import ConfigurationError, load  # noqa: PLC0415
    from simvenue.exchange.ledger import LedgerError  # noqa: PLC0415
    from simvenue.market.replay import RecordingError  # noqa: PLC0415
    from simvenue.notify import notify  # noqa: PLC0415

    logs.configure()

    def refuse(message: str, code: int) -> NoReturn:
        notify(f"STATUS={code} {message.splitlines()[0]}")
        _fail(message, code)

    try:
        asyncio.run(service.serve(load(config, allow_readable=allow_readable_config)))
    except ConfigurationError as error:
        refuse("\n".join(f"{error.path}: {problem}" for problem in error.problems), _CONFIG)
    except RecordingError as error:
        refuse(f"{config}: {error}", _CONFIG)
    except service.PortTakenError as error:
        refuse(f"{config}: {error}", _UNAVAILABLE)
    except LedgerError as error:
        refuse(str(error), _IO)
    except ExceptionGroup as error:
        service.log.exception("failed", exc_info=error)
        refuse(f"simvenue failed: {error.exceptions[0]}; the ledger holds all that was acknowledged", _INTERNAL)


def _call(method: str, url: str, path: str, body: dict[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    if not url.startswith(("http://", "https://")):
        _fail(f"--admin-url {url} is no address; give one such as {_DEFAULT_URL}", 2)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data=data, method=method)  # noqa: S310 - checked above
    try:
        with _opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        answer = error.read()
        try:
            refused = json.loads(answer)["error"]
        except (ValueError, KeyError, TypeError):
            _fail(f"{url} answered {error.code} and is not simvenue's admin API; check --admin-url", _UNAVAILABLE)
        _fail(f"{refused['reason']}: {refused['detail']}", 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        _fail(f"simvenue does not answer at {url} ({reason}); start it or give --admin-url", _UNAVAILABLE)


def _print_json(document: object) -> None:
    typer.echo(json.dumps(document, indent=2))


def _table(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table(title=f"{title} ({len(rows)})", title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*("" if row[column] is None else str(row[column]) for column in columns))
    console.print(table)


@app.command()
def ledger(
    account: Annotated[str, typer.Option(help="Whose.")] = "node",
    admin_url: AdminUrl = _DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Show an account's orders, fills, positions and balances: the truth that a node is compared with."""
    document = _call("GET", admin_url, f"/admin/v1/ledger?account={urllib.parse.quote(account)}")
    if as_json:
        _print_json(document)
        return
    _table("orders", document["orders"], _ORDER_COLUMNS)
    _table("fills", document["fills"], _FILL_COLUMNS)
    _table("positions", document["positions"], ("symbol", "quantity", "entry_price", "realized_pnl"))
    _table("balances", [{"asset": a, "amount": v} for a, v in document["balances"].items()], ("asset", "amount"))


@app.command()
def state(admin_url: AdminUrl = _DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Show markets and accounts as they are now."""
    document = _call("GET", admin_url, "/admin/v1/state")
    if as_json:
        _print_json(document)
        return
    _table("markets", document["instruments"], ("symbol", "mark_price", "bid", "ask", "market"))
    accounts = [{**account, "balances": account["balances"].get("USDT", "0")} for account in document["accounts"]]
    _table("accounts", accounts, ("name", "balances", "unrealized_pnl", "available", "open_orders"))


@app.command()
def audit(admin_url: AdminUrl = _DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Add every account's fills up again and compare with its books; exit 1 when they contradict each other."""
    document = _call("GET", admin_url, "/admin/v1/audit")
    rows = [{"account": a, "contradiction": text} for a, found in document["contradictions"].items() for text in found]
    if as_json:
        _print_json(document)
    else:
        _table("contradictions", rows, ("account", "contradiction"))
    raise typer.Exit(1 if rows else 0)


@orders.command("place")
def place(
    *,
    symbol: Annotated[str, typer.Option(help="For example BTCUSDT.")],
    side: Annotated[str, typer.Option(help="BUY or SELL.")],
    quantity: Annotated[str, typer.Option(help="In the base asset.")],
    price: Annotated[str | None, typer.Option(help="Limit price; without it a market order.")] = None,
    time_in_force: Annotated[str, typer.Option(help="GTC, IOC, FOK or GTX.")] = "GTC",
    account: Annotated[str, typer.Option(help="As whom.")] = "other",
    admin_url: AdminUrl = _DEFAULT_URL,
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Never open or grow a position.")] = False,
    as_json: AsJson = False,
) -> None:
    """Place an order as somebody else, or as an account's owner from elsewhere."""
    body = {
        "account": account,
        "symbol": symbol,
        "side": side.upper(),
        "type": "MARKET" if price is None else "LIMIT",
        "quantity": quantity,
        "price": price,
        "time_in_force": time_in_force.upper(),
        "reduce_only": reduce_only,
    }
    _show_order(_call("POST", admin_url, "/admin/v1/orders", body), as_json=as_json)


@orders.command("cancel")
def cancel(order_id: int, admin_url: AdminUrl = _DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Cancel an open order of any account, as its owner would from elsewhere."""
    _show_order(_call("DELETE", admin_url, f"/admin/v1/orders/{order_id}"), as_json=as_json)


def _show_order(order: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        _print_json(order)
        return
    _table("order", [order], ("order_id", "account", "symbol", "side", "price", "quantity", "filled", "status"))


@market.command("shift")
def shift(
    symbol: Annotated[str, typer.Option(help="For example BTCUSDT.")],
    percent: Annotated[str, typer.Option(help="By how much of the price; negative is down.")],
    admin_url: AdminUrl = _DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Move a market's price at once and for good."""
    moved = _call("POST", admin_url, "/admin/v1/market/shift", {"symbol": symbol, "percent": percent})
    if as_json:
        _print_json(moved)
        return
    console.print(f"{moved['symbol']} stands at {moved['mark_price']}")


@market.command("pause")
def pause(admin_url: AdminUrl = _DEFAULT_URL) -> None:
    """Let the markets stand still, so that nothing changes but by customers' orders."""
    _call("POST", admin_url, "/admin/v1/market/pause")
    console.print("the markets stand still; `simvenue market resume` lets them go on")


@market.command("resume")
def resume(admin_url: AdminUrl = _DEFAULT_URL) -> None:
    """Let the markets go on from where they stand."""
    _call("POST", admin_url, "/admin/v1/market/resume")
    console.print("the markets move")


if __name__ == "__main__":
    app()
