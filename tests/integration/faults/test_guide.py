"""The guide: every fault is in its table with examples that a real simvenue takes, and a test that exists."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from simvenue.admin.app import ROUTES
from simvenue.cli import app
from simvenue.config.models import (
    AccountConfig,
    FaultsConfig,
    KeyConfig,
    ReplayConfig,
    SimvenueConfig,
    SyntheticConfig,
    VenueConfig,
)
from simvenue.faults import FAULT, KINDS, parse
from tests.integration.simvenue_service.world import Everything, call

if TYPE_CHECKING:
    from collections.abc import Iterator

GUIDE = Path(__file__).parents[3] / "docs/simvenue.md"
ROW = re.compile(
    r"^\| `(?P<kind>\w+)` \| .+ \| `(?P<command>.+?)` \| `(?P<body>\{.+\})` "
    r"\| \[`(?P<test>\w+)`\]\((?P<file>.+)\) \|$"
)
REHEARSALS = re.findall(r"`((?:\w+) --[^`…]+)`", GUIDE.read_text().partition("### Rehearsals")[2])


def _rows() -> list[dict[str, str]]:
    return [found.groupdict() for line in GUIDE.read_text().splitlines() if (found := ROW.match(line))]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Everything]:
    """A real simvenue with every venue that writes requests down."""
    state = tmp_path_factory.mktemp("guide")
    environment = {"XDG_STATE_HOME": str(state), "PATH": "/usr/bin:/bin"}
    world = Everything(state / "simvenue", environment)
    world.document["faults"] = {"seed": 7, "request_log": "requests.jsonl"}
    world.write()
    yield world.start()
    world.end()


def test_every_fault_is_in_the_table_once() -> None:
    """No kind is missing, none is there twice, and none is unknown."""
    assert [row["kind"] for row in _rows()] == list(KINDS)


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["kind"])
def test_each_row_names_a_test_that_exists(row: dict[str, str]) -> None:
    """The link leads to a file with that test in it, and the test puts in that fault."""
    text = (GUIDE.parent / row["file"]).read_text()
    test = text.partition(f"async def {row['test']}(")[2].partition("\nasync def ")[0]
    assert f'"{row["kind"]}"' in test


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["kind"])
def test_each_row_can_be_put_in_by_command_and_by_http(served: Everything, row: dict[str, str]) -> None:
    """The command's fault is the body's, and a running simvenue takes both."""
    body: dict[str, Any] = json.loads(row["body"])
    wanted = FAULT.dump_python(parse(body), mode="json", exclude_defaults=True)
    admin = served.admin.removesuffix("/admin/v1")
    command = ["fault", "add", *shlex.split(row["command"]), "--admin-url", admin, "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["fault"] == wanted
    status, added = call("POST", f"{served.admin}/faults", body)
    assert (status, added["fault"]) == (200, wanted)


def test_requests_are_written_where_the_configuration_says(served: Everything) -> None:
    """The log lies beside the configuration, and each venue's requests are in it."""
    paths = {"binance_futures": "/fapi/v1/time", "binance_spot": "/api/v3/time", "bybit": "/v5/market/time"}
    call("DELETE", f"{served.admin}/faults")
    for venue, path in paths.items():
        assert call("GET", served.url(venue) + path)[0] == 200
    lines = [json.loads(line) for line in (served.place / "requests.jsonl").read_text().splitlines()]
    assert {(line["venue"], line["path"], line["status"]) for line in lines} >= {(v, p, 200) for v, p in paths.items()}


def test_every_key_of_the_configuration_is_told() -> None:
    """No key of simvenue.yaml is missing from the guide."""
    text = GUIDE.read_text()
    section = text[text.index("## Configure it") : text.index("## Act on it")]
    models = (SimvenueConfig, VenueConfig, AccountConfig, KeyConfig, SyntheticConfig, ReplayConfig, FaultsConfig)
    missing = [
        f"{model.__name__}.{name}"
        for model in models
        for name in model.model_fields
        if not re.search(rf"[`.]{name}\b", section)
    ]
    assert missing == []


def test_every_verb_is_told() -> None:
    """No path of the admin API is missing from the guide."""
    text = GUIDE.read_text()
    section = text[text.index("## Act on it") : text.index("## Faults")]
    missing = [route.path for route in ROUTES if f"/{route.path.rpartition('/')[2]}" not in section]
    assert missing == []


@pytest.mark.parametrize("command", REHEARSALS)
def test_each_rehearsal_is_a_fault(served: Everything, command: str) -> None:
    """What the guide suggests is taken."""
    admin = served.admin.removesuffix("/admin/v1")
    result = CliRunner().invoke(app, ["fault", "add", *shlex.split(command), "--admin-url", admin])
    assert result.exit_code == 0, result.output
