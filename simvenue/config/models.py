"""What simvenue.yaml may say: one model per part of the file."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

from simvenue.credentials import ed25519_public_key

OTHER_ACCOUNT = "other"
"""Always there, rich and without a key: for "someone else's" orders from the admin API."""

SPEED = "set it to a number above 0; 2 is twice as fast"
SEED = "set it to a whole number"


class Model(BaseModel):
    """A part of the file: frozen, no unknown keys, silent about values in its errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Endpoint(Model):
    """An address to listen on."""

    host: str = Field("127.0.0.1", min_length=1, description="set it to an address of this machine, e.g. 127.0.0.1")
    port: int = Field(ge=0, le=65535, strict=True, description="set it to a TCP port, e.g. 8101; 0 takes a free one")


class VenueConfig(Endpoint):
    """One exchange: where it listens and what it trades."""

    instruments: tuple[str, ...] = Field(min_length=1, description="list the instruments it trades, e.g. [BTCUSDT]")
    invented: int = Field(
        0,
        ge=0,
        le=2000,
        strict=True,
        description="set it to how many made-up contracts to list as well, or leave it out",
    )
    rate_limits: bool = Field(
        default=True,
        strict=True,
        description="set it to false to let clients ask as often as they like, or leave it out",
    )


type Amount = Annotated[Decimal, Field(ge=0, le=10**15, decimal_places=8, allow_inf_nan=False)]


def _ed25519_pem(text: str) -> str:
    try:
        ed25519_public_key(text)
    except ValueError:
        raise PydanticCustomError("ed25519", "should be an Ed25519 public key in PEM form") from None
    return text


class KeyConfig(Model):
    """An api key, what its requests are signed with, and what it may do; both permissions unless told otherwise."""

    api_key: SecretStr = Field(min_length=1, description="set it to a quoted random string, as the client's api key")
    api_secret: SecretStr | None = Field(
        None, min_length=1, description="set it to a quoted random string, as the client's secret"
    )
    public_key: Annotated[str, AfterValidator(_ed25519_pem)] | None = Field(
        None, description="paste what `openssl pkey -pubout` prints of the client's private key"
    )
    permissions: frozenset[Literal["read", "trade"]] = Field(
        frozenset({"read", "trade"}), min_length=1, description="choose from read, trade"
    )

    @model_validator(mode="after")
    def _one_way_to_sign(self) -> Self:
        if (self.api_secret is None) == (self.public_key is None):
            found = "neither api_secret nor" if self.api_secret is None else "both api_secret and"
            raise PydanticCustomError("one_way_to_sign", f"has {found} public_key; give exactly one of them")
        return self


class AccountConfig(Model):
    """A customer of every venue: name, keys, first balances on each of them."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}$", description="use 1 to 32 of a-z, 0-9, _ and -")
    keys: tuple[KeyConfig, ...] = Field(
        min_length=1, description='add at least one, e.g. {api_key: "…", api_secret: "…"}'
    )
    balances: dict[Annotated[str, Field(pattern=r"^[A-Z0-9]{2,10}$")], Amount] = Field(
        description='set it to amounts by asset, e.g. {USDT: "100000"}'
    )


class SyntheticConfig(Model):
    """A made-up market; the same seed is the same market."""

    kind: Literal["synthetic"] = "synthetic"
    seed: int = Field(7, strict=True, description=SEED)
    speed: float = Field(1.0, gt=0, le=1000, description=SPEED)


class ReplayConfig(Model):
    """Recorded trades, books or both for one symbol of one venue; everything else gets a made-up market."""

    kind: Literal["replay"]
    file: Path = Field(
        description="set it to a recording of trades, quotes or books; relative to this file's directory"
    )
    book: Path | None = Field(None, description="set it to a recording of the same minutes' books, or leave it out")
    venue: str | None = Field(
        None, description="set it to the venue the recording is of; needed when several are served"
    )
    symbol: str = Field(description="set it to the instrument the recording is of, e.g. BTCUSDT")
    speed: float = Field(1.0, gt=0, le=1000, description=SPEED)
    at_end: Literal["loop", "hold"] = Field("loop", description="set it to loop or hold")
    seed: int = Field(7, strict=True, description=f"{SEED}, the seed of the other symbols' markets")

    @property
    def files(self) -> tuple[Path, ...]:
        """The recordings, in the order they are told in."""
        return (self.file,) if self.book is None else (self.file, self.book)


class FaultsConfig(Model):
    """Where the dice of faults with a probability begin, and where requests are written down."""

    seed: int = Field(7, strict=True, description=SEED)
    request_log: Path | None = Field(
        None, description="set it to a file that gets a line of JSON for each request, or leave it out"
    )


class SimvenueConfig(Model):
    """The whole file. Relative paths are relative to its directory."""

    data_dir: Path = Field(description="set it to a directory for the ledgers, e.g. /var/lib/simvenue")
    admin: Endpoint = Field(description="add it, e.g. {host: 127.0.0.1, port: 8190}")
    venues: dict[str, VenueConfig] = Field(
        min_length=1,
        description="add at least one, e.g. {binance_futures: {host: 127.0.0.1, port: 8101, instruments: [BTCUSDT]}}",
    )
    accounts: tuple[AccountConfig, ...] = Field(
        min_length=1, description='add at least one, e.g. {name: node, keys: [{api_key: "…", …}], balances: {…}}'
    )
    market: Annotated[SyntheticConfig | ReplayConfig, Field(discriminator="kind")] = Field(
        description="add it, e.g. {kind: synthetic, seed: 7, speed: 1.0} or {kind: replay, file: …, symbol: BTCUSDT}"
    )
    faults: FaultsConfig = Field(FaultsConfig(), description="add it, e.g. {seed: 7}, or leave it out")
    debug: bool = Field(
        default=False,
        strict=True,
        description="set it to true to check all books after every operation, which is slow, or leave it out",
    )
