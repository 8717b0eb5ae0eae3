#!/usr/bin/python
"""Ansible module: the wheel of this repository, built once on the controller, and the release id that follows."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: release_wheel
short_description: Build the wheel and name the release
description:
  - The build is reproducible, so the same sources and the same lock always give the same release id.
options:
  project: {description: The repository's root., type: path, required: true}
  lock: {description: Hash-pinned requirements of the application., type: path, required: true}
  wheel: {description: A wheel that this run has built already; then none is built., type: path}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Wheel
  release_wheel: {project: "{{ playbook_dir }}/..", lock: locks/node.txt}
"""

RETURN = """
id: {description: Version and 12 hex digits of the SHA-256 over wheel and lock., returned: success, type: str}
wheel: {description: Path of the wheel., returned: success, type: str}
sha256: {description: SHA-256 of the wheel., returned: success, type: str}
"""

DIGITS = 12


class BuildError(Exception):
    """One complete sentence for the operator: what, why, and what to do."""


def uv_command(project: Path) -> str:
    """The uv that `make setup` installed, else the one on PATH."""
    own = project / ".tools/uv/bin/uv"
    found = str(own) if own.is_file() else shutil.which("uv")
    if found is None:
        raise BuildError("uv is not on the controller; run: make setup")
    return found


def build(module: AnsibleModule, project: Path) -> Path:
    """Build the wheel and keep it under its content's name; two runs at once do not disturb each other."""
    kept = project / "dist"
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix=".building-") as place:
        code, out, err = module.run_command(
            [uv_command(project), "build", "--quiet", "--wheel", "--out-dir", place, str(project)], cwd=str(project)
        )
        if code != 0:
            raise BuildError(f"the wheel does not build: {(err or out).strip()}")
        built = next(Path(place).glob("*.whl"))
        wheel = kept / sha256(built)[:DIGITS] / built.name
        if not wheel.is_file():
            wheel.parent.mkdir(exist_ok=True)
            built.replace(wheel)
    return wheel


def sha256(*files: Path) -> str:
    """One hash over the content of files."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def release(module: AnsibleModule) -> dict[str, Any]:
    """Name the release of a wheel and a lock: another wheel or another lock is another release."""
    lock = Path(module.params["lock"]).resolve()
    if not lock.is_file():
        raise BuildError(f"the lock {lock} does not exist; make it with: make lock")
    wheel = Path(module.params["wheel"] or build(module, Path(module.params["project"]).resolve()))
    version = wheel.name.split("-")[1]
    return {"id": f"{version}-{sha256(wheel, lock)[:DIGITS]}", "wheel": str(wheel), "sha256": sha256(wheel)}


def main() -> None:
    """Build the wheel."""
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "path", "required": True},
            "lock": {"type": "path", "required": True},
            "wheel": {"type": "path"},
        },
        supports_check_mode=True,
    )
    try:
        result = release(module)
    except BuildError as problem:
        module.fail_json(msg=f"Release: {problem}.")
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
