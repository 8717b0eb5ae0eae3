#!/usr/bin/python
"""Ansible module: an operator's own packages as wheels and hash-pinned requirements, made on the controller."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: release_packages
short_description: What is installed beside the locked packages
description:
  - Wheel files, local directories and git addresses become wheels; requirements and what all of them need are
    resolved so that they fit the lock, pinned by hash. A resolution is kept in C(.cache/packages) and used again.
options:
  project: {description: The repository's root; relative paths start there., type: path, required: true}
  packages: {description: What the operator wrote., type: list, elements: str, required: true}
  lock: {description: Hash-pinned requirements of the application., type: path, required: true}
  wheel: {description: Wheel of this repository., type: path, required: true}
  release: {description: Id of the release without packages., type: str, required: true}
  python: {description: Version of the host's Python., type: str, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Packages
  release_packages:
    project: .
    packages: [../my-strategies, "ta-lib==0.6.8", "mine @ git+https://git.example.com/mine.git@v2"]
    lock: locks/node.txt
    wheel: dist/one.whl
    release: 0.1.0-0123456789ab
    python: "3.13"
"""

RETURN = """
id: {description: Id of the release with these packages., returned: success, type: str}
wheels: {description: "Wheels to bring: path, name, sha256, project.", returned: success, type: list}
requirements: {description: Hash-pinned lines of what else is needed., returned: success, type: str}
"""

DIGITS = 12
PLATFORM = "x86_64-unknown-linux-gnu"
GIT = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*)\s*@\s*git\+(?P<url>[^#]+?)(?:@(?P<ref>[^@/:#]+))?(?:#subdirectory=(?P<sub>.+))?$"
)
REQUIREMENT = re.compile(r"[A-Za-z0-9][\w.-]*\s*(\[[\w\s,.-]+\])?\s*([<>=!~;(@].*)?$")
PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)\s*(?:==|@)", re.MULTILINE)
COMMIT = re.compile(r"[0-9a-f]{40}")
# What builds leave behind: it is not source, and an old one would end up in the wheel.
LEFTOVERS = shutil.ignore_patterns(".git", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".*_cache")


class PackageError(Exception):
    """One sentence for the operator: which package, what is wrong, what to do."""


def normal(name: str) -> str:
    """A project's name as indexes compare it (packaging.python.org, name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def masked(text: str) -> str:
    """Without what stands before the host of an address: it may be a token."""
    return re.sub(r"://[^/@\s]+@", "://***@", text)


def run(module: AnsibleModule, argv: list[str], cwd: Path, what: str, **environment: str) -> str:
    """Run a command on the controller, or say what of the operator's did not work."""
    settings = {"UV_SYSTEM_CERTS": "true", "GIT_TERMINAL_PROMPT": "0", **environment}
    code, out, err = module.run_command(argv, cwd=str(cwd), environ_update=settings)
    if code != 0:
        raise PackageError(f"{what}: {masked((err or out).strip())}")
    return str(out)


def uv_command(project: Path) -> str:
    """The uv that `make setup` installed, else the one on PATH."""
    own = project / ".tools/uv/bin/uv"
    found = str(own) if own.is_file() else shutil.which("uv")
    if found is None:
        raise PackageError("uv is not on the controller; run: make setup")
    return found


def build(module: AnsibleModule, project: Path, source: Path, shown: str) -> Path:
    """Build a wheel from a copy of its sources, reproducibly, and keep it under its content's name."""
    if not (source / "pyproject.toml").is_file() and not (source / "setup.py").is_file():
        raise PackageError(f"{shown} has no pyproject.toml; give the directory that holds it")
    kept = project / "dist"
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix=".building-") as directory:
        copy, place = Path(directory, "source"), Path(directory, "wheel")
        shutil.copytree(source, copy, ignore=LEFTOVERS)
        argv = [uv_command(project), "build", "--quiet", "--wheel", "--out-dir", str(place), str(copy)]
        run(module, argv, copy, f"{shown} does not build", SOURCE_DATE_EPOCH="315532800")
        built = next(place.glob("*.whl"))
        wheel = kept / digest(built.read_bytes())[:DIGITS] / built.name
        wheel.parent.mkdir(exist_ok=True)
        built.replace(wheel)
    return wheel


def from_git(module: AnsibleModule, project: Path, match: re.Match[str]) -> Path:
    """The wheel of one commit; a commit that was built before is not fetched again."""
    shown, url = masked(match.string), match["url"]
    ref, sub = match["ref"] or "HEAD", match["sub"] or "."
    commit = ref
    if not COMMIT.fullmatch(ref):
        listed = run(module, ["git", "ls-remote", url, ref, f"{ref}^{{}}"], project, f"{shown} cannot be asked")
        if not listed.strip():
            raise PackageError(f"{shown}: the repository has no branch or tag {ref}")
        commit = listed.splitlines()[-1].split()[0]
    kept = project / ".cache/packages" / f"git-{digest(f'{commit} {sub}'.encode())[:DIGITS]}"
    for wheel in sorted(kept.glob("*.whl")):
        return wheel
    with tempfile.TemporaryDirectory() as directory:
        run(module, ["git", "clone", "--quiet", url, directory], project, f"{shown} cannot be fetched")
        run(module, ["git", "checkout", "--quiet", commit], Path(directory), f"{shown} has no such commit")
        built = build(module, project, Path(directory, sub), shown)
    if normal(built.name.split("-")[0]) != normal(match["name"]):
        raise PackageError(f"{shown} is the project {built.name.split('-')[0]}; write that name before the @")
    kept.mkdir(parents=True, exist_ok=True)
    return keep(kept / built.name, built.read_bytes())


def keep(path: Path, content: bytes) -> Path:
    """Write a whole file under its name; two runs at once do not disturb each other."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_bytes(content)
    half.replace(path)
    return path


def digest(content: bytes) -> str:
    """SHA-256."""
    return hashlib.sha256(content).hexdigest()


def wheel_or_requirement(module: AnsibleModule, project: Path, package: str) -> Path | str:
    """The wheel of a package, or the requirement it is."""
    if match := GIT.match(package):
        return from_git(module, project, match)
    path = Path(os.path.normpath(project / Path(package).expanduser()))
    if package.endswith(".whl"):
        if not path.is_file():
            raise PackageError(f"the wheel {path} does not exist on the controller; correct the path")
        return path
    if path.is_dir():
        return build(module, project, path, package)
    if package.startswith((".", "/", "~")) or not REQUIREMENT.match(package):
        raise PackageError(
            f"{masked(package)} is no wheel, no directory on the controller ({path}), no requirement such as name==1.2 "
            "and no name @ git+https://…"
        )
    return package


def resolve(module: AnsibleModule, wheels: list[Path], requirements: list[str]) -> str:
    """Everything else that is needed, fitting the lock, with hashes and without addresses."""
    params = module.params
    project, lock = Path(params["project"]), Path(params["lock"]).read_text(encoding="utf-8")
    own = [*wheels, Path(params["wheel"])]
    known = [f"{wheel.name} {digest(wheel.read_bytes())}" for wheel in wheels]
    key = digest("\n".join([*known, *sorted(requirements), lock, params["python"]]).encode())
    kept = project / ".cache/packages" / f"{key[:DIGITS]}.txt"
    if kept.is_file():
        return kept.read_text(encoding="utf-8")
    kept.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{wheel.name.split('-')[0]} @ file://{wheel.resolve()}" for wheel in own]
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory, "packages.in")
        source.write_text("\n".join([*lines, *requirements, ""]), encoding="utf-8")
        argv = [uv_command(project), "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate", "--no-header"]
        argv += ["--no-emit-index-url", "--no-emit-find-links", "--python-version", params["python"]]
        argv += ["--python-platform", PLATFORM, "--constraint", params["lock"], str(source)]
        out = run(module, argv, project, "the packages do not fit the locked ones (locks/node.txt)")
    here = {normal(name) for name in PINNED.findall(lock)} | {normal(wheel.name.split("-")[0]) for wheel in own}
    entries = re.split(r"\n(?=\S)", out.strip())
    text = "".join(f"{e.rstrip()}\n" for e in entries if (m := PINNED.match(e)) and normal(m[1]) not in here)
    keep(kept, text.encode())
    return text


def packages(module: AnsibleModule) -> dict[str, object]:
    """Make wheels, resolve, and name the release: another content is another release."""
    project = Path(module.params["project"]).resolve()
    found: list[Path | str] = []
    problems: list[str] = []
    for package in module.params["packages"]:
        try:
            found.append(wheel_or_requirement(module, project, package.strip()))
        except PackageError as problem:
            problems.append(str(problem))
    if problems:
        raise PackageError("\n- ".join(["packages cannot be installed; nothing was changed:", *problems]))
    wheels = [one for one in found if isinstance(one, Path)]
    text = resolve(module, wheels, [one for one in found if isinstance(one, str)])
    brought = [
        {"path": str(w), "name": w.name, "sha256": digest(w.read_bytes()), "project": w.name.split("-")[0]}
        for w in sorted(wheels, key=lambda wheel: wheel.name)
    ]
    version, _, base = module.params["release"].rpartition("-")
    content = "\n".join([base, *(f"{w['name']} {w['sha256']}" for w in brought), text])
    return {
        "id": f"{version}-{digest(content.encode())[:DIGITS]}",
        "wheels": brought,
        "requirements": text,
    }


def main() -> None:
    """Make them."""
    module = AnsibleModule(
        argument_spec={
            "project": {"type": "path", "required": True},
            "packages": {"type": "list", "elements": "str", "required": True},
            "lock": {"type": "path", "required": True},
            "wheel": {"type": "path", "required": True},
            "release": {"type": "str", "required": True},
            "python": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        result = packages(module)
    except PackageError as problem:
        module.fail_json(msg=f"Release: {problem}")
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
