"""Reads the configuration file and refuses it with all its problems."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from simvenue.config.checks import conflicts
from simvenue.config.models import ReplayConfig, SimvenueConfig
from simvenue.config.problems import sentences

if TYPE_CHECKING:
    from pathlib import Path


class ConfigurationError(Exception):
    """The configuration cannot be used.

    Attributes:
        path: the file.
        problems: one sentence each: key, problem, fix.
    """

    def __init__(self, path: Path, problems: list[str]) -> None:
        """Keep the file and what is wrong in it."""
        super().__init__(f"{path}: " + "; ".join(problems))
        self.path = path
        self.problems = tuple(problems)


def load(path: Path, *, allow_readable: bool = False) -> SimvenueConfig:
    """Read and check a configuration file.

    Args:
        path: the YAML file.
        allow_readable: take a file that everybody on the machine can read, although it holds secrets.

    Raises:
        ConfigurationError: with every problem of the file.
    """
    try:
        text = path.read_text(encoding="utf-8")
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise ConfigurationError(path, [f"cannot be read: {reason}; give --config the path of a YAML file"]) from error
    problems = []
    if mode & stat.S_IRWXO and not allow_readable:
        problems.append(
            f"file mode {stat.S_IMODE(mode):04o} lets everybody on this machine read its secrets; "
            f"chmod 0640 {path}, or give --allow-readable-config"
        )
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a value such as the date 2026-13-45
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = f"is not YAML{where}: {getattr(error, 'problem', None) or 'unreadable'}; correct that line"
        raise ConfigurationError(path, [*problems, problem]) from None  # its text would quote the secrets' lines
    if not isinstance(document, dict):
        raise ConfigurationError(path, [*problems, "holds no keys; write data_dir, admin, venues, accounts, … in it"])
    try:
        config = SimvenueConfig.model_validate(document)
    except ValidationError as error:
        raise ConfigurationError(path, [*problems, *sentences(error)]) from None
    config = _resolved(config, path.resolve().parent)
    problems += conflicts(config)
    if problems:
        raise ConfigurationError(path, problems)
    return config


def _resolved(config: SimvenueConfig, base: Path) -> SimvenueConfig:
    update: dict[str, Any] = {"data_dir": base / config.data_dir}
    market = config.market
    if isinstance(market, ReplayConfig):
        book = None if market.book is None else base / market.book
        update["market"] = market.model_copy(update={"file": base / market.file, "book": book})
    if config.faults.request_log is not None:
        update["faults"] = config.faults.model_copy(update={"request_log": base / config.faults.request_log})
    return config.model_copy(update=update)
