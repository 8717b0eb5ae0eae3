"""An env file is read as written, its bad lines are named, and it may not lie open while it holds secrets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from nodecfg import ConfigurationError, TradingNodeSettings
from nodecfg.sources import parse_env_file, readable_by_others

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _parse(path: Path, text: str | bytes) -> dict[str, str]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    variables, problems = parse_env_file(path)
    assert problems == ()
    return variables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\n", {"A": "1"}),
        ("A='x y'\nB=\"x y\"\n", {"A": "x y", "B": "x y"}),
        ("export A=1 # why\n# B=2\n", {"A": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        (b"\xef\xbb\xbfA=1\n", {"A": "1"}),
        ("A=$HOME-${HOME}\n", {"A": "$HOME-${HOME}"}),
        ("A='{\"k\": 1}'\n", {"A": '{"k": 1}'}),
        ("A='it\\'s'\n", {"A": "it's"}),
        ("A=\n", {"A": ""}),
        ("", {}),
    ],
)
def test_reads_lines_as_written(tmp_path: Path, text: str | bytes, expected: dict[str, str]) -> None:
    """Quotes, comments, CRLF and a BOM mean what they mean to python-dotenv, and nothing is interpolated."""
    assert _parse(tmp_path / "x.env", text) == expected


@pytest.mark.parametrize(
    ("text", "blamed", "reason"),
    [
        ("A=1\nhunter22 hunter22\n", "line 2", "no '='"),
        ("A='hunter22\n", "line 1", "not closed"),
        ("A\n", "A", "has no '='"),
        ("A=1\nB=2\nA=hunter22\n", "A", "set twice"),
    ],
)
def test_names_bad_lines_without_their_text(tmp_path: Path, text: str, blamed: str, reason: str) -> None:
    """A line that cannot be read is named by its number or variable; its text may be a secret and stays hidden."""
    path = tmp_path / "x.env"
    path.write_text(text)
    (problem,) = parse_env_file(path)[1]
    assert problem.variable.endswith(blamed)
    assert reason in problem.problem
    assert "hunter22" not in str(problem)


def _absent(path: Path) -> None:
    path.unlink()


def _directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _latin1(path: Path) -> None:
    path.write_bytes(b"A=\xe9\n")


def _huge(path: Path) -> None:
    path.write_bytes(b"#" * 1_000_001)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [(_absent, "does not exist"), (_directory, "is a directory"), (_latin1, "not UTF-8"), (_huge, "larger than 1 MB")],
)
def test_names_a_file_that_cannot_be_read(tmp_path: Path, spoil: Callable[[Path], None], reason: str) -> None:
    """A file that is absent, a directory, of another encoding or huge gives one problem with its path."""
    path = tmp_path / "x.env"
    path.touch()
    spoil(path)
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env(env_file=path)
    (problem,) = caught.value.problems
    assert problem.variable == str(path)
    assert reason in problem.problem


def test_names_a_file_of_another_user(tmp_path: Path) -> None:
    """A file this user may not read is a problem with its path, not a traceback."""
    path = tmp_path / "x.env"
    path.touch(mode=0o000)
    root = os.geteuid() == 0
    if root:
        # Root may read everything: be nobody for a moment.
        os.seteuid(65534)
    try:
        with pytest.raises(ConfigurationError, match="may not be read by this user"):
            parse_env_file(path)
    finally:
        if root:
            os.seteuid(0)


def test_names_a_path_that_cannot_exist() -> None:
    """A path with a NUL character is a problem, not a crash."""
    with pytest.raises(ConfigurationError, match="cannot"):
        TradingNodeSettings.from_env(env_file=Path("/tmp/\0.env"))  # noqa: S108 never created


@pytest.mark.parametrize(("mode", "exposed"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_refuses_a_file_that_others_can_read(
    variables: dict[str, str],
    tmp_path: Path,
    write_env: Callable[[Mapping[str, str]], Path],
    mode: int,
    *,
    exposed: bool,
) -> None:
    """Secrets in a file that group or others may open are refused, with the command that repairs it."""
    path = write_env(variables)
    tmp_path.chmod(0o755)
    path.chmod(mode)
    # pytest's own temporary directories are 0700, which protects what is inside.
    for parent in path.resolve().parents:
        if parent.stat().st_mode & 0o011 == 0:
            parent.chmod(0o711)
    if not exposed:
        assert TradingNodeSettings.from_env(env_file=path).redis.port == 6379
        return
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env(env_file=path)
    (problem,) = caught.value.problems
    assert problem.fix == f"chmod 600 {path}"
    assert "BINANCE_API_SECRET" in problem.problem


def test_a_private_directory_protects_its_files(tmp_path: Path) -> None:
    """A file that Ansible validates in its private temporary directory counts as private, whatever its own mode."""
    path = tmp_path / "private" / "x.env"
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o644)
    assert not readable_by_others(path)


def test_a_file_without_secrets_may_be_open(tmp_path: Path) -> None:
    """Permissions matter only while there is something to hide."""
    path = tmp_path / "x.env"
    path.write_text("REDIS_PORT=1\n")
    path.chmod(0o644)
    with pytest.raises(ConfigurationError) as caught:
        TradingNodeSettings.from_env(env_file=path)
    assert str(path) not in {problem.variable for problem in caught.value.problems}
