"""What the account of any exchange has: a key, its secret, instruments to load, real money or not."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from nodecfg.errors import Problem
from nodecfg.settings.instruments import InstrumentIds
from nodecfg.settings.section import Section, setting
from nodecfg.settings.values import Credential


class ExchangeCredentials(Section):
    """One client of one exchange: key, secret and instruments.

    Attributes:
        client: Upstream's client id and venue.
        urls: Fields that hold addresses; all or none of them are set.
        real_hosts: How host names of the real exchange end.
    """

    client: ClassVar[str] = ""
    urls: ClassVar[tuple[str, ...]] = ()
    real_hosts: ClassVar[tuple[str, ...]] = ()

    api_key: Credential = setting(purpose="API key.", expected="the API key")
    api_secret: Credential = setting(purpose="Its secret.", expected="the secret of the API key")
    testnet: bool = setting(
        purpose="true: the exchange's testnet, or a simulated venue with all base URLs. false: real money.",
        expected="true for testnet or a simulated venue, false for real money",
        example="true",
    )
    demo: bool = setting(
        False,  # noqa: FBT003 a default, named by its keyword
        purpose="true: the exchange's demo trading; then not testnet.",
        expected="true or false",
    )
    instrument_ids: InstrumentIds = setting(
        purpose="Instruments to load, separated by commas. A position in one that is not loaded is invisible upstream.",
        expected="the instruments that are traded or held, such as BTCUSDT-PERP.BINANCE",
    )

    @property
    def is_real_money(self) -> bool:
        """Whether orders go to the real exchange."""
        return not self.testnet and not self.demo

    @property
    def is_simulated(self) -> bool:
        """Whether the addresses are overridden."""
        return any(getattr(self, name) is not None for name in self.urls)

    @property
    @abstractmethod
    def nets_derivatives(self) -> bool:
        """Whether the client trades derivatives only, in one-way mode: what a position check needs."""

    @classmethod
    def needed_urls(cls, values: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the addresses that have to be set together."""
        del values
        return cls.urls

    @classmethod
    def conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        """Yield what is wrong between keys, switches and addresses; the key pasted twice is a classic."""
        key, secret = values.get("api_key"), values.get("api_secret")
        if key is not None and secret is not None and key.get_secret_value() == secret.get_secret_value():
            yield cls.problem("api_secret", secret, "is the same as the API key", "copy the secret, not the key again")
        if values.get("testnet") is True and values.get("demo") is True:
            yield cls.problem(
                "demo",
                "true",
                f"is set together with {cls.variable('testnet')}=true: two venues with two kinds of keys",
                "set one of them to false",
            )
        yield from cls._unloaded_symbols(values)
        yield from cls._address_conflicts(values)

    @classmethod
    def _unloaded_symbols(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        loaded = values.get("instrument_ids")
        if loaded is None:
            return
        for name in cls.model_fields:
            value = values.get(name)
            if isinstance(value, dict):
                for instrument in (key for key in value if key not in loaded):
                    yield cls.problem(
                        name,
                        instrument,
                        f"{instrument} is not among the loaded instruments",
                        f"add it to {cls.variable('instrument_ids')}, or remove it here",
                    )
                    break

    @classmethod
    def _address_conflicts(cls, values: Mapping[str, Any]) -> Iterator[Problem]:
        needed = cls.needed_urls(values)
        given = [name for name in cls.urls if values.get(name)]
        # A URL that is wrong by itself is absent from values, not missing from the configuration.
        absent = [name for name in needed if name in values and values[name] is None]
        if absent and (given or len(absent) < len(needed)):
            for name in absent:
                yield cls.problem(
                    name,
                    None,
                    "is missing while another base URL is set: the node would talk to two venues at once",
                    "set all base URLs, or none",
                )
        testnet, demo = values.get("testnet"), values.get("demo")
        for name in given:
            host = urlsplit(values[name]).hostname or ""
            real = cls._is_real_host(host)
            if real and (testnet is True or demo is True):
                switch = "testnet" if testnet else "demo"
                yield cls.problem(
                    name,
                    values[name],
                    f"is the real exchange while {cls.variable(switch)}=true",
                    f"remove the base URLs for the {switch}, or set it to false to trade real money",
                )
            elif not real and testnet is False and demo is False:
                yield cls.problem(
                    name,
                    values[name],
                    "would send keys of real money to a host that is not the exchange's",
                    f"set {cls.variable('testnet')}=true for a simulated venue, or remove the base URLs",
                )

    @classmethod
    def _is_real_host(cls, host: str) -> bool:
        return host.endswith(cls.real_hosts) and not host.startswith(_TEST_HOSTS) and "-demo." not in host


# Test venues: demo-fapi.binance.com, testnet.binance.vision, api-testnet.bybit.com, stream-demo.bybit.com …
_TEST_HOSTS = ("demo-", "testnet", "api-testnet", "stream-testnet", "api-demo", "stream-demo")
