"""Keys, signatures and the age of requests."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from simvenue.credentials import Credential
from simvenue.venues.binance import auth
from simvenue.venues.binance.errors import VenueError
from simvenue.venues.binance.parameters import Parameters

SECRET = "S" * 64
CREDENTIAL = Credential(account="node", secret=SecretStr(SECRET))
NOW = 1_700_000_000_000


def _verify(unsigned: str, now_ms: int = NOW, secret: str = SECRET) -> None:
    payload = f"{unsigned}&signature={auth.hmac_signature(secret, unsigned)}"
    auth.verify(CREDENTIAL, payload, Parameters.parse(payload), now_ms)


def _code(unsigned: str, now_ms: int = NOW, secret: str = SECRET) -> int:
    with pytest.raises(VenueError) as caught:
        _verify(unsigned, now_ms, secret)
    return caught.value.code


def test_the_signature_is_the_venues() -> None:
    """A known secret and query give the signature that the adapter was seen to send."""
    expected = "90181920917a0a98733b15b6a4924da6f99503bea67de119f39d3f1846a03ddc"
    assert auth.hmac_signature(SECRET, "symbol=BTCUSDT&timestamp=1700000000000") == expected


def test_a_signed_and_fresh_request_passes() -> None:
    """The right secret and the present time are enough."""
    _verify(f"symbol=BTCUSDT&timestamp={NOW}")


def test_percent_encoded_bytes_are_signed_as_they_were_sent() -> None:
    """A list parameter keeps its %5B%22 under the signature instead of being decoded first."""
    _verify(f"origClientOrderIdList=%5B%22a%22%5D&timestamp={NOW}")


def test_another_secret_is_refused() -> None:
    """A signature made with another secret is -1022."""
    assert _code(f"timestamp={NOW}", secret="T" * 64) == -1022


def test_a_signature_that_does_not_come_last_is_refused() -> None:
    """Parameters behind the signature are not signed, so they are not believed."""
    signature = auth.hmac_signature(SECRET, f"timestamp={NOW}")
    payload = f"timestamp={NOW}&signature={signature}&symbol=BTCUSDT"
    with pytest.raises(VenueError) as caught:
        auth.verify(CREDENTIAL, payload, Parameters.parse(payload), NOW)
    assert caught.value.code == -1022


def test_a_signature_outside_ascii_is_refused_not_a_crash() -> None:
    """A signature of any bytes is compared, not choked on."""
    payload = f"timestamp={NOW}&signature=%C3%A9"
    with pytest.raises(VenueError) as caught:
        auth.verify(CREDENTIAL, payload, Parameters.parse(payload), NOW)
    assert caught.value.code == -1100


@pytest.mark.parametrize(
    ("unsigned", "now_ms", "code"),
    [
        ("symbol=BTCUSDT", NOW, -1102),
        (f"timestamp={NOW}", NOW + 5_001, -1021),
        (f"timestamp={NOW}&recvWindow=100", NOW + 101, -1021),
        (f"timestamp={NOW}", NOW - 1_000, -1021),
        (f"timestamp={NOW}&recvWindow=60001", NOW, -1131),
        ("timestamp=now", NOW, -1100),
    ],
)
def test_time_is_checked(unsigned: str, now_ms: int, code: int) -> None:
    """A missing, stale, early or unreadable timestamp gets the venue's code for it."""
    assert _code(unsigned, now_ms) == code


@pytest.mark.parametrize(("unsigned", "late_ms"), [(f"timestamp={NOW}", 5_000), (f"timestamp={NOW}", -999)])
def test_the_window_is_as_wide_as_documented(unsigned: str, late_ms: int) -> None:
    """Exactly the window late, and just under a second early, still pass."""
    _verify(unsigned, NOW + late_ms)


def test_no_key_and_unknown_key_are_401() -> None:
    """Without a key it is -2014, with nobody's key -2015, both HTTP 401."""
    for key, code in ((None, -2014), ("nobody", -2015)):
        with pytest.raises(VenueError) as caught:
            auth.identify(key, {"key": CREDENTIAL})
        assert (caught.value.code, caught.value.status) == (code, 401)


def test_the_secret_never_prints() -> None:
    """A credential in a log line or traceback shows no secret."""
    assert SECRET not in repr(CREDENTIAL)
