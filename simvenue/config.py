"""simvenue.yaml: what it may say, and every problem of a file at once."""

import difflib
import stat
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from simvenue.exchange.types import MARKET_ACCOUNT
from simvenue.venues.binance_futures.instruments import INSTRUMENTS

OTHER_ACCOUNT = "other"
"""Always there, rich and without a key: for "someone else's" orders from the admin API."""


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


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Endpoint(_Model):
    """An address to listen on."""

    host: str = Field("127.0.0.1", min_length=1, description="set it to an address of this machine, e.g. 127.0.0.1")
    port: int = Field(ge=0, le=65535, strict=True, description="set it to a TCP port, e.g. 8101; 0 takes a free one")


type Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class AccountConfig(_Model):
    """A customer: name, key and secret for signed requests, first balances."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", description="use 1 to 32 of a-z, 0-9, _ and -")
    api_key: SecretStr = Field(min_length=1, description="set it to a quoted random string, as the client's api key")
    api_secret: SecretStr = Field(min_length=1, description="set it to a quoted random string, as the client's secret")
    balances: dict[Annotated[str, Field(pattern=r"^[A-Z0-9]{2,10}$")], Amount] = Field(
        description='set it to amounts by asset, e.g. {USDT: "100000"}'
    )


class SyntheticConfig(_Model):
    """A made-up market; the same seed is the same market."""

    kind: Literal["synthetic"]
    seed: int = Field(7, strict=True, description="set it to a whole number")
    speed: float = Field(1.0, gt=0, le=1000, description="set it to a number above 0; 2 is twice as fast")


class ReplayConfig(_Model):
    """Recorded trades for one symbol; the other symbols get a made-up market."""

    kind: Literal["replay"]
    file: Path = Field(description="set it to a parquet file of trades; relative to this file's directory")
    symbol: str = Field(description="set it to the instrument the trades are of, e.g. BTCUSDT")
    speed: float = Field(1.0, gt=0, le=1000, description="set it to a number above 0; 2 is twice as fast")
    at_end: Literal["loop", "hold"] = Field("loop", description="set it to loop or hold")
    seed: int = Field(7, strict=True, description="set it to a whole number, the seed of the other symbols' markets")


class SimvenueConfig(_Model):
    """The whole file. Relative paths are relative to its directory."""

    data_dir: Path = Field(description="set it to a directory for the ledger, e.g. /var/lib/simvenue")
    admin: Endpoint = Field(description="add it, e.g. {host: 127.0.0.1, port: 8190}")
    binance_futures: Endpoint = Field(description="add it, e.g. {host: 127.0.0.1, port: 8101}")
    accounts: tuple[AccountConfig, ...] = Field(
        min_length=1, description='add at least one, e.g. {name: node, api_key: "…", api_secret: "…", balances: {…}}'
    )
    instruments: tuple[str, ...] = Field(min_length=1, description=f"choose from {', '.join(INSTRUMENTS)}")
    market: Annotated[SyntheticConfig | ReplayConfig, Field(discriminator="kind")] = Field(
        description="add it, e.g. {kind: synthetic, seed: 7, speed: 1.0} or {kind: replay, file: …, symbol: BTCUSDT}"
    )


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
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = f"is not YAML{where}: {getattr(error, 'problem', None) or 'unreadable'}; correct that line"
        raise ConfigurationError(path, [*problems, problem]) from None  # its text would quote the secrets' lines
    if not isinstance(document, dict):
        raise ConfigurationError(path, [*problems, "holds no keys; write data_dir, admin, binance_futures, … in it"])
    try:
        config = SimvenueConfig.model_validate(document)
    except ValidationError as error:
        problems += _problems([dict(details) for details in error.errors()])
        raise ConfigurationError(path, problems) from None
    config = _resolved(config, path.resolve().parent)
    problems += _conflicts(config)
    if problems:
        raise ConfigurationError(path, problems)
    return config


def _resolved(config: SimvenueConfig, base: Path) -> SimvenueConfig:
    update: dict[str, Any] = {"data_dir": base / config.data_dir}
    if isinstance(config.market, ReplayConfig):
        update["market"] = config.market.model_copy(update={"file": base / config.market.file})
    return config.model_copy(update=update)


def _conflicts(config: SimvenueConfig) -> list[str]:
    problems = [*_account_conflicts(config.accounts), *_instrument_conflicts(config.instruments)]
    market = config.market
    if isinstance(market, ReplayConfig):
        if market.symbol not in config.instruments:
            problems.append(f"market.symbol {market.symbol} is not among instruments; add it there or choose another")
        if not market.file.is_file():
            problems.append(f"market.file {market.file} does not exist; set it to a parquet file of trades")
    same_port = config.admin.port == config.binance_futures.port != 0
    if same_port and config.admin.host == config.binance_futures.host:
        problems.append(f"binance_futures.port {config.admin.port} is admin.port too; give each its own")
    return problems


def _account_conflicts(accounts: tuple[AccountConfig, ...]) -> list[str]:
    problems = []
    names = [account.name for account in accounts]
    keys = [account.api_key.get_secret_value() for account in accounts]
    for index, name in enumerate(names):
        if name == MARKET_ACCOUNT:
            problems.append(f"accounts.{index}.name {name} is the market's own; choose another name")
        if name in names[:index]:
            problems.append(f"accounts.{index}.name {name} stands twice; choose another name")
        if keys[index] in keys[:index]:
            problems.append(f"accounts.{index}.api_key is the same as another account's; make a new one")
    return problems


def _instrument_conflicts(symbols: tuple[str, ...]) -> list[str]:
    problems = []
    for index, symbol in enumerate(symbols):
        if symbol not in INSTRUMENTS:
            problems.append(f"instruments.{index} {symbol} is unknown; {_suggest(symbol, list(INSTRUMENTS))}")
        if symbol in symbols[:index]:
            problems.append(f"instruments.{index} {symbol} stands twice; remove one")
    return problems


def _problems(found: list[dict[str, Any]]) -> list[str]:
    # A list whose elements are wrong is also reported as too short: only the elements' own problems are told.
    inner = [tuple(details["loc"]) for details in found]
    return [
        _problem(details)
        for details in found
        if not any(len(loc) > len(details["loc"]) and loc[: len(details["loc"])] == details["loc"] for loc in inner)
    ]


def _problem(details: dict[str, Any]) -> str:
    location = [part for part in details["loc"] if part not in {"synthetic", "replay", "[key]"}]
    key = ".".join(str(part) for part in location)
    kind = details["type"]
    field = _field(location)
    if kind == "extra_forbidden":
        known = _known_keys(location[:-1])
        return f"{key} is not a known key; {_suggest(str(location[-1]), known)}"
    if kind == "missing":
        return f"{key} is missing; {field}"
    if kind.startswith("union_tag"):
        return f"{key}.kind is missing or neither synthetic nor replay; set it to one of them"
    # Within an account only name and balances may be repeated; anything else could be, or hold, a secret.
    harmless = location[0] != "accounts" or {"name", "balances"} & set(location)
    shown = f" {details['input']!r}" if harmless and not isinstance(details["input"], (dict, list)) else ""
    problem = details["msg"].removeprefix("Input ").removeprefix("Value ")
    return f"{key}{shown}: {problem[0].lower()}{problem[1:]}; {field}"


def _model_at(location: list[Any]) -> type[_Model] | None:
    model: type[_Model] | None = SimvenueConfig
    for part in location:
        if isinstance(part, int):
            continue
        children: dict[str, type[_Model]] = {
            "admin": Endpoint,
            "binance_futures": Endpoint,
            "accounts": AccountConfig,
            "market": ReplayConfig,
        }
        model = children.get(str(part)) if model is SimvenueConfig else None
    return model


def _field(location: list[Any]) -> str:
    # The innermost field on the way that says how to set it.
    for end in range(len(location), 0, -1):
        model = _model_at(location[: end - 1])
        field = model.model_fields.get(str(location[end - 1])) if model else None
        if field and field.description:
            return field.description
    return "correct it"


def _known_keys(location: list[Any]) -> list[str]:
    model = _model_at(location)
    return list(model.model_fields) if model else []


def _suggest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"choose from {', '.join(known)}"
