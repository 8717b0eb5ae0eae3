"""What the node logs and where to."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.instruments import split_list, unique_pairs
from nodecfg.settings.section import Section, fault, setting
from nodecfg.settings.values import FilePath

# Component names as the log prints them: RiskEngine, ExecClient-BINANCE, MarketMaker-001.
_COMPONENT = re.compile(r"[A-Za-z0-9_.:-]{1,80}")


class LogLevel(StrEnum):
    """Levels of upstream's logger (nautilus_pyo3.LogLevel); OFF is left out, a silent node cannot be operated."""

    TRACE = "TRACE"
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def _capitals(value: Any) -> Any:  # noqa: ANN401 whatever pydantic was given
    name = value.upper() if isinstance(value, str) else value
    return "WARNING" if name == "WARN" else name


_Level = Annotated[LogLevel, BeforeValidator(_capitals)]


class LogFileFormat(StrEnum):
    """What the file log is written as."""

    TEXT = "text"
    JSON = "json"


def _component_levels(value: Any) -> Any:  # noqa: ANN401 whatever pydantic was given
    how = "write NAME=LEVEL separated by commas, such as RiskEngine=DEBUG,ExecEngine=WARNING"
    if isinstance(value, str):
        pairs = [part.partition("=") for part in split_list(value, of="components", longest=100)]
        value = unique_pairs([(name.strip(), level.strip()) for name, _, level in pairs])
    if not isinstance(value, Mapping):
        raise fault("is not a list of components with their levels", how)
    levels = {str(name): _capitals(level) for name, level in value.items()}
    wrong = [name for name, level in levels.items() if level not in set(LogLevel) or not _COMPONENT.fullmatch(name)]
    if wrong:
        raise fault(f"{wrong[0][:60]!r} has no level, or is no name of a component", how)
    return {name: LogLevel(level) for name, level in levels.items()}


_Components = Annotated[dict[str, LogLevel], BeforeValidator(_component_levels)]


class LoggingSettings(Section):
    """Console and file log."""

    model_config = SettingsConfigDict(env_prefix="NAUTILUS_LOG_")
    title = "Logging"

    level: _Level = setting(
        LogLevel.INFO,
        purpose="Console level: TRACE | DEBUG | INFO | WARNING | ERROR.",
        expected="TRACE, DEBUG, INFO, WARNING or ERROR",
    )
    file_level: _Level | None = setting(
        None,
        purpose="Level of upstream's own file log. Unset: none. No effect under noderun, which writes noderun.jsonl.",
        expected="TRACE, DEBUG, INFO, WARNING or ERROR",
        example="INFO",
    )
    directory: FilePath | None = setting(
        None,
        purpose="Directory of the file log; under noderun of noderun.jsonl. Unset: the unit's own.",
        expected="a directory",
        example="/var/log/tradingnode/main",
    )
    colors: bool = setting(False, purpose="true for ANSI colours on a terminal.", expected="true or false")  # noqa: FBT003 a default, named by its keyword

    file_format: LogFileFormat = setting(
        LogFileFormat.TEXT,
        purpose="text | json, of upstream's own file log; noderun.jsonl is always JSON.",
        expected="text or json",
    )
    file_max_size: Annotated[int, Field(ge=100_000, le=100_000_000_000)] | None = setting(
        None,
        purpose="Bytes after which a new file is begun. Unset: a new file each day, for noderun.jsonl 50000000.",
        expected="whole bytes from 100000 to 100000000000",
        example="100000000",
    )
    file_max_backups: Annotated[int, Field(ge=0, le=10_000)] = setting(
        5,
        purpose="Older files kept of one run; those of earlier runs are never removed. Of noderun.jsonl: kept in all.",
        expected="a whole number from 0 to 10000",
    )
    component_levels: _Components = Field(
        default_factory=dict,
        description="Levels of single components, NAME=LEVEL separated by commas.",
        json_schema_extra={"expected": "NAME=LEVEL separated by commas", "example": "RiskEngine=DEBUG"},
    )

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Without a directory upstream writes into the working directory, which a service may not write to."""
        if values.get("file_level") and "directory" in values and values["directory"] is None:
            yield cls.problem(
                "directory",
                None,
                "is missing while NAUTILUS_LOG_FILE_LEVEL is set; upstream would write into the working directory",
                "set NAUTILUS_LOG_DIRECTORY, or leave NAUTILUS_LOG_FILE_LEVEL empty",
            )
