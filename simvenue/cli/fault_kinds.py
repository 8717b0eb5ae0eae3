"""`simvenue fault add KIND`: a command for every kind of fault, its options the fields of the kind's model."""

import inspect
import json
import types
from collections.abc import Callable
from typing import Annotated, Any, Union, get_args, get_origin

import typer
from pydantic import BaseModel, ValidationError
from typer.core import TyperCommand
from typer.main import get_command

from simvenue.cli.client import DEFAULT_URL, AdminUrl, AsJson, call
from simvenue.cli.faults import show
from simvenue.cli.output import USAGE, fail
from simvenue.faults.catalogue import KINDS, parse


def names() -> list[str]:
    """Name every kind."""
    return list(KINDS)


def command(kind: str) -> TyperCommand | None:
    """Make a kind's command; None for an unknown one."""
    if kind not in KINDS:
        return None
    app = typer.Typer(add_completion=False)
    app.command(kind)(_adder(kind, KINDS[kind]))
    made = get_command(app)
    made.name = kind
    return made  # type: ignore[return-value]  # of one command it makes no group


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
        show([added], added, as_json=as_json)

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
    # Any JSON may also be a truth value, but is no switch.
    if _is(field.annotation, bool) and not _takes_json(field.annotation):
        return Annotated[bool, typer.Option(f"--{_dashed(name)}", help=said)], False
    if _is(field.annotation, tuple):
        return Annotated[list[str], typer.Option(f"--{_dashed(name)}", help=f"{said}; may be given often")], []
    if not field.is_required() and field.default_factory is None and field.default not in (None, ""):
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
