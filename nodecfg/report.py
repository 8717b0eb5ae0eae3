"""How people see the configuration: tables of problems, of settings, of an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from nodecfg.errors import MASK, NOT_SET

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nodecfg.diff import Difference
    from nodecfg.doctor.findings import Diagnosis, Finding
    from nodecfg.errors import Problem
    from nodecfg.settings import ExchangeCredentials, TradingNodeSettings
    from nodecfg.sources import Source


def print_problems(problems: Sequence[Problem]) -> None:
    """Print every problem to stderr: a table on a terminal, one plain line each into a log."""
    console = Console(stderr=True, highlight=False)
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    if not console.is_terminal:
        console.print(Text(f"{count} in the configuration:"), soft_wrap=True)
        for problem in problems:
            console.print(Text(f"  {problem}"), soft_wrap=True)
        return
    table = Table(title=f"{count} in the configuration", title_style="bold red", show_lines=True)
    for column in ("variable", "value", "problem", "fix"):
        table.add_column(column, overflow="fold")
    for problem in problems:
        # Text, not str: rich would read [brackets] of a value as markup.
        table.add_row(
            Text(problem.variable, style="bold"),
            Text(problem.value_masked),
            Text(problem.problem),
            Text(problem.fix, style="green"),
        )
    console.print(table)


def print_ok(source: Source, settings: TradingNodeSettings, *, strategies: int | None) -> None:
    """Print one line on what was checked, then what deserves to be known."""
    console = Console(highlight=False)
    counted = "strategies not checked" if strategies is None else f"{strategies} strategies"
    venue = _venue(settings)
    line = f"ok: {source}: {settings.environment.trader_id}, {venue}, {counted}"
    console.print(Text(line), soft_wrap=True)
    for note in notes(source, settings):
        console.print(Text(f"note: {note}"), soft_wrap=True)


def notes(source: Source, settings: TradingNodeSettings) -> list[str]:
    """Return what is allowed but should not surprise anyone."""
    found = []
    if source.ignored:
        found.append(f"{source} is the only source; {', '.join(source.ignored)} of the environment have no effect")
    if settings.risk.max_notional_per_order:
        found.append("RISK_MAX_NOTIONAL_PER_ORDER: upstream ignores it on margin accounts, which futures accounts are")
    if settings.redis.password is None:
        found.append("REDIS_PASSWORD is not set: every user of the Redis host can read and change the node's state")
    if settings.strategies_file is None:
        found.append("NAUTILUS_STRATEGIES_FILE is not set: the node connects and trades nothing")
    return found


def settings_as_dict(settings: TradingNodeSettings) -> dict[str, Any]:
    """Return every variable with its effective value, secrets masked, as JSON-ready data."""
    from nodecfg.settings import SECTIONS  # noqa: PLC0415 pydantic takes long to import for `instance`
    from nodecfg.settings.section import is_secret  # noqa: PLC0415 see above

    values: dict[str, Any] = {}
    for name, section in SECTIONS.items():
        current = getattr(settings, name)
        if current is None:
            continue
        dumped = current.model_dump(mode="json")
        for field, info in section.model_fields.items():
            value = dumped[field]
            values[section.variable(field)] = MASK if is_secret(info) and value is not None else value
    return values


def print_settings(
    source: Source, values: Mapping[str, Any], origins: Mapping[str, str], overrides: Mapping[str, Any]
) -> None:
    """Print the effective settings and the overrides as a table with the origin of each value."""
    rows = [(name, value, origins[name]) for name, value in values.items()]
    rows.extend((name, value, "override") for name, value in overrides.items())
    table = Table(title=Text(f"settings from {source}"), title_justify="left", show_header=False, box=None)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("origin", style="dim", no_wrap=True)
    for name, value, origin in rows:
        table.add_row(Text(name), Text(NOT_SET if value is None else _text(value)), Text(origin))
    Console(highlight=False).print(table)


def print_differences(first: str, second: str, found: Sequence[Difference]) -> None:
    """Print what differs between two configurations as a table."""
    console = Console(highlight=False)
    if not found:
        console.print(Text(f"{first} and {second} configure the same node"), soft_wrap=True)
        return
    table = Table(box=None, header_style="bold")
    for column in ("", "name", first, second):
        table.add_column(Text(column), overflow="fold")
    for one in found:
        table.add_row(Text(one.kind, style="dim"), Text(one.name), Text(one.first), Text(one.second))
    console.print(table)


def print_presets(descriptions: Mapping[Any, str], presets: Mapping[Any, Mapping[str, Any]]) -> None:
    """Print presets side by side, then what each is for."""
    console = Console(highlight=False)
    table = Table(box=None, header_style="bold")
    table.add_column("RECONCILIATION_…", no_wrap=True)
    for preset in presets:
        table.add_column(preset.value, no_wrap=True)
    for field in next(iter(presets.values())):
        values = ("off" if preset[field] is None else _text(preset[field]) for preset in presets.values())
        table.add_row(field.upper(), *values)
    console.print(table)
    for preset, description in descriptions.items():
        console.print(Text(f"{preset.value}: {description}"), soft_wrap=True)


_STYLES = {"ok": "green", "skipped": "dim", "warning": "yellow", "failed": "bold red"}


def print_finding(finding: Finding) -> None:
    """Print one line of the doctor, and its fix below."""
    console = Console(highlight=False)
    verdict = finding.verdict.value
    line = Text(f"{verdict:<8}", style=_STYLES[verdict])
    line.append(f" {finding.area.value:<6} {finding.check}: ", style="default")
    line.append(finding.detail, style="default")
    console.print(line, soft_wrap=True)
    if finding.fix:
        console.print(Text(f"{'':15} fix: {finding.fix}"), soft_wrap=True)


def print_verdict(diagnosis: Diagnosis) -> None:
    """Print the verdict over all lines."""
    counts: dict[str, int] = {}
    for finding in diagnosis.findings:
        counts[finding.verdict.value] = counts.get(finding.verdict.value, 0) + 1
    told = ", ".join(f"{number} {verdict}" for verdict, number in counts.items())
    verdict = diagnosis.verdict.value
    Console(highlight=False).print(Text(f"verdict: {verdict} ({told})", style=_STYLES[verdict]), soft_wrap=True)


def print_instance(data: Mapping[str, Any]) -> None:
    """Print everything that derives from an instance's name."""
    _print_table(f"instance {data['name']}", data)


def _print_table(title: str, values: Mapping[str, Any]) -> None:
    table = Table(title=Text(title), title_justify="left", show_header=False, box=None)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in values.items():
        table.add_row(name, Text(NOT_SET if value is None else _text(value)))
    Console(highlight=False).print(table)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items()) or "(none)"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "(none)"
    return str(value)


def _venue(settings: TradingNodeSettings) -> str:
    return " and ".join(_one_venue(account) for account in settings.accounts)


def _one_venue(account: ExchangeCredentials) -> str:
    name = account.client.replace("_", " ").title()
    if account.is_simulated:
        return f"{name} at {getattr(account, account.urls[0])}"
    if account.is_real_money:
        return f"{name}, REAL MONEY"
    return f"{name} {'testnet' if account.testnet else 'demo'}"
