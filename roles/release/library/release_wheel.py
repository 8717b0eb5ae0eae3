#!/usr/bin/python
"""Ansible module: the wheel of this repository, built once on the controller, and the release id that follows from it."""

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


def release_id(wheel: Path, lock: Path) -> str:
    """Version and content in one name: another wheel or another lock is another release."""
    version = wheel.name.split("-")[1]
    digest = hashlib.sha256(wheel.read_bytes() + lock.read_bytes()).hexdigest()
    return f"{version}-{digest[:DIGITS]}"


def build(module: AnsibleModule, project: Path, lock: Path) -> dict[str, Any]:
    """Build, and keep the wheel under its release's name; two runs at once do not disturb each other."""
    if not lock.is_file():
        raise BuildError(f"the lock {lock} does not exist; make it with: make lock")
    kept = project / "dist"
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix=".building-") as place:
        code, out, err = module.run_command(
            [uv_command(project), "build", "--quiet", "--wheel", "--out-dir", place, str(project)], cwd=str(project)
        )
        if code != 0:
            raise BuildError(f"the wheel does not build: {(err or out).strip()}")
        built = next(Path(place).glob("*.whl"))
        name = release_id(built, lock)
        wheel = kept / name / built.name
        changed = not wheel.is_file()
        if changed:
            wheel.parent.mkdir(exist_ok=True)
            built.replace(wheel)
    return {
        "changed": changed,
        "id": name,
        "wheel": str(wheel),
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
    }


def main() -> None:
    """Build the wheel."""
    module = AnsibleModule(
        argument_spec={"project": {"type": "path", "required": True}, "lock": {"type": "path", "required": True}},
        supports_check_mode=True,
    )
    try:
        result = build(module, Path(module.params["project"]).resolve(), Path(module.params["lock"]).resolve())
    except BuildError as problem:
        module.fail_json(msg=f"Release: {problem}.")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
