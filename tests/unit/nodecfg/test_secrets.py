"""No key, secret or password appears in anything that prints, logs or serializes settings and configs."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from nodecfg import TradingNodeConfigFactory, TradingNodeSettings, adapter_environment
from nodecfg.cli import app
from nodecfg.errors import shown
from nodecfg.report import settings_as_dict
from nodecfg.sources import read_source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def test_settings_never_show_secrets(variables: dict[str, str], secrets: tuple[str, ...]) -> None:
    """repr, str, model dumps, JSON and copies of the settings hold masks only."""
    settings = TradingNodeSettings.from_env(variables)
    seen = [
        repr(settings),
        str(settings),
        f"{settings!r:>10}",
        str(settings.model_dump()),
        settings.model_dump_json(),
        json.dumps(settings_as_dict(settings)),
        repr(copy.deepcopy(settings)),
        str(adapter_environment(settings)),
        repr(read_source(variables)),
        str(read_source(variables)),
    ]
    for text in seen:
        assert not [secret for secret in secrets if secret in text]
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 our own bytes


def test_config_holds_no_venue_key(variables: dict[str, str], secrets: tuple[str, ...]) -> None:
    """The config that upstream may write to disk holds no venue key; its repr holds no Redis password either."""
    settings = TradingNodeSettings.from_env(variables)
    config = TradingNodeConfigFactory.from_settings(settings)
    key, secret, password = secrets
    written = config.json().decode()
    assert key not in written
    assert secret not in written
    assert not [s for s in (key, secret, password) if s in repr(config)]
    assert {v.get_secret_value() for v in adapter_environment(settings).values()} == {key, secret}


@pytest.mark.parametrize("command", [["check"], ["check", "--json"], ["show"], ["show", "--json"]])
@pytest.mark.parametrize("broken", [False, True])
def test_commands_print_no_secret(
    variables: dict[str, str],
    secrets: tuple[str, ...],
    write_env: Callable[[Mapping[str, str]], Path],
    command: list[str],
    *,
    broken: bool,
) -> None:
    """No output of the command, good or bad, holds a secret."""
    changes = {"BINANCE_API_SECERT": secrets[1], "BINANCE_INSTRUMENT_IDS": secrets[0]} if broken else {}
    result = CliRunner().invoke(app, [*command, "--env-file", str(write_env({**variables, **changes}))])
    assert result.exit_code == (78 if broken else 0)
    assert not [secret for secret in secrets if secret in result.output]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", "(not set)"),
        (None, "(not set)"),
        ("plain", "plain"),
        ("a\nb\x1b[31m", "a\\nb\\x1b[31m"),
        ("x" * 24 + " " + "y" * 100, "x" * 24 + " " + "y" * 34 + "…"),
        ("A1b2C3d4" * 5, "********"),
        ("http://user:hunter22@host", "********"),
    ],
)
def test_shown_values_are_safe_to_print(value: object, expected: str) -> None:
    """Values that are no declared secrets are escaped, cut, and masked when they look like one."""
    assert shown(value, secret=False) == expected
