"""What the command prints: tables for people, JSON for programs, errors on stderr with an exit code."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

REFUSED, USAGE, UNAVAILABLE, INTERNAL, IO, CONFIG = 1, 2, 69, 70, 74, 78
"""Exit codes; from 69 on those of sysexits(3)."""

# Into a file or a pipe tables go in full width; Rich would cut them to 80 columns.
console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
errors = Console(stderr=True, soft_wrap=True, highlight=False)


def fail(message: str, code: int) -> NoReturn:
    """End the command with a message on stderr."""
    errors.print(message, style="red", markup=False)
    raise typer.Exit(code)


def print_json(document: object) -> None:
    """Print an answer of the admin API as it came."""
    typer.echo(json.dumps(document, indent=2))


def say(sentence: str) -> None:
    """Print one line for people."""
    console.print(sentence, markup=False)


def table(title: str, rows: Sequence[Mapping[str, Any]], columns: Iterable[str]) -> None:
    """Print rows as a table with their count."""
    shown = Table(title=f"{title} ({len(rows)})", title_justify="left")
    names = tuple(columns)
    for name in names:
        shown.add_column(name)
    for row in rows:
        shown.add_row(*(_text(row.get(name)) for name in names))
    console.print(shown)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value)
    return str(value)
