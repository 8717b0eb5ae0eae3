"""Where the variables come from: one file or the process environment, never a mixture, and nothing misspelt.

One source, because a merge would let a forgotten shell variable change a production node without a trace.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dotenv.parser import parse_stream

from nodecfg import process
from nodecfg.errors import MASK, NOT_SET, ConfigurationError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CREDENTIAL: Final = "tradingnode.env"
"""Name of the credential that holds the env file: LoadCredential=tradingnode.env:/etc/tradingnode/main.env."""

PREFIXES: Final = (
    "NAUTILUS_",
    "REDIS_",
    "BINANCE_",
    "BYBIT_",
    "RECONCILIATION_",
    "RISK_",
    "READY_",
    "HEALTH_",
    "SHUTDOWN_",
)
"""Variables that start so are ours."""

# Read by upstream's adapters or set by container runtimes; no business of ours in a process environment.
_FOREIGN = re.compile(
    r"(?:BINANCE|BYBIT)_(?:(?:FUTURES|SPOT|TESTNET|DEMO|LINEAR|US)_)*(?:ED25519_|RSA_)?API_(?:KEY|SECRET)"
    r"|NAUTILUS_PATH|REDIS_(?:URL|URI|SERVICE_.*|PORT_[0-9]+_.*|.*_(?:TCP|TCP_.*|SERVICE_.*))"
)
_NEARLY: Final = 0.84
_ALIKE: Final = 0.6
_OTHERS: Final = 0o077
_ENTERABLE_BY_OTHERS: Final = 0o011
_LARGEST_FILE: Final = 1_000_000


class SourceKind(StrEnum):
    """What was read."""

    CREDENTIAL = "credential"
    ENV_FILE = "env file"
    ENVIRONMENT = "process environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The variables that were read, and what was wrong with the file.

    Attributes:
        kind: Which of the possible sources.
        path: The file, None for the process environment.
        variables: Their raw values; kept out of repr, some are secrets.
        problems: Lines that could not be read, permissions.
        ignored: Variables of ours that the process environment sets too, and that have no effect.
    """

    kind: SourceKind
    path: Path | None = None
    variables: Mapping[str, str] = field(repr=False)
    problems: tuple[Problem, ...] = ()
    ignored: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Name the source."""
        return f"{self.kind.value} {self.path}" if self.path else self.kind.value


def read_source(env: Mapping[str, str] | None = None, env_file: Path | None = None) -> Source:
    """Read the first source that exists; see TradingNodeSettings.from_env.

    Raises:
        ConfigurationError: The file cannot be read at all.
    """
    environment = process.variables() if env is None else dict(env)
    directory = environment.get("CREDENTIALS_DIRECTORY", "")
    credential = Path(directory, CREDENTIAL) if directory else None
    if credential is not None and credential.exists():
        if env_file is not None and env_file.resolve() != credential.resolve():
            raise _unreadable(
                env_file, f"was named although the unit hands over {credential}", "leave --env-file out of the unit"
            )
        return _from_file(SourceKind.CREDENTIAL, credential, environment)
    if env_file is not None:
        return _from_file(SourceKind.ENV_FILE, env_file, environment)
    if env is None and Path(".env").exists():
        return _from_file(SourceKind.ENV_FILE, Path(".env"), environment)
    return Source(kind=SourceKind.ENVIRONMENT, variables=environment)


def unknown_variables(source: Source, known: tuple[str, ...]) -> Iterator[Problem]:
    """Yield the variables that look like ours but that no model knows.

    An env file is ours alone: there every unknown variable with one of our prefixes is an error, and any other that
    is nearly the name of a setting. A process environment has other users too: there only a near miss is an error, and
    the names that upstream's adapters read are left in peace.
    """
    strict = source.kind is not SourceKind.ENVIRONMENT
    for name in source.variables:
        if name in known:
            continue
        foreign = _FOREIGN.fullmatch(name) is not None
        ours = name.upper().startswith(PREFIXES)
        near = get_close_matches(name.upper(), known, n=1, cutoff=_NEARLY)
        # An upper-case name that is a setting, written differently, is always a slip.
        if not near and not (strict and ours):
            continue
        if foreign and not strict:
            continue
        yield Problem(
            variable=name,
            value_masked=MASK if source.variables[name] else NOT_SET,
            problem=_why_unknown(name, foreign=foreign),
            fix=_fix_unknown(name, known, foreign=foreign),
        )


def _why_unknown(name: str, *, foreign: bool) -> str:
    if foreign:
        return "is read by upstream's adapters or other programs, it is not a setting"
    return "is not a setting, so it would have no effect"


def _fix_unknown(name: str, known: tuple[str, ...], *, foreign: bool) -> str:
    if foreign and name.startswith(("BINANCE_", "BYBIT_")):
        exchange, kind = name.partition("_")[0], "KEY" if name.endswith("_KEY") else "SECRET"
        return (
            f"write {exchange}_API_{kind}, with {exchange}_TESTNET=true or false; the node hands it on "
            "under upstream's name"
        )
    alike = get_close_matches(name.upper(), known, n=1, cutoff=_ALIKE)
    return f"did you mean {alike[0]}?" if alike else "remove it"


def _from_file(kind: SourceKind, path: Path, environment: Mapping[str, str]) -> Source:
    variables, problems = parse_env_file(path)
    # systemd keeps credentials in a directory that only the service can enter, whatever mode bits its ACLs show.
    if kind is SourceKind.ENV_FILE:
        problems = (*problems, *_exposure(path, variables))
    ignored = tuple(name for name in environment if name.startswith(PREFIXES) and name in variables)
    return Source(kind=kind, path=path, variables=variables, problems=problems, ignored=ignored)


def parse_env_file(path: Path) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """Parse an env file as python-dotenv does, without its interpolation of ${…}, and with every bad line reported.

    Raises:
        ConfigurationError: The file cannot be read at all.
    """
    text = _read_text(path)
    variables: dict[str, str] = {}
    problems: list[Problem] = []
    for binding in parse_stream(io.StringIO(text)):
        # A binding that spans comments begins at its first line; the variable stands on its last ones.
        where = f"{path} line {binding.original.line}"
        if binding.error:
            problems.append(
                Problem(
                    variable=where,
                    value_masked=MASK,
                    problem="cannot be read (no '=', or a quote that is not closed)",
                    fix="write NAME=value, or NAME='value' with both quotes",
                )
            )
        elif binding.key is None:
            continue
        elif binding.value is None:
            problems.append(
                Problem(
                    variable=binding.key, value_masked=NOT_SET, problem=f"has no '=' ({where})", fix="write NAME=value"
                )
            )
        elif binding.key in variables:
            problems.append(
                Problem(
                    variable=binding.key,
                    value_masked=MASK,
                    problem=f"is set twice, the second time in {where}",
                    fix="keep one of the lines",
                )
            )
        else:
            variables[binding.key] = binding.value
    return variables, tuple(problems)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            # Not its size: a pipe has none, and some devices never end.
            content = file.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise _unreadable(path, "is larger than 1 MB", "name an env file")
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        raise _unreadable(path, "does not exist", "create it from .env.example, or name another file") from None
    except IsADirectoryError:
        raise _unreadable(path, "is a directory", "name a file") from None
    except PermissionError:
        raise _unreadable(path, "may not be read by this user", "run as its owner, or use sudo") from None
    except UnicodeDecodeError:
        raise _unreadable(path, "is not UTF-8 text", "save it as UTF-8") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "has a path that cannot exist"
        raise _unreadable(path, f"cannot be read: {reason}", "name a readable file") from None


def _unreadable(path: Path, problem: str, fix: str) -> ConfigurationError:
    return ConfigurationError([Problem(variable=str(path), value_masked="(file)", problem=problem, fix=fix)])


def _exposure(path: Path, variables: Mapping[str, str]) -> Iterator[Problem]:
    secrets = [name for name, value in variables.items() if value and name.endswith(("_PASSWORD", "_KEY", "_SECRET"))]
    if secrets and readable_by_others(path):
        yield Problem(
            variable=str(path),
            value_masked=f"mode {path.stat().st_mode & 0o777:04o}",
            problem=f"can be read by other users while it holds {', '.join(secrets)}",
            fix=f"chmod 600 {path}",
        )


def readable_by_others(path: Path) -> bool:
    """Tell whether anyone but the owner could open the file.

    A directory on the way that only its owner can enter protects it as well as its own mode does; Ansible validates
    templates in such a place. A pipe is open to its two ends only.
    """
    if not (path.is_file() or path.is_dir()):
        return False
    real = path.resolve()
    if not real.stat().st_mode & _OTHERS:
        return False
    return all(parent.stat().st_mode & _ENTERABLE_BY_OTHERS for parent in real.parents)
