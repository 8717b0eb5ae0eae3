"""What is written onto a lab host's disk: plain files, keys that may enter, certificates to trust."""

from __future__ import annotations

import contextlib
import hashlib
import re
from typing import TYPE_CHECKING, Any

from ansible.module_utils.lab import LabError

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def replace_file(root: Path, name: str, content: str, mode: int) -> bool:
    """Put a file below a root in one step, also where a link stood; whether it was different."""
    target = root / name.lstrip("/")
    with contextlib.suppress(OSError, UnicodeDecodeError):
        same = not target.is_symlink() and target.read_text() == content
        if same and target.stat().st_mode & 0o777 == mode:
            return False
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.lab")
    fresh.write_text(content)
    fresh.chmod(mode)
    fresh.replace(target)
    return True


def replace_files(root: Path, files: list[dict[str, Any]]) -> bool:
    """Put several files; whether one was different."""
    changed = False
    for file in files:
        changed = replace_file(root, file["path"], file["content"], int(file.get("mode", "0644"), 8)) or changed
    return changed


def allow_key(root: Path, key: str) -> bool:
    """Let a key in as root, beside those that other checkouts brought; whether it was new."""
    place = root / "root/.ssh/authorized_keys"
    known = place.read_text().splitlines() if place.is_file() else []
    if key in known:
        return False
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return replace_file(root, "root/.ssh/authorized_keys", "\n".join([*known, key]) + "\n", 0o600)


def untrusted(root: Path, bundle: Path) -> list[str]:
    """The certificates of a bundle that the host does not trust yet."""
    if not bundle.is_file():
        raise LabError(f"the CA bundle {bundle} is not a file; set SSL_CERT_FILE or lab_host_ca_bundle")
    shipped = root / "etc/ssl/certs/ca-certificates.crt"
    known = set(CERTIFICATE.findall(shipped.read_text())) if shipped.is_file() else set()
    return sorted(set(CERTIFICATE.findall(bundle.read_text())) - known)


def place_certificates(root: Path, certificates: list[str]) -> None:
    """Put certificates where Debian's own tool finds them."""
    for certificate in certificates:
        name = f"lab-{hashlib.sha256(certificate.encode()).hexdigest()[:12]}.crt"
        replace_file(root, f"usr/local/share/ca-certificates/{name}", certificate + "\n", 0o644)
