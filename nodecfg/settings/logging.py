"""What the node logs and where to."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_settings import SettingsConfigDict

from nodecfg.errors import Problem
from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import FilePath


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
        purpose="Level of the file log. Unset: no file log, the journal keeps the console's lines.",
        expected="TRACE, DEBUG, INFO, WARNING or ERROR",
        example="INFO",
    )
    directory: FilePath | None = setting(
        None,
        purpose="Directory of the file log.",
        expected="a directory",
        example="/var/log/tradingnode/main",
    )
    colors: bool = setting(False, purpose="true for ANSI colours on a terminal.", expected="true or false")  # noqa: FBT003 a default, named by its keyword

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
