"""The vault's scripts in a checkout of their own: secrets appear once, encrypted; every mistake is one clear line."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.unit.roles.conftest import BIN

if TYPE_CHECKING:
    from pathlib import Path

VAULT = "inventory/testnet/group_vars/all/vault.yml"


@pytest.fixture
def checkout(repository: Path, tmp_path: Path) -> Path:
    """A new checkout: the scripts, two inventories without a vault, the environment of this one."""
    for script in ("vault-init", "vault-client", "vault-rotate"):
        (tmp_path / "scripts").mkdir(exist_ok=True)
        shutil.copy(repository / "scripts" / script, tmp_path / "scripts" / script)
    for env in ("testnet", "production"):
        (tmp_path / f"inventory/{env}/group_vars/all").mkdir(parents=True)
        (tmp_path / f"inventory/{env}/hosts.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
    shutil.copy(repository / "ansible.cfg", tmp_path / "ansible.cfg")
    (tmp_path / ".venv").symlink_to(BIN.parent)
    return tmp_path


def _run(checkout: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(argv, cwd=checkout, env=env, text=True, capture_output=True, check=False)


def _init(checkout: Path, env: str = "testnet") -> subprocess.CompletedProcess[str]:
    return _run(checkout, "scripts/vault-init", env)


def _show(checkout: Path) -> subprocess.CompletedProcess[str]:
    shown = ("ansible.builtin.debug", "-a", "var=vault_redis_admin_password")
    return _run(checkout, str(BIN / "ansible"), "localhost", "-i", "inventory/testnet", "-m", *shown)


def test_init_makes_password_and_encrypted_vault(checkout: Path) -> None:
    """Both files are readable by their owner alone, and the vault opens with the password through ansible.cfg."""
    done = _init(checkout)
    assert done.returncode == 0, done.stderr
    assert [(checkout / name).stat().st_mode & 0o777 for name in (".vault/testnet", VAULT)] == [0o600, 0o600]
    assert (checkout / VAULT).read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;testnet")
    opened = yaml.safe_load(_run(checkout, str(BIN / "ansible-vault"), "view", VAULT).stdout)
    random = [value for value in opened.values() if value]
    assert len(set(random)) == len(random) >= 4
    identity = opened.pop("vault_backup_identity")
    assert identity.startswith("AGE-SECRET-KEY-1")
    assert all(len(value) >= 40 and value.isalnum() for value in random if value != identity)


def test_init_never_overwrites(checkout: Path) -> None:
    """A second run changes nothing and says nothing."""
    _init(checkout)
    before = [(checkout / name).read_bytes() for name in (".vault/testnet", VAULT)]
    done = _init(checkout)
    assert (done.returncode, done.stdout) == (0, "")
    assert [(checkout / name).read_bytes() for name in (".vault/testnet", VAULT)] == before


def test_no_two_vaults_are_alike(checkout: Path) -> None:
    """No default password exists: a removed vault comes back with other secrets."""
    _init(checkout)
    before = (checkout / ".vault/testnet").read_text()
    (checkout / ".vault/testnet").unlink()
    (checkout / VAULT).unlink()
    _init(checkout)
    assert (checkout / ".vault/testnet").read_text() != before


def test_production_starts_with_gaps_a_deploy_refuses(checkout: Path) -> None:
    """What only the operator can know is marked, not invented."""
    _init(checkout, "production")
    vault = "inventory/production/group_vars/all/vault.yml"
    opened = yaml.safe_load(_run(checkout, str(BIN / "ansible-vault"), "view", vault).stdout)
    assert opened["vault_binance_api_key"] == opened["vault_binance_api_secret"] == "CHANGE-ME"


def test_an_unknown_inventory_is_refused(checkout: Path) -> None:
    """A misspelt ENV names the ones there are."""
    done = _init(checkout, "testnett")
    assert done.returncode != 0
    assert "production or testnet" in done.stderr


def test_a_missing_password_names_file_and_fix(checkout: Path) -> None:
    """Ansible stops with the name of the password file and what to do."""
    _init(checkout)
    (checkout / ".vault/testnet").unlink()
    done = _show(checkout)
    assert done.returncode != 0
    assert "the password file .vault/testnet is missing" in done.stderr
    assert "vault-init testnet" in done.stderr
    again = _init(checkout)
    assert again.returncode != 0
    assert ".vault/testnet does not" in again.stderr


def test_a_wrong_password_names_file_and_fix(checkout: Path) -> None:
    """A password that does not open the vault is told as such, with both files."""
    _init(checkout)
    (checkout / ".vault/testnet").write_text("wrong\n")
    done = _show(checkout)
    assert done.returncode != 0
    assert "the password in .vault/testnet does not open inventory/testnet" in done.stderr


def test_an_unencrypted_vault_is_refused(checkout: Path) -> None:
    """Secrets in clear are told before they are used."""
    _init(checkout)
    (checkout / VAULT).write_text("vault_redis_admin_password: clear\n")
    done = _show(checkout)
    assert "is not encrypted" in done.stderr


def test_another_inventory_s_problem_does_not_stop_this_one(checkout: Path) -> None:
    """Who works on testnet needs no password of production."""
    _init(checkout)
    _init(checkout, "production")
    (checkout / ".vault/production").unlink()
    done = _show(checkout)
    assert done.returncode == 0, done.stderr


def _opened(checkout: Path) -> dict[str, str]:
    text = _run(checkout, str(BIN / "ansible-vault"), "view", VAULT).stdout
    document: dict[str, str] = yaml.safe_load(text)
    return document


def _rotate(checkout: Path, act: str, *names: str) -> subprocess.CompletedProcess[str]:
    return _run(checkout, "scripts/vault-rotate", "testnet", act, *names)


def test_a_rotation_keeps_both_secrets_until_its_end(checkout: Path) -> None:
    """`begin` puts a new secret beside the former one, once; `end` forgets the former one; nothing else changes."""
    _init(checkout)
    before = _opened(checkout)
    name = "vault_redis_tradingnode_password"
    assert _rotate(checkout, "begin", name).stdout == "changed\n"
    begun = _opened(checkout)
    assert begun[f"{name}_previous"] == before[name]
    assert len(begun[name]) == 40
    assert begun[name] != before[name]
    # An interrupted rotation goes on with the same secret.
    assert _rotate(checkout, "begin", name).stdout == ""
    assert _opened(checkout) == begun
    assert _rotate(checkout, "end", name).stdout == "changed\n"
    assert _opened(checkout) == before | {name: begun[name]}
    assert (checkout / VAULT).read_text().startswith("$ANSIBLE_VAULT;1.2;AES256;testnet")
    assert (checkout / VAULT).stat().st_mode & 0o777 == 0o600


def test_a_venue_s_new_key_is_taken_and_can_be_taken_back(checkout: Path) -> None:
    """A key that waits as NAME_next takes its place at `begin`; `undo` lets it wait again."""
    _init(checkout)
    name = "vault_simvenue_api_key"
    old = _opened(checkout)[name]
    assert _rotate(checkout, "begin", name).returncode == 0
    new = _opened(checkout)[name]
    assert _rotate(checkout, "undo", name).stdout == "changed\n"
    undone = _opened(checkout)
    assert (undone[name], undone[f"{name}_next"], f"{name}_previous" in undone) == (old, new, False)
    assert _rotate(checkout, "begin", name).returncode == 0
    again = _opened(checkout)
    assert (again[name], again[f"{name}_previous"], f"{name}_next" in again) == (new, old, False)


def test_an_unknown_secret_is_named_and_nothing_is_written(checkout: Path) -> None:
    """A name that is not in the vault, or stands there empty: one line that says which, and the vault is as before."""
    _init(checkout)
    before = (checkout / VAULT).read_bytes()
    for name in ("vault_nobody_knows", "vault_binance_api_key"):
        done = _rotate(checkout, "begin", name)
        assert done.returncode != 0
        assert name in done.stderr
    assert (checkout / VAULT).read_bytes() == before
