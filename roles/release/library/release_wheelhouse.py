#!/usr/bin/python
"""Ansible module: every locked wheel in one directory on the controller, for hosts without a way to a package index."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: release_wheelhouse
short_description: Download the locked wheels once, for the host's Python and platform
description:
  - Kept in C(.cache/wheelhouse) under a hash of what is locked; a whole one is not downloaded again.
options:
  project: {description: The repository's root., type: path, required: true}
  requirements: {description: Texts of hash-pinned requirements., type: list, elements: str, required: true}
  python: {description: Version of the host's Python., type: str, required: true}
  machine: {description: The host's architecture., type: str, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Wheelhouse
  release_wheelhouse:
    project: .
    requirements: ["{{ lookup('ansible.builtin.file', 'locks/node.txt') }}"]
    python: "3.13"
    machine: x86_64
"""

RETURN = """
path: {description: Directory of the wheels on the controller., returned: success, type: str}
"""

DIGITS = 12
# glibc 2.41 is Debian 13's. pip takes a platform literally, so every older one is named too.
NEWEST_GLIBC = 41
OLDEST_GLIBC = 5


def download(module: AnsibleModule, python: Path, place: Path, text: str, number: int) -> None:
    """Let pip fetch one list; each has the hashes of all it may fetch."""
    params = module.params
    machine, version = params["machine"], params["python"]
    listed = place / f"requirements-{number}.txt"
    listed.write_text(text, encoding="utf-8")
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
    platforms += [f"manylinux2014_{machine}", f"linux_{machine}"]
    argv = [str(python), "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    argv += ["--require-hashes", "--only-binary=:all:", f"--python-version={version}", "--implementation=cp"]
    argv += [f"--abi=cp{version.replace('.', '')}", "--abi=abi3", "--abi=none"]
    argv += [f"--platform={name}" for name in platforms]
    code, out, err = module.run_command([*argv, f"--dest={place}", f"--requirement={listed}"])
    if code != 0:
        module.fail_json(msg=f"The wheelhouse cannot be filled on the controller: {(err or out).strip()}")
    listed.unlink()


def main() -> None:
    """Fill it once."""
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "path", "required": True},
            "requirements": {"type": "list", "elements": "str", "required": True},
            "python": {"type": "str", "required": True},
            "machine": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    params = module.params
    project, texts = Path(params["project"]).resolve(), [text for text in params["requirements"] if text.strip()]
    python = project / ".tools/uv/bin/python"
    if not python.is_file():
        module.fail_json(msg="The wheelhouse needs .tools/uv on the controller; run: make setup")
    known = "\n".join([params["python"], params["machine"], *texts])
    kept = project / ".cache/wheelhouse" / hashlib.sha256(known.encode()).hexdigest()[:DIGITS]
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent, prefix=".filling-") as directory:
            whole = Path(directory, "whole")
            whole.mkdir()
            for number, text in enumerate(texts):
                download(module, python, whole, text, number)
            if not kept.is_dir():
                whole.rename(kept)
    module.exit_json(changed=False, path=str(kept))


if __name__ == "__main__":
    main()
