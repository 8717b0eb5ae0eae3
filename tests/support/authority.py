"""A throw-away certificate authority, made with the commands of docs/backup.md."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NEW = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def authority(place: Path) -> Path:
    """Make ca.key and ca.pem in a new directory; the directory."""
    place.mkdir()
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl(*usage, "-days", "3650", "-subj", "/CN=redis copies", "-keyout", "ca.key", "-out", "ca.pem", place=place)
    return place


def certified(place: Path) -> dict[str, str]:
    """Make a certificate signed by the authority in a directory; the role's variables, as PEM texts."""
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE")
    files = ("-keyout", "tls-key.pem", "-out", "tls-certificate.pem")
    _openssl(*signed, "-days", "3650", "-subj", "/CN=redis", *files, place=place)
    names = {"certificate": "tls-certificate", "key": "tls-key", "ca": "ca"}
    return {f"redis_tls_{name}": (place / f"{file}.pem").read_text() for name, file in names.items()}


def _openssl(*argv: str, place: Path) -> None:
    subprocess.run([*_NEW, *argv], cwd=place, check=True, capture_output=True)
