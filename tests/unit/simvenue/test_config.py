"""simvenue.yaml: every problem at once, each with key and fix, and no secret in any of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from simvenue.config import ConfigurationError, ReplayConfig, SyntheticConfig, load
from simvenue.market.plan import markets

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
data_dir: data
admin: {host: 127.0.0.1, port: 8190}
venues:
  binance_futures: {host: 127.0.0.1, port: 8101, instruments: [BTCUSDT, ETHUSDT]}
accounts:
  - name: node
    keys: [{api_key: "key-of-node", api_secret: "secret-of-node"}]
    balances: {USDT: "100000"}
market: {kind: synthetic, seed: 7, speed: 1.0}
"""
PEM = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
PUBLIC_KEY = Ed25519PrivateKey.generate().public_key().public_bytes(*PEM).decode()
KEY = '{api_key: "key-of-node", api_secret: "secret-of-node"}'


def _write(directory: Path, text: str, mode: int = 0o600) -> Path:
    path = directory / "simvenue.yaml"
    path.write_text(text)
    path.chmod(mode)
    return path


def _problems(directory: Path, text: str, mode: int = 0o600) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load(_write(directory, text, mode))
    assert "secret-of-node" not in str(refused.value)
    return "\n".join(refused.value.problems)


def test_good_file(tmp_path: Path) -> None:
    """A good file is taken; its relative paths are relative to itself and its secrets do not print."""
    config = load(_write(tmp_path, GOOD))
    assert config.data_dir == tmp_path / "data"
    assert isinstance(config.market, SyntheticConfig)
    key = config.accounts[0].keys[0]
    assert key.api_secret is not None
    assert key.api_secret.get_secret_value() == "secret-of-node"
    assert key.permissions == {"read", "trade"}
    assert "secret-of-node" not in repr(config)


def test_recorded_market(tmp_path: Path) -> None:
    """A recorded market's file is found beside the configuration."""
    (tmp_path / "trades.parquet").touch()
    text = GOOD.replace(
        "{kind: synthetic, seed: 7, speed: 1.0}", "{kind: replay, file: trades.parquet, symbol: BTCUSDT}"
    )
    market = load(_write(tmp_path, text)).market
    assert isinstance(market, ReplayConfig)
    assert (market.file, market.at_end, market.speed) == (tmp_path / "trades.parquet", "loop", 1.0)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("data_dir: data", "", "data_dir is missing; set it to a directory for the ledger"),
        ("data_dir", "data_dirr", "data_dirr is not a known key; did you mean data_dir?"),
        ("port: 8190", "port: 70000", "admin.port 70000: should be less than or equal to 65535; set it to a TCP port"),
        ("port: 8190", "port: yes", "admin.port True: should be a valid integer; set it to a TCP port"),
        ("port: 8190", "port: 8101", "venues.binance_futures.port 8101 is admin.port too; give each its own"),
        ("port: 8190", "prot: 8190", "admin.prot is not a known key; did you mean port?"),
        ("name: node", "name: No Node", "accounts.0.name 'No Node': string should match"),
        ("name: node", "name: market", "accounts.0.name market is the market's own; choose another name"),
        ('api_key: "key-of-node"', "api_key: 7", "accounts.0.keys.0.api_key: should be a valid string; set it to a"),
        ('api_key: "key-of-node", ', "", "accounts.0.keys.0.api_key is missing; set it to a quoted random string"),
        (', api_secret: "secret-of-node"', "", "accounts.0.keys.0 has neither api_secret nor public_key; give exactly"),
        (
            KEY,
            KEY[:-1] + f", public_key: {json.dumps(PUBLIC_KEY)}}}",
            "accounts.0.keys.0 has both api_secret and public_key",
        ),
        (KEY, KEY[:-1] + ", permissions: [red]}", "accounts.0.keys.0.permissions.0 'red': should be 'read' or 'trade'"),
        (KEY, KEY[:-1] + ", permissions: []}", "accounts.0.keys.0.permissions: frozenset should have at least 1 item"),
        ("keys: [", "api_key: x, keys: [", "is not YAML in line 8"),
        (f"keys: [{KEY}]", 'api_key: "secret-of-node"', "accounts.0.api_key stands in the wrong place; an account has"),
        (f"[{KEY}]", "[]", "accounts.0.keys: tuple should have at least 1 item"),
        ('"100000"', '"-1"', "accounts.0.balances.USDT '-1': should be greater than or equal to 0; set it to amounts"),
        ('"100000"', '"much"', "accounts.0.balances.USDT 'much': should be a valid decimal; set it to amounts"),
        ("USDT:", "usd t:", "accounts.0.balances.usd t 'usd t': string should match"),
        ("BTCUSDT,", "BTCUSD,", "venues.binance_futures.instruments.0 BTCUSD is unknown; did you mean BTCUSDT?"),
        ("ETHUSDT", "BTCUSDT", "venues.binance_futures.instruments.1 BTCUSDT stands twice; remove one"),
        ("[BTCUSDT, ETHUSDT]", "[]", "venues.binance_futures.instruments: tuple should have at least 1 item"),
        (
            "  binance_futures:",
            "  binance_future:",
            "venues.binance_future is not a venue; did you mean binance_futures?",
        ),
        (
            "venues:\n  binance_f",
            "venues: {}\nbinance_f",
            "binance_futures stands in the wrong place; venues are listed",
        ),
        ("venues:\n  binance_f", "venues: {}\nbinance_f", "venues: dictionary should have at least 1 item"),
        ("port: 8101", "prot: 8101", "venues.binance_futures.prot is not a known key; did you mean port?"),
        ("port: 8101", "port: no port", "venues.binance_futures.port 'no port': should be a valid integer; set it to"),
        ("data_dir", "faults: {sed: 3}\ndata_dir", "faults.sed is not a known key; did you mean seed?"),
        ("data_dir", "debug: 1\ndata_dir", "debug 1: should be a valid boolean; set it to true to check"),
        ("data_dir", "since: 2026-13-45\ndata_dir", "is not YAML: unreadable"),
        ("kind: synthetic", "kind: real", "market.kind is missing or neither synthetic nor replay"),
        ("speed: 1.0", "speed: 0", "market.speed 0: should be greater than 0; set it to a number above 0"),
        ("seed: 7", "seeds: 7", "market.seeds is not a known key; did you mean seed?"),
        (
            "kind: synthetic, seed: 7",
            "kind: replay, file: none.parquet, symbol: XRPUSDT",
            "market.symbol XRPUSDT is not among venues.binance_futures.instruments",
        ),
        ("admin: {", "admin: [", "is not YAML in line 3"),
        ("accounts:\n", "accounts:\n  - secret-of-node\n", "accounts.0: should be a valid dictionary"),
        (GOOD, "", "holds no keys; write data_dir"),
    ],
)
def test_each_problem_names_key_and_fix(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """A wrong value is told by its key, with what is wrong and what to write instead."""
    assert old in GOOD
    assert problem in _problems(tmp_path, GOOD.replace(old, new))


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Several wrong values are told together."""
    text = GOOD.replace("data_dir: data", "").replace("port: 8190", "port: 0x").replace("USDT:", "usd t:")
    problems = _problems(tmp_path, text, 0o644)
    for part in ("chmod 0640", "data_dir is missing", "admin.port", "accounts.0.balances"):
        assert part in problems


def test_doubled_accounts(tmp_path: Path) -> None:
    """Two accounts with one name or one key are refused, the key unsaid."""
    second = f"  - {{name: node, keys: [{KEY}, {{api_key: b, api_secret: x}}], balances: {{}}}}\nmarket:"
    problems = _problems(tmp_path, GOOD.replace("market:", second))
    assert "accounts.1.name node stands twice" in problems
    assert "accounts.1.keys.0.api_key is the same as another key; make a new one" in problems
    assert "key-of-node" not in problems


@pytest.mark.parametrize("kind", ["rsa", "private", "text"])
def test_public_keys_are_ed25519(tmp_path: Path, kind: str) -> None:
    """An Ed25519 public key is taken; another kind, a private key or any text is refused without being repeated."""
    good = GOOD.replace(KEY, f"{{api_key: k, public_key: {json.dumps(PUBLIC_KEY)}, permissions: [read]}}")
    (key,) = load(_write(tmp_path, good)).accounts[0].keys
    assert key.public_key == PUBLIC_KEY
    assert key.permissions == {"read"}
    private = Ed25519PrivateKey.generate()
    wrong = {
        "rsa": rsa.generate_private_key(65537, 2048).public_key().public_bytes(*PEM),
        "private": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        "text": b"secret-of-node",
    }[kind].decode()
    problems = _problems(tmp_path, GOOD.replace(KEY, f"{{api_key: k, public_key: {json.dumps(wrong)}}}"))
    assert "accounts.0.keys.0.public_key: should be an Ed25519 public key in PEM form; paste what" in problems
    assert wrong.splitlines()[-1] not in problems


def test_file_that_everybody_can_read(tmp_path: Path) -> None:
    """A file with secrets that everybody can read is refused unless asked for; group-readable is fine."""
    assert "chmod 0640" in _problems(tmp_path, GOOD, 0o644)
    load(_write(tmp_path, GOOD, 0o640))
    load(_write(tmp_path, GOOD, 0o644), allow_readable=True)


def test_missing_file(tmp_path: Path) -> None:
    """A missing file is told by its path."""
    with pytest.raises(ConfigurationError, match="No such file or directory; give --config the path"):
        load(tmp_path / "none.yaml")


def test_invented_contracts(tmp_path: Path) -> None:
    """Made-up contracts are listed behind the named ones, each with a market; a venue that has none refuses them."""
    config = load(_write(tmp_path, GOOD.replace("ETHUSDT]", "ETHUSDT], invented: 3")))
    names = [market.instrument.symbol for market in markets(config, "binance_futures")]
    assert names == ["BTCUSDT", "ETHUSDT", "T0001USDT", "T0002USDT", "T0003USDT"]
    bybit = "bybit: {host: 127.0.0.1, port: 8101, instruments: [BTCUSDT-LINEAR], invented: 3}"
    text = GOOD.replace("binance_futures: {host: 127.0.0.1, port: 8101, instruments: [BTCUSDT, ETHUSDT]}", bybit)
    assert "venues.bybit.invented is for binance_futures only; leave it out" in _problems(tmp_path, text)
    assert "venues.binance_futures.invented" in _problems(tmp_path, GOOD.replace("ETHUSDT]", "ETHUSDT], invented: -1"))
