"""Every wrong input through the command itself: no crash, no silent acceptance, no secret in anything it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from nodecfg.cli import app
from tests.unit.nodecfg.test_bad_input import BAD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "hunter22hunter22hunter22"
RIGHT = """\
NAUTILUS_TRADER_ID=MM-001
BINANCE_API_KEY=kQ7pLr2vTz9XbN4mWc8sYd3fHj6gAe1u
BINANCE_API_SECRET=hunter22hunter22hunter22
BINANCE_TESTNET=true
BINANCE_INSTRUMENT_IDS=BTCUSDT-PERP.BINANCE
"""

# Name, the file's bytes, a part of the message.
FILES: list[tuple[str, bytes, str]] = [
    ("empty", b"", "NAUTILUS_TRADER_ID"),
    ("only comments", b"# nothing\n\n", "NAUTILUS_TRADER_ID"),
    ("UTF-16", RIGHT.encode("utf-16"), "not UTF-8"),
    ("UTF-32", RIGHT.encode("utf-32"), "not UTF-8"),
    ("latin-1", RIGHT.encode() + "#\xe9\n".encode("latin-1"), "not UTF-8"),
    ("binary", bytes(range(256)) * 8, "not UTF-8"),
    ("gzip", b"\x1f\x8b\x08\x00" + RIGHT.encode(), "not UTF-8"),
    ("huge", RIGHT.encode() + b"#" * 1_000_001, "larger than 1 MB"),
    ("one long line", b"A" * 500_000, "has no '='"),
    ("no equals sign", RIGHT.encode() + b"REDIS_PORT 6379\n", "cannot be read"),
    ("YAML", b"redis:\n  port: 6379\n", "cannot be read"),
    ("JSON", b'{"REDIS_PORT": 6379}\n', "cannot be read"),
    ("open quote", RIGHT.encode() + b"REDIS_PASSWORD='" + SECRET.encode() + b"\n", "quote that is not closed"),
    ("open double quote", RIGHT.encode() + b'REDIS_PASSWORD="' + SECRET.encode() + b"\n", "quote that is not closed"),
    ("curly quotes", RIGHT.encode() + "REDIS_PASSWORD=“abcdefgh”\n".encode(), "REDIS_PASSWORD"),
    ("secret twice", RIGHT.encode() + b"BINANCE_API_SECRET=" + SECRET.encode() + b"2\n", "set twice"),
    ("NUL in a value", RIGHT.encode() + b"NAUTILUS_LOG_DIRECTORY=/var/\x00log\n", "control character"),
    ("escape sequence in a value", RIGHT.encode() + b"REDIS_HOST=\x1b[31mred\n", "REDIS_HOST"),
    ("right-to-left mark", RIGHT.encode() + "REDIS_HOST=\u202elocalhost\n".encode(), "REDIS_HOST"),
    ("zero-width space in a number", RIGHT.encode() + "REDIS_PORT=\u200b6379\n".encode(), "REDIS_PORT"),
    ("full-width digit in a number", RIGHT.encode() + "REDIS_PORT=\uff16379\n".encode(), "REDIS_PORT"),
    ("emoji for a name", RIGHT.encode() + "REDIS_💣=1\n".encode(), "REDIS_💣"),
    ("Cyrillic letter in a name", RIGHT.encode() + "REDIS_P\u041eRT=1\n".encode(), "REDIS_P\u041eRT"),
    ("lower case name", RIGHT.encode() + b"redis_port=1\n", "redis_port"),
    ("interpolation is not done", RIGHT.encode() + b"REDIS_HOST=${HOME}\n", "REDIS_HOST"),
    ("a comment that is none", RIGHT.encode() + b"REDIS_PORT=6379#x\n", "REDIS_PORT"),
    ("line break in a quoted value", RIGHT.encode() + b"REDIS_HOST='local\nhost'\n", "REDIS_HOST"),
    ("carriage returns for line ends", RIGHT.replace("\n", "\r").encode() + b"REDIS_PORT=0\r", "REDIS_PORT"),
    ("key in the wrong line", RIGHT.encode() + b"REDIS_HOST=" + SECRET.encode() + b" \xc2\xa0x\n", "REDIS_HOST"),
    ("secret as a name", RIGHT.encode() + b"BINANCE_" + SECRET.encode() + b"=1\n", "is not a setting"),
    ("upstream's name", RIGHT.encode() + b"BINANCE_FUTURES_TESTNET_API_SECRET=" + SECRET.encode() + b"\n", "upstream"),
    ("strategies that are absent", RIGHT.encode() + b"NAUTILUS_STRATEGIES_FILE=/nowhere/s.yaml\n", "does not exist"),
    ("overrides that are absent", RIGHT.encode() + b"NAUTILUS_OVERRIDES_FILE=/nowhere/o.yaml\n", "does not exist"),
    ("strategies that are a directory", RIGHT.encode() + b"NAUTILUS_STRATEGIES_FILE=/tmp\n", "s a directory"),
    ("overrides that are a directory", RIGHT.encode() + b"NAUTILUS_OVERRIDES_FILE=/tmp\n", "s a directory"),
]
COMMANDS = (
    *(["check"], ["check", "--json"], ["show"], ["show", "--json"]),
    *(["render"], ["render", "--allow-refused", "--json"], ["doctor"], ["doctor", "--json"]),
)


def _quoted(variables: Mapping[str, str]) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", "\\\\").replace("'", "\\'")

    return "".join(f"{name}='{escaped(value)}'\n" for name, value in variables.items())


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(("name", "content", "said"), FILES, ids=[row[0] for row in FILES])
def test_refuses_the_file(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """Whatever is wrong with the env file is told with exit code 78, as text and as JSON, without the secret in it."""
    path = _write(tmp_path / "node.env", content)
    told = CliRunner().invoke(app, ["check", "--env-file", str(path)])
    assert told.exit_code == 78, (name, told.output)
    assert isinstance(told.exception, SystemExit)
    assert said in told.output
    told_as_json = CliRunner().invoke(app, ["check", "--json", "--env-file", str(path)])
    assert told_as_json.exit_code == 78
    document = json.loads(told_as_json.output)
    assert document["ok"] is False
    assert all(problem["variable"] and problem["problem"] and problem["fix"] for problem in document["problems"])
    assert SECRET not in (told.output + told_as_json.output).lower()
    assert "\x1b" not in told.output
    assert "\x00" not in told.output


@pytest.mark.parametrize(("changes", "variable"), [row[:2] for row in BAD], ids=range(len(BAD)))
def test_every_command_refuses_wrong_variables(
    variables: dict[str, str],
    secrets: tuple[str, ...],
    tmp_path: Path,
    changes: Mapping[str, str | None],
    variable: str,
) -> None:
    """Every row of the table ends every command with 78, its variable and no secret, none with a traceback."""
    changed = {**variables, **{k: v for k, v in changes.items() if v is not None}}
    changed = {name: value for name, value in changed.items() if changes.get(name, "") is not None}
    path = str(_write(tmp_path / "node.env", _quoted(changed).encode()))
    right = str(_write(tmp_path / "right.env", _quoted(variables).encode()))
    commands = [[*command, "--env-file", path] for command in COMMANDS]
    for command in (*commands, ["diff", right, path], ["diff", "--json", path, right]):
        told = CliRunner().invoke(app, command)
        assert told.exit_code == 78, (command, told.output)
        assert isinstance(told.exception, SystemExit), command
        assert variable in told.output
        assert not [secret for secret in secrets if secret in told.output]


def test_settings_from_a_pipe(variables: dict[str, str]) -> None:
    """An env file may be a pipe, for secrets that shall not touch a disk; one that never ends is refused."""
    line = [sys.executable, "-m", "nodecfg", "check", "--no-strategies", "--env-file"]
    done = subprocess.run([*line, "/dev/stdin"], input=_quoted(variables), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "ok: env file /dev/stdin: MM-001" in done.stdout
    endless = subprocess.run([*line, "/dev/zero"], capture_output=True, text=True, check=False, timeout=60)
    assert (endless.returncode, "larger than 1 MB" in endless.stderr) == (78, True)


def test_there_are_more_than_a_hundred() -> None:
    """The tables of wrong variables and wrong files together hold over a hundred inputs."""
    assert len(BAD) + len(FILES) > 100
    assert len({name for name, _, _ in FILES}) == len(FILES)
