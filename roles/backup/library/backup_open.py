#!/usr/bin/python
"""Ansible module: an archive of backup_make, opened beside the running data and proven file by file."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.redis_copy import CopyError, count_keys, sha256, whole

DOCUMENTATION = """
module: backup_open
short_description: Open an encrypted archive and prove it, before anything on the host is stopped
description:
  - Every file must have the hash that the manifest names, the append-only file must be whole, and a throw-away server
    must load it. Nothing that runs is touched.
options:
  archive: {description: The encrypted file., type: path, required: true}
  identity: {description: age's secret key., type: str, required: true}
  place: {description: Directory to make; what an earlier run left there is removed., type: path, required: true}
  instance: {description: Instance it must be of., type: str, required: true}
  trader_id: {description: Trader id it must be of., type: str, required: true}
  timeout: {description: Seconds the throw-away server may take to load., type: int, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Open
  backup_open:
    archive: /var/lib/redis/backup.age
    identity: "{{ identity }}"
    place: /var/lib/redis/.restore
    instance: main
    trader_id: MM-001
    timeout: 600
"""

RETURN = """
manifest: {description: What is in the archive., returned: success, type: dict}
key_count: {description: How many keys the throw-away server found., returned: success, type: int}
"""

FORMAT = 1


def unpack(archive: Path, identity: str, place: Path) -> None:
    """Decrypt and unpack in one go; the identity reaches age by a pipe."""
    with subprocess.Popen(  # noqa: S603 - Debian's age
        ["/usr/bin/age", "--decrypt", "--identity", "-", str(archive)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as age:
        if age.stdin is None or age.stdout is None or age.stderr is None:
            raise RuntimeError("pipes were asked for")
        age.stdin.write(f"{identity}\n".encode())
        age.stdin.close()
        broken: Exception | None = None
        try:
            with tarfile.open(fileobj=age.stdout, mode="r|gz") as tar:
                tar.extractall(place, filter="data")
        except (tarfile.TarError, OSError, EOFError) as error:
            broken = error
        age.stdout.close()
        said = age.stderr.read().decode(errors="replace").strip().splitlines()
    if age.returncode != 0:
        raise CopyError(
            f"{archive.name} cannot be decrypted ({said[0] if said else broken}); it was made for another "
            "backup_identity (look at older versions of the vault), or it is damaged: take another archive"
        )
    if broken is not None:
        raise CopyError(f"{archive.name} cannot be unpacked ({broken}); take another archive, or see df -h {place}")


def proven(wanted: dict[str, Any], place: Path) -> tuple[dict[str, Any], int]:
    """Return the manifest and the key count of an archive that is what it says.

    Raises:
        CopyError: It is not.
    """
    manifest: dict[str, Any] = json.loads((place / "manifest.json").read_text())
    if manifest["format"] != FORMAT:
        raise CopyError(
            f"the archive has format {manifest['format']}, this checkout reads {FORMAT}; use another checkout"
        )
    for name in ("instance", "trader_id"):
        if manifest[name] != wanted[name]:
            raise CopyError(
                f"the archive is of {name} {manifest[name]}, the inventory says {wanted[name]}; "
                "choose another with -e backup_archive=FILE"
            )
    wrong = [name for name, file in manifest["files"].items() if not _equal(place / name, file["sha256"])]
    if wrong:
        raise CopyError(f"missing or changed in the archive: {', '.join(wrong)}; take another archive")
    redis = manifest["redis"]
    directory = place / "redis"
    whole(directory / redis["appenddirname"] / f"{redis['appendfilename']}.manifest")
    keys = count_keys(
        directory,
        appenddirname=redis["appenddirname"],
        appendfilename=redis["appendfilename"],
        timeout=wanted["timeout"],
    )
    return manifest, keys


def _equal(file: Path, expected: str) -> bool:
    return file.is_file() and sha256(file) == expected


def main() -> None:
    """Open the archive."""
    module = AnsibleModule(
        argument_spec={
            "archive": {"type": "path", "required": True},
            "identity": {"type": "str", "required": True, "no_log": True},
            "place": {"type": "path", "required": True},
            "instance": {"type": "str", "required": True},
            "trader_id": {"type": "str", "required": True},
            "timeout": {"type": "int", "required": True},
        },
    )
    wanted: dict[str, Any] = module.params
    place = Path(wanted["place"])
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700)
    try:
        unpack(Path(wanted["archive"]), wanted["identity"], place)
        manifest, keys = proven(wanted, place)
    except (CopyError, OSError, ValueError, KeyError) as problem:
        shutil.rmtree(place, ignore_errors=True)
        module.fail_json(msg=f"Restore: nothing was changed: {problem}.")
    module.exit_json(changed=True, manifest=manifest, key_count=keys)


if __name__ == "__main__":
    main()
