#!/usr/bin/python
"""Ansible module: the Debian root all lab hosts are laid over, built once and kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.lab import LabError, locked, mounted, run, unmount

DOCUMENTATION = """
module: lab_image
short_description: Build the base image of lab hosts, or remove all of them
description:
  - Builds a Debian root directory with mmdebstrap, into a temporary directory that is renamed when it is whole.
  - The directory's name holds a hash of suite and packages, so another list is another image.
options:
  state: {description: Whether the image must exist., type: str, choices: [present, absent], default: present}
  cache_dir: {description: Where images are kept., type: path, required: true}
  state_dir: {description: Where lab hosts live; their images are never removed., type: path, required: true}
  suite: {description: Debian suite., type: str, required: true}
  packages: {description: Packages of the image., type: list, elements: str, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Image
  lab_image:
    cache_dir: /var/cache/tradingnode-lab
    state_dir: /var/lib/tradingnode-lab
    suite: trixie
    packages: [systemd]
"""

RETURN = """
path: {description: The image., returned: success, type: str}
"""

# Part of every image's key: raise it when the recipe below changes.
RECIPE = "2"

# Host keys belong to one host, not to an image; the address comes from networkd.
FINISH = (
    'rm -f "$1"/etc/ssh/ssh_host_*',
    'rm -f "$1"/etc/hostname "$1"/etc/resolv.conf',
    'chroot "$1" systemctl --quiet enable systemd-networkd.service',
)


def image_path(cache_dir: Path, suite: str, packages: list[str]) -> Path:
    """The directory an image of these packages has."""
    recipe = "\n".join([RECIPE, suite, *sorted(set(packages)), *FINISH])
    return cache_dir / f"{suite}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def partial_builds(cache_dir: Path) -> list[Path]:
    """What is left of builds that did not end; the caller holds the lock, so none of them is going on."""
    return sorted(cache_dir.glob(".building-*"))


def discard(directory: Path) -> None:
    """Remove an image or a part of one; a broken build may have left the kernel's file systems mounted in it."""
    points = {line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()}
    for point in sorted((Path(point) for point in points), reverse=True):
        if directory in point.parents and mounted(point):
            unmount(point)
    shutil.rmtree(directory)


def build(image: Path, suite: str, packages: list[str]) -> None:
    """Build an image beside its place, then put it there in one step."""
    partial = image.parent / f".building-{image.name}"
    keep = {"PATH", "HOME", "TMPDIR", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE"}
    run(
        [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={','.join(sorted(set(packages)))}",
            '--aptopt=Acquire::Languages "none"',
            "--dpkgopt=force-unsafe-io",
            *(f"--customize-hook={step}" for step in FINISH),
            suite,
            str(partial),
        ],
        env={name: value for name, value in os.environ.items() if name in keep} | {"LC_ALL": "C.UTF-8"},
    )
    # mmdebstrap ends by emptying the package lists: that must not look like an update to those who ask their age.
    os.utime(partial / "var/lib/apt/lists", (0, 0))
    # mmdebstrap gives the root the mode of a private temporary directory.
    partial.chmod(0o755)
    partial.rename(image)


def used_images(state_dir: Path) -> set[str]:
    """The images that hosts of any lab are laid over."""
    return {record.read_text().strip() for record in state_dir.glob("*/*/image")}


def main() -> None:
    """Bring the image into the asked state."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "cache_dir": {"type": "path", "required": True},
            "state_dir": {"type": "path", "required": True},
            "suite": {"type": "str", "required": True},
            "packages": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    wanted: dict[str, Any] = module.params
    cache_dir = Path(wanted["cache_dir"])
    image = image_path(cache_dir, wanted["suite"], wanted["packages"])
    if module.check_mode:
        module.exit_json(changed=image.is_dir() != (wanted["state"] == "present"), path=str(image))
    try:
        if wanted["state"] == "present":
            with locked(cache_dir):
                changed = not image.is_dir()
                for partial in partial_builds(cache_dir):
                    discard(partial)
                if changed:
                    build(image, wanted["suite"], wanted["packages"])
        else:
            changed = remove_all(cache_dir, Path(wanted["state_dir"]))
    except (LabError, OSError) as problem:
        module.fail_json(msg=f"The lab's base image: {problem}")
    module.exit_json(changed=changed, path=str(image))


def remove_all(cache_dir: Path, state_dir: Path) -> bool:
    """Remove every image no host uses; whether there was one."""
    if not cache_dir.is_dir():
        return False
    with locked(cache_dir):
        in_use = used_images(state_dir)
        unused = [path for path in cache_dir.iterdir() if str(path) not in in_use]
        for path in unused:
            discard(path)
        # A file system of its own may be mounted there: that is the operator's.
        with contextlib.suppress(OSError):
            cache_dir.rmdir()
    return bool(unused)


if __name__ == "__main__":
    main()
