"""`simvenue fault`: put faults in, list, clear and release them."""

import json
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from simvenue.cli.client import DEFAULT_URL, AdminUrl, AsJson, Venue, call
from simvenue.cli.output import USAGE, fail, print_json, say, table


class _Kinds(TyperGroup):
    # The models of the faults take longer to import than all other commands together.
    def list_commands(self, ctx: object) -> list[str]:
        from simvenue.cli import fault_kinds  # noqa: PLC0415 - see above

        return fault_kinds.names()

    def get_command(self, ctx: object, cmd_name: str) -> Any:  # noqa: ANN401 - a command of typer's own click
        from simvenue.cli import fault_kinds  # noqa: PLC0415 - see above

        return fault_kinds.command(cmd_name)


app = typer.Typer(no_args_is_help=True, help="Let venues misbehave.")
add = typer.Typer(
    cls=_Kinds, no_args_is_help=True, help="Put a fault in. `simvenue fault add KIND --help` shows a kind's options."
)
app.add_typer(add, name="add")


@add.callback()
def _add() -> None:
    # Makes typer keep a group that has no commands of its own.
    pass


_COLUMNS = ("id", "kind", "what", "hits", "seen", "state", "waiting")
_CLEAR_ALL = "all"


@app.command("list")
def list_faults(venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Show every fault that was not cleared: how often it met something, how often it struck, who waits for it."""
    document = call("GET", admin_url, "/admin/v1/faults", query={"venue": venue})
    show(document["faults"], document, as_json=as_json)


@app.command()
def clear(
    fault_id: Annotated[str, typer.Argument(metavar="ID", help="Its id, or all.")],
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """End a fault, or all; what it held goes on."""
    if fault_id == _CLEAR_ALL:
        document = call("DELETE", admin_url, "/admin/v1/faults")
        show(document["faults"], document, as_json=as_json)
        return
    cleared = call("DELETE", admin_url, f"/admin/v1/faults/{_number(fault_id)}")
    show([cleared], cleared, as_json=as_json)


@app.command()
def release(
    fault_id: Annotated[str, typer.Argument(metavar="ID", help="Of a hold fault.")],
    count: Annotated[int | None, typer.Option(help="How many, the longest waiting first; all without it.")] = None,
    admin_url: AdminUrl = DEFAULT_URL,
    *,
    as_json: AsJson = False,
) -> None:
    """Let the requests go on that a fault holds at its barrier; the fault stays and holds the next ones."""
    path = f"/admin/v1/faults/{_number(fault_id)}/release"
    released = call("POST", admin_url, path, query={"count": count})
    if as_json:
        print_json(released)
        return
    say(f"{released['released']} went on")


def _number(fault_id: str) -> str:
    if not fault_id.isdecimal():
        fail(f"{fault_id} is no fault's id; `simvenue fault list` shows them", USAGE)
    return fault_id


def show(faults: list[dict[str, Any]], document: object, *, as_json: bool) -> None:
    """Print faults as a table, or what came as JSON."""
    if as_json:
        print_json(document)
        return
    rows = []
    for one in faults:
        what = {name: value for name, value in one["fault"].items() if name != "kind"}
        waiting = ", ".join(f"{w['method']} {w['path']} ({w['when']}, {w['seconds']:.1f} s)" for w in one["waiting"])
        text = " ".join(f"{n}={v if isinstance(v, str) else json.dumps(v)}" for n, v in what.items())
        rows.append({**one, "kind": one["fault"]["kind"], "what": text or "everywhere", "waiting": waiting})
    table("faults", rows, _COLUMNS)
