"""`simvenue fault`: put faults in, list, clear and release them. Every kind's options are its model's fields."""

import inspect
import json
import types
from collections.abc import Callable
from typing import Annotated, Any, Union, get_args, get_origin

import typer
from pydantic import BaseModel, ValidationError

from simvenue.cli.client import DEFAULT_URL, AdminUrl, AsJson, Venue, call
from simvenue.cli.output import USAGE, fail, print_json, say, table
from simvenue.faults.catalogue import KINDS, parse

app = typer.Typer(no_args_is_help=True, help="Let venues misbehave.")
add = typer.Typer(no_args_is_help=True, help="Put a fault in. `simvenue fault add KIND --help` shows a kind's options.")
app.add_typer(add, name="add")

_COLUMNS = ("id", "kind", "what", "hits", "seen", "state", "waiting")
_CLEAR_ALL = "all"


@app.command("list")
def list_faults(venue: Venue = None, admin_url: AdminUrl = DEFAULT_URL, *, as_json: AsJson = False) -> None:
    """Show every fault that was not cleared: how often it met something, how often it struck, who waits for it."""
    document = call("GET", admin_url, "/admin/v1/faults", query={"venue": venue})
    _show(document["faults"], document, as_json=as_json)


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
        _show(document["faults"], document, as_json=as_json)
        return
    cleared = call("DELETE", admin_url, f"/admin/v1/faults/{_number(fault_id)}")
    _show([cleared], cleared, as_json=as_json)


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


def _show(faults: list[dict[str, Any]], document: object, *, as_json: bool) -> None:
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


def _adder(kind: str, model: type[BaseModel]) -> Callable[..., None]:
    # typer reads a command's options off its signature; this one's is made from the model's fields.
    def command(**given: Any) -> None:  # noqa: ANN401 - whatever the options hold
        admin_url, as_json = given.pop("admin_url"), given.pop("as_json")
        document = {"kind": kind, **{n: _value(model, n, v) for n, v in given.items() if v not in (None, False, [])}}
        try:
            parse(document)
        except ValidationError as error:
            fail("\n".join(_sentence(details["loc"], details["msg"]) for details in error.errors()), USAGE)
        added = call("POST", admin_url, "/admin/v1/faults", body=document)
        _show([added], added, as_json=as_json)

    fields = {name: _option(model, name) for name in model.model_fields if name != "kind"}
    parameters = [
        *(
            inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY, default=d, annotation=a)
            for n, (a, d) in fields.items()
        ),
        inspect.Parameter("admin_url", inspect.Parameter.KEYWORD_ONLY, default=DEFAULT_URL, annotation=AdminUrl),
        inspect.Parameter("as_json", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=AsJson),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what typer looks at
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = inspect.getdoc(model)
    return command


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    names = ["--" + str(part).replace("_", "-") if i == 0 else str(part) for i, part in enumerate(location[1:])]
    return f"{' '.join(names) or 'fault'}: {message}"


def _option(model: type[BaseModel], name: str) -> tuple[Any, Any]:
    field = model.model_fields[name]
    said = field.description or ""
    if _is(field.annotation, bool):
        return Annotated[bool, typer.Option(f"--{_dashed(name)}", help=said)], False
    if _is(field.annotation, tuple):
        return Annotated[list[str], typer.Option(f"--{_dashed(name)}", help=f"{said}; may be given often")], []
    if not field.is_required() and field.default not in (None, ""):
        said += f" (default: {field.default})"
    if field.is_required():
        said += " (required)"
    metavar = "JSON" if _takes_json(field.annotation) else "TEXT"
    return Annotated[str | None, typer.Option(f"--{_dashed(name)}", help=said, metavar=metavar)], None


def _value(model: type[BaseModel], name: str, given: Any) -> Any:  # noqa: ANN401 - whatever the option holds
    annotation = model.model_fields[name].annotation
    if not isinstance(given, str):
        return given
    if _takes_json(annotation):
        try:
            return json.loads(given)
        except ValueError as error:
            fail(f"--{_dashed(name)} {given} is no JSON: {error}", USAGE)
    # An API takes numbers as numbers; a command line knows only text.
    return int(given) if _is(annotation, int) and given.lstrip("+-").isdecimal() else given


def _takes_json(annotation: Any) -> bool:  # noqa: ANN401 - a type
    return _is(annotation, dict) or "JsonValue" in str(annotation)


def _is(annotation: Any, wanted: type) -> bool:  # noqa: ANN401 - a type
    while hasattr(annotation, "__value__"):
        annotation = annotation.__value__
    origin = get_origin(annotation)
    if origin is Annotated:
        return _is(get_args(annotation)[0], wanted)
    if origin in {Union, types.UnionType}:
        return any(_is(part, wanted) for part in get_args(annotation))
    return (origin or annotation) is wanted


def _dashed(name: str) -> str:
    return name.replace("_", "-")


for _kind, _model in KINDS.items():
    add.command(_kind)(_adder(_kind, _model))
