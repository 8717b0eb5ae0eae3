"""A release of ours with the nautilus_trader before: what an upgrade comes from and a rollback goes back to."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.support.lab import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLDER: Final = "1.230.0"
"""The last release whose cache has the same layout. Of its code one function lacks what nodecfg needs, as below."""

_FILES: Final = ("pyproject.toml", "locks", "nodecfg")
_DECODING: Final = '''"""What 1.230.0 lacks: importable client configs whose instrument ids can be decoded."""

import msgspec
from nautilus_trader.common import config


def create(self):
    encoded = msgspec.json.encode(self.config, enc_hook=config.msgspec_encoding_hook)
    return msgspec.json.decode(
        encoded, type=config.resolve_path(self.path), dec_hook=config.msgspec_decoding_hook
    )


config.ImportableConfig.create = create
'''


@contextmanager
def older_nautilus(checkout: Path) -> Iterator[str]:
    """Make a checkout one of the version before, lock included, and bring it back at the end; its version."""
    subprocess.run(["git", "add", "--all"], cwd=checkout, check=True)
    project, lock = checkout / "pyproject.toml", checkout / "locks/node.txt"
    text = project.read_text()
    newer = text.split("nautilus_trader==", 1)[1].split('"', 1)[0]
    project.write_text(text.replace(f"nautilus_trader=={newer}", f"nautilus_trader=={OLDER}"))
    _lock_again(checkout, lock)
    (checkout / "nodecfg/decoding.py").write_text(_DECODING)
    factory = checkout / "nodecfg/factory.py"
    factory.write_text(factory.read_text().replace("import msgspec\n", "import msgspec\nimport nodecfg.decoding\n", 1))
    try:
        yield OLDER
    finally:
        subprocess.run(["git", "checkout", "--quiet", "--", *_FILES], cwd=checkout, check=True)
        (checkout / "nodecfg/decoding.py").unlink()


def _lock_again(checkout: Path, lock: Path) -> None:
    # As scripts/lock does, for the one file that a node's release is made of.
    options = ("--quiet", "--generate-hashes", "--no-annotate", "--no-header", "--no-emit-index-url")
    package = ("--no-emit-package", "tradingnode-ops", "--python-version", "3.13", "--extra", "node")
    where = ("--output-file", str(lock), "pyproject.toml")
    platform = ("--python-platform", "x86_64-unknown-linux-gnu")
    run(
        checkout,
        "env",
        "UV_SYSTEM_CERTS=1",
        ".tools/uv/bin/uv",
        "pip",
        "compile",
        *options,
        *package,
        *platform,
        *where,
    )
