"""The checks before a commit see a secret in each of its forms, and say where without showing it."""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.roles.conftest import BIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_BODY = base64.b64encode(os.urandom(300)).decode()


@pytest.fixture
def checkout(repository: Path, tmp_path: Path) -> Path:
    """A repository of its own with the scripts and one inventory."""
    (tmp_path / "scripts").mkdir()
    for name in ("check-secrets", "check-vault-encrypted", "vault-client", "vault-init"):
        shutil.copy(repository / "scripts" / name, tmp_path / "scripts" / name)
    (tmp_path / "inventory/testnet/group_vars/all").mkdir(parents=True)
    shutil.copy(repository / "ansible.cfg", tmp_path / "ansible.cfg")
    (tmp_path / ".venv").symlink_to(BIN.parent)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def _run(checkout: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run(argv, cwd=checkout, env=env, text=True, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("kind", "write"),
    [
        ("private key", lambda: f"-----BEGIN PRIVATE KEY-----\n{_BODY}\n"),
        ("private key", lambda: f'key = "-----BEGIN OPENSSH PRIVATE" " KEY-----\\n{_BODY}"'.replace('" "', "")),
        ("age identity", lambda: "AGE-SECRET-" + "KEY-1" + "Q" * 58),
        ("token", lambda: "ghp_" + secrets.token_hex(18)),
        ("random password", lambda: f"redis_password: {secrets.token_urlsafe(36)}"),
        ("random password", lambda: f"BINANCE_API_SECRET='{secrets.token_urlsafe(48)}'"),
    ],
)
def test_a_secret_is_refused_without_being_shown(checkout: Path, kind: str, write: Callable[[], str]) -> None:
    """Each form of a secret is told with file, line and kind; the text itself is not repeated."""
    text = write()
    (checkout / "notes.md").write_text(f"first line\n{text}\n")
    _run(checkout, "git", "add", "notes.md")
    done = _run(checkout, "scripts/check-secrets")
    assert done.returncode == 1
    assert f"notes.md:2: {kind}" in done.stderr
    assert text.split()[-1] not in done.stdout + done.stderr


def test_a_value_of_the_vault_is_recognised_anywhere(checkout: Path) -> None:
    """A secret of this machine's vault is found in any text, named as it is named there."""
    assert _run(checkout, "scripts/vault-init", "testnet").returncode == 0
    vault = "inventory/testnet/group_vars/all/vault.yml"
    opened = _run(checkout, str(BIN / "ansible-vault"), "view", vault).stdout
    secret = opened.split("vault_redis_admin_password: ")[1].split()[0]
    (checkout / "notes.md").write_text(f"it was {secret}, I think\n")
    done = _run(checkout, "scripts/check-secrets", "notes.md", vault)
    assert done.returncode == 1
    assert f"notes.md:1: value of vault_redis_admin_password of {vault}" in done.stderr
    assert secret not in done.stderr


def test_words_and_encrypted_files_are_no_secrets(checkout: Path) -> None:
    """Documentation, templates, references to the vault and the encrypted vault itself are accepted."""
    assert _run(checkout, "scripts/vault-init", "testnet").returncode == 0
    (checkout / "vars.yml").write_text(
        "redis_password: \"{{ vault_redis_tradingnode_password | default('') }}\"\n"
        "tradingnode_binance_api_key: vault_binance_api_key_of_the_main_client\n"
        "password: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
    )
    done = _run(checkout, "scripts/check-secrets", "vars.yml", "inventory/testnet/group_vars/all/vault.yml")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_vault_in_clear_is_refused(checkout: Path) -> None:
    """A vault file that is not encrypted cannot be committed; an encrypted one can."""
    vault = checkout / "inventory/testnet/group_vars/all/vault.yml"
    vault.write_text("vault_x: clear\n")
    done = _run(checkout, "scripts/check-vault-encrypted", str(vault))
    assert done.returncode == 1
    assert "is not encrypted" in done.stderr
    vault.unlink()
    assert _run(checkout, "scripts/vault-init", "testnet").returncode == 0
    assert _run(checkout, "scripts/check-vault-encrypted", str(vault)).returncode == 0


def test_this_repository_holds_no_secret(repository: Path) -> None:
    """Every file that git tracks here passes both checks."""
    vaults = _run(repository, "git", "ls-files", "*vault.yml").stdout.split()
    assert _run(repository, "scripts/check-vault-encrypted", *vaults).returncode == 0
    done = _run(repository, "scripts/check-secrets")
    assert done.returncode == 0, done.stderr
