"""Rendered units, without a host: systemd accepts them, they are sandboxed, and they say what the node relies on."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from nodecfg import TradingNodeSettings
from noderun.states import STAY_DOWN, Exit
from tests.unit.roles.conftest import SAMPLE

UNITS = (
    "tradingnode/tradingnode.service",
    "simvenue/simvenue.service",
    "redis/redis-aof-guard.service",
    "redis/redis-replication.service",
)
DISTRIBUTION_REDIS = Path("/usr/lib/systemd/system/redis-server.service")
# Directives by the systemd version that brought them; this machine may be older than the hosts (Debian 13 has 257).
NEWER = {"RestartSteps": 254, "RestartMaxDelaySec": 254}


def _systemd_version() -> int:
    out = subprocess.run(["systemctl", "--version"], text=True, capture_output=True, check=True).stdout
    return int(out.split()[1])


def _local(unit: Path, place: Path) -> Path:
    """A copy this machine can judge: without directives its systemd does not know yet, with a program that exists."""
    version = _systemd_version()
    unknown = [name for name, since in NEWER.items() if since > version]
    text = re.sub(rf"^({'|'.join(unknown) or '(?!)'})=.*\n", "", unit.read_text(), flags=re.MULTILINE)
    copy = place / unit.name
    copy.write_text(re.sub(r"^(ExecStart=)/\S+", r"\1/bin/true", text, flags=re.MULTILINE))
    return copy


@pytest.mark.parametrize("name", UNITS)
def test_systemd_accepts_every_line(rendered: Path, tmp_path: Path, name: str) -> None:
    """A misspelt directive or a bad value is an error, not a warning in a log nobody reads."""
    unit = _local(rendered / name, tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit],
        text=True,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_gate_sees_a_misspelt_directive(rendered: Path, tmp_path: Path) -> None:
    """The check above is worth something: it fails on one wrong letter."""
    unit = _local(rendered / UNITS[0], tmp_path)
    unit.write_text(unit.read_text().replace("ProtectSystem=", "ProtectSytem="))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit],
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode != 0


@pytest.mark.parametrize("name", UNITS)
def test_units_are_sandboxed(rendered: Path, tmp_path: Path, name: str) -> None:
    """The exposure score of systemd is 1.5 or better."""
    unit = _local(rendered / name, tmp_path)
    done = subprocess.run(
        ["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", unit],
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.skipif(not DISTRIBUTION_REDIS.exists(), reason="needs Debian's redis-server: make setup-tests")
def test_the_distribution_s_redis_stays_sandboxed_with_our_drop_in(rendered: Path, tmp_path: Path) -> None:
    """Debian's own unit with our lines is accepted as a whole, and its exposure score stays 1.5 or better."""
    unit = tmp_path / DISTRIBUTION_REDIS.name
    shutil.copy(DISTRIBUTION_REDIS, unit)
    shutil.copy(rendered / "redis/redis-aof-guard.service", tmp_path)
    (tmp_path / f"{unit.name}.d").mkdir()
    drop_in = _local(rendered / "redis/redis-server.service.d.conf", tmp_path / f"{unit.name}.d")
    verify = ("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit))
    security = ("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", str(unit))
    for command in (verify, security):
        done = subprocess.run(command, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr
    drop_in.write_text(drop_in.read_text().replace("OOMScoreAdjust=", "OOMScoreAjust="))
    assert subprocess.run(verify, capture_output=True, check=False).returncode != 0


def _values(unit: Path, directive: str) -> list[str]:
    return [line.split("=", 1)[1] for line in unit.read_text().splitlines() if line.startswith(f"{directive}=")]


def test_the_unit_stays_down_for_the_codes_that_need_a_person(rendered: Path) -> None:
    """RestartPreventExitStatus= is the table of exit codes, but for the clean stop, which nothing follows anyway."""
    (codes,) = _values(rendered / UNITS[0], "RestartPreventExitStatus")
    assert {int(code) for code in codes.split()} == STAY_DOWN - {Exit.STOPPED}


def test_systemd_is_more_patient_than_the_node(rendered: Path) -> None:
    """The node's own deadlines pass first, because only the node can say why."""
    settings = TradingNodeSettings.from_env(env={}, env_file=rendered / "tradingnode/instance.env")
    (start,) = _values(rendered / UNITS[0], "TimeoutStartSec")
    (stop,) = _values(rendered / UNITS[0], "TimeoutStopSec")
    assert int(start) > settings.ready.timeout
    assert int(stop) > settings.shutdown.timeout


def test_a_stopped_redis_is_not_dragged_up(rendered: Path) -> None:
    """The node starts after Redis and the venue but pulls neither in: stopped on purpose stays stopped."""
    unit = rendered / UNITS[0]
    pulled = " ".join(_values(unit, "Wants") + _values(unit, "Requires") + _values(unit, "BindsTo"))
    assert "redis" not in pulled
    assert "simvenue" not in pulled
    assert "redis-server.service" in _values(unit, "After")[0]


def test_no_secret_stands_where_others_can_read(rendered: Path) -> None:
    """Units, strategies and Redis' files hold no secret in clear; instance.env and simvenue.yaml hold theirs."""
    secrets = {value for name, value in SAMPLE.items() if isinstance(value, str) and value.startswith("canary")}
    private = {"instance.env", "simvenue.yaml"}
    for file in [f for role in ("redis", "simvenue", "tradingnode") for f in (rendered / role).iterdir()]:
        shown = [secret for secret in secrets if secret in file.read_text()]
        assert bool(shown) == (file.name in private), file


def test_strategies_are_rendered_as_the_node_reads_them(rendered: Path) -> None:
    """strategies.yaml is what the inventory said."""
    document = yaml.safe_load((rendered / "tradingnode/strategies.yaml").read_text())
    assert document == {"strategies": SAMPLE["tradingnode_strategies"]}
