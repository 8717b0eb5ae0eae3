"""Redis with TLS and a private authority: upstream refuses it, whatever the host trusts; so do doctor and service."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from nodecfg import RedisConfig
from nodecfg.doctor import Finding, Patience, Verdict
from nodecfg.doctor.redis_extras import examine_redis
from noderun.preflight import prove_redis
from noderun.states import Exit, Failure
from tests.integration.node.world import eventually, stop_process
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

# Upstream's own client, in a process of its own: it may abort the interpreter.
UPSTREAM = """
import sys, msgspec
from nautilus_trader.common.config import DatabaseConfig
from nautilus_trader.config import CacheConfig
from nautilus_trader.core import nautilus_pyo3 as pyo3

database = DatabaseConfig(host="localhost", port=int(sys.argv[1]), ssl=True, connection_timeout=5, number_of_retries=0)
config = msgspec.json.encode(CacheConfig(database=database), enc_hook=str)
pyo3.RedisCacheDatabase(pyo3.TraderId("MM-001"), pyo3.UUID4(), config)
"""


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def _certificate(
    key: ec.EllipticCurvePrivateKey, name: str, signer: ec.EllipticCurvePrivateKey, *, authority: bool
) -> bytes:
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named("Private Authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if authority:
        usage = {name: name in {"key_cert_sign", "crl_sign"} for name in _USAGES}
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    else:
        builder = builder.add_extension(names, critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a private authority and a right certificate of it for localhost."""
    place = tmp_path_factory.mktemp("tls")
    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    (place / "authority.pem").write_bytes(_certificate(signer, "Private Authority", signer, authority=True))
    (place / "redis.pem").write_bytes(_certificate(key, "localhost", signer, authority=False))
    private = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    (place / "redis.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, private, plain))
    return place


@pytest.fixture(scope="module")
def tls_port(authority: Path) -> Iterator[int]:
    """A real redis-server that speaks TLS, and that a client which trusts the authority can use."""
    program, port = shutil.which("redis-server"), free_port()
    assert program, "redis-server is not installed"
    line = [
        program,
        "--port",
        "0",
        "--tls-port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(authority),
    ]
    line += ["--tls-cert-file", "redis.pem", "--tls-key-file", "redis.key", "--tls-auth-clients", "no"]
    line += ["--tls-ca-cert-file", "authority.pem", "--dir", str(authority)]
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, cwd=authority)
    ask = [
        "redis-cli",
        "--tls",
        "--cacert",
        str(authority / "authority.pem"),
        "-h",
        "localhost",
        "-p",
        str(port),
        "ping",
    ]
    try:
        eventually(lambda: subprocess.run(ask, capture_output=True, check=False).stdout == b"PONG\n", what="TLS")
        yield port
    finally:
        stop_process(process)


@pytest.fixture
def trusting(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This host trusts the authority, as after update-ca-certificates."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "authority.pem"))


def _settings(port: int, *, ssl: bool) -> RedisConfig:
    # Not validated: localhost stands for a public name that leads here.
    return RedisConfig(host="localhost", port=port, connection_timeout=1).model_copy(update={"ssl": ssl})


def _examine(port: int, *, ssl: bool) -> tuple[dict[str, Finding], list[str]]:
    asked: list[str] = []
    patience = Patience(retries=1, wait=lambda _: None, tell=asked.append)
    found = examine_redis(_settings(port, ssl=ssl), "trader-MM-001:", patience)
    return {finding.check: finding for finding in found}, asked


@pytest.mark.usefixtures("trusting")
def test_upstream_refuses_a_private_authority(tls_port: int) -> None:
    """Upstream's own client takes no private certificate; when this fails, upstream has learned it and we can too."""
    line = [sys.executable, "-c", UPSTREAM, str(tls_port)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60, env=dict(os.environ))
    assert done.returncode != 0
    assert "invalid peer certificate: UnknownIssuer" in done.stderr


@pytest.mark.usefixtures("trusting")
def test_the_doctor_says_why(tls_port: int) -> None:
    """A private certificate is a failure that says why, at once, also where this host trusts it."""
    found, asked = _examine(tls_port, ssl=True)
    assert (found["reach"].verdict, found["TLS"].verdict) == (Verdict.OK, Verdict.FAILED)
    assert "upstream trusts public authorities only" in found["TLS"].detail
    assert "REDIS_SSL=false" in found["TLS"].fix
    assert found["everything else"].verdict is Verdict.SKIPPED
    assert asked == []


@pytest.mark.usefixtures("trusting")
def test_the_service_does_not_start_on_it(tls_port: int) -> None:
    """The service ends with 75 and the same words, and waits for nothing."""
    settings = _settings(tls_port, ssl=True)
    told: list[str] = []
    with pytest.raises(Failure) as caught:
        prove_redis(settings, "trader-MM-001:", wait=lambda _: False, tell=told.append)
    assert caught.value.code == Exit.REDIS
    assert "upstream trusts public authorities only" in str(caught.value)
    assert told == []


def test_tls_to_a_port_without_is_told(free_port: int) -> None:
    """TLS to a Redis that speaks none is no answer, and the fix names every variable that can be wrong."""
    process = subprocess.Popen(["redis-server", "--port", str(free_port), "--save", ""], stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: _examine(free_port, ssl=False)[0]["reach"].verdict is Verdict.OK, what="redis answers")
        found, _ = _examine(free_port, ssl=True)
    finally:
        stop_process(process)
    assert (found["reach"].verdict, found["reach"].fix) == (
        Verdict.FAILED,
        "start Redis, or check REDIS_HOST and REDIS_PORT and REDIS_SSL",
    )


def test_check_refuses_what_cannot_have_a_public_certificate(tmp_path: Path) -> None:
    """`nodecfg check` names REDIS_SSL before anything is connected, because no authority certifies localhost."""
    path = tmp_path / "node.env"
    path.touch(mode=0o600)
    path.write_text("NAUTILUS_TRADER_ID=MM-001\nREDIS_HOST=localhost\nREDIS_SSL=true\n")
    line = [str(Path(sys.executable).with_name("nodecfg")), "check", "--json", "--env-file", str(path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 78
    (problem,) = [one for one in json.loads(done.stdout)["problems"] if one["variable"] == "REDIS_SSL"]
    assert "upstream trusts certificates of public authorities only" in problem["problem"]
