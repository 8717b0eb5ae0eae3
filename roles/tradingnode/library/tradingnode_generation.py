#!/usr/bin/python
"""Ansible module: write, switch, prove and list what a node runs (its generations)."""

from __future__ import annotations

import difflib
import grp
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.generations import (
    CURRENT,
    FILES,
    RELEASE,
    Content,
    Generations,
    Live,
    releases_named,
    text_of,
)

DOCUMENTATION = """
module: tradingnode_generation
short_description: What a node runs, as whole generations with one switch
description:
  - C(staged) checks the files with the release that will read them and writes a generation; nothing runs it yet.
  - C(current) lets the next start of the node run a generation. Changed as well when an earlier run ended before it
    had proven the current one, or when somebody edited the files on the host.
  - C(proven) notes that the node runs the current generation and whether it was READY.
  - C(pruned) removes what is too old to go back to. C(listed) only tells.
options:
  state: {description: What to do., type: str, choices: [staged, current, proven, pruned, listed], required: true}
  instance: {description: What `nodecfg instance --json` says., type: dict, required: true}
  root: {description: Directory of the applications' link C(current)., type: path, default: /opt/tradingnode}
  generations: {description: Directory of all instances., type: path, default: /etc/tradingnode/generations}
  env: {description: Text of the env file., type: str}
  strategies: {description: Text of strategies.yaml., type: str}
  overrides: {description: Text of overrides.yaml; without it there is none., type: str}
  unit: {description: Text of the unit., type: str}
  release: {description: Directory of the release., type: path}
  present: {description: Whether the release is there; only in check mode it may not be., type: bool, default: true}
  id: {description: Which generation becomes current., type: str}
  returning: {description: Whether this goes back., type: bool, default: false}
  failed: {description: Whether the one that is left failed., type: bool, default: false}
  ready: {description: Whether the node was READY., type: bool, default: true}
  keep: {description: How many generations stay., type: int, default: 3}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Which are there
  tradingnode_generation: {state: listed, instance: "{{ 'main' | tradingnode_instance }}"}
"""

RETURN = """
id: {description: The staged or current generation., returned: success, type: str}
before: {description: The current generation as it was; null for none., returned: success, type: dict}
generations: {description: "All, oldest first: id, release, good, proven, current.", returned: success, type: list}
unproven: {description: Whether the current one has yet to be proven., returned: success, type: bool}
returned_from: {description: What was left when the current one was gone back to., returned: success, type: str}
way_back: {description: The generation to go back to., returned: success, type: str}
releases: {description: Releases that generations of all instances name., returned: success, type: list}
settings: {description: Names of settings that differ from the current generation's., returned: staged, type: list}
"""

NAME = re.compile(r"^([A-Za-z_][A-Za-z0-9_]*)=(.*(?:\n(?![A-Za-z_][A-Za-z0-9_]*=).*)*)", re.MULTILINE)


def group_id(name: str) -> int:
    """The id of a group; root's while there is none, as in check mode on a bare host."""
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return 0


class RefusedError(Exception):
    """What the release on the host does not accept, for the operator."""


def paths(params: dict[str, Any]) -> Live:
    """Where systemd and the node look."""
    instance = params["instance"]
    return Live(
        links={kind: Path(instance[f"{kind}_file"]) for kind in FILES if kind != "unit"},
        unit=Path("/etc/systemd/system", instance["unit"]),
        release=Path(params["root"], CURRENT),
    )


def wanted(params: dict[str, Any]) -> Content:
    """What the inventory says."""
    return Content(
        files={kind: params[kind] for kind in FILES if params[kind] is not None}, release=str(params["release"])
    )


def found(generations: Generations, live: Live) -> Content | None:
    """What the host would run now, whoever wrote it; None when that is no whole node."""
    files = {kind: text for kind, link in live.links.items() if (text := text_of(link)) is not None}
    unit = text_of(live.unit)
    current = generations.current()
    if unit is None or "env" not in files or "strategies" not in files:
        return None
    if current is not None:
        release = generations.content(current).release
    elif live.release.is_symlink():
        release = str(live.release.readlink())
    else:
        return None
    return Content(files={**files, "unit": unit}, release=release)


def check(module: AnsibleModule, content: Content, instance: dict[str, Any], generations: Path) -> None:
    """Let the release that will read the files judge them, before anything of them counts."""
    with tempfile.TemporaryDirectory(dir=module.tmpdir) as directory:
        place = {kind: Path(directory, f"{instance['name']}.{kind}") for kind in FILES}
        for kind, text in content.files.items():
            place[kind].touch(mode=FILES["env"])
            # The unit names the release through a link that does not lead there yet.
            place[kind].write_text(text.replace(f"{generations / CURRENT / RELEASE}/", f"{content.release}/"))
        command = [f"{content.release}/bin/nodecfg", "check", "--env-file", str(place["env"])]
        command += ["--strategies", str(place["strategies"])]
        if "overrides" in content.files:
            command += ["--overrides", str(place["overrides"])]
        verify = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"]
        said = []
        for argv in (command, [*verify, f"{place['unit']}:{instance['unit']}"]):
            code, out, err = module.run_command(argv, cwd=directory)
            if code != 0:
                said.append((out + err).replace(f"{directory}/", "").strip())
    if said:
        release = Path(content.release).name
        raise RefusedError("\n".join([f"release {release} does not accept this; nothing was changed:", *said]))


def settings(text: str) -> dict[str, str]:
    """An env file's values by name."""
    return dict(NAME.findall(text))


def changed_settings(old: str, new: str) -> list[str]:
    """Names of the settings that two env files do not have in common."""
    before, after = settings(old), settings(new)
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def differences(old: Content | None, new: Content, live: Live) -> list[dict[str, str]]:
    """What `--diff` shows: texts of all files but the settings, which are told by name."""
    before = old.files if old else {}
    shown = [{"prepared": f"release: {Path(old.release).name if old else 'none'} -> {Path(new.release).name}\n"}]
    if old and old.release == new.release:
        shown = []
    names = changed_settings(before.get("env", ""), new.files["env"])
    if names:
        shown.append({"prepared": f"{live.links['env']}: {', '.join(names)} (values are not shown)\n"})
    for kind, path in {**live.links, "unit": live.unit}.items():
        one, other = before.get(kind, ""), new.files.get(kind, "")
        if kind != "env" and one != other:
            lines = difflib.unified_diff(one.splitlines(), other.splitlines(), f"before: {path}", f"after: {path}", n=3)
            shown.append({"prepared": "\n".join([*(line.rstrip() for line in lines), ""])})
    return shown


def stage(module: AnsibleModule, generations: Generations, live: Live) -> dict[str, Any]:
    """Write what the inventory says beside what runs, and keep what runs when no generation holds it yet."""
    params = module.params
    content, running = wanted(params), found(generations, live)
    current = generations.current()
    if current and generations.content(current) == content == running:
        return {"changed": False, "id": current, "settings": []}
    if params["present"]:
        check(module, content, params["instance"], generations.root)
    name = generations.find(content)
    if not module.check_mode:
        if running and running != content and generations.find(running) is None:
            code, _, _ = module.run_command(["systemctl", "is-active", "--quiet", params["instance"]["unit"]])
            kept = generations.add(running, good=code == 0)
            module.debug(f"kept what runs as {kept}")
        name = name or generations.add(content)
    return {
        "changed": True,
        "id": name or "new",
        "settings": changed_settings(running.files["env"] if running else "", content.files["env"]),
        "diff": differences(running, content, live),
    }


def switch(module: AnsibleModule, generations: Generations, live: Live) -> dict[str, Any]:
    """Let the next start run the generation."""
    params = module.params
    name, before = params["id"], generations.current()
    if name not in generations.ids():
        if module.check_mode and not params["returning"]:
            return {"changed": True, "id": name}
        raise RefusedError(f"there is no generation {name}; there are: {', '.join(generations.ids()) or 'none'}")
    if not Path(generations.root, name, RELEASE, "bin").is_dir():
        raise RefusedError(f"the release of generation {name} is not on this host any more; choose another")
    changed = generations.unproven() or not generations.is_live(name, live)
    if changed and not module.check_mode:
        generations.switch(name, live, returning=params["returning"])
        if params["failed"] and before not in {None, name}:
            generations.disprove(str(before))
    return {"changed": changed, "id": name}


def prove(module: AnsibleModule, generations: Generations, live: Live) -> dict[str, Any]:
    """Note it; a note is no change of the host."""
    current = generations.current()
    if current and generations.is_live(current, live) and not module.check_mode:
        generations.prove(current, ready=module.params["ready"])
    return {"changed": False, "id": current}


def prune(module: AnsibleModule, generations: Generations, live: Live) -> dict[str, Any]:
    """Remove what is too old, and what interrupted runs left half done."""
    surplus = generations.surplus(module.params["keep"])
    if not module.check_mode:
        for name in surplus:
            generations.remove(name)
        for half in generations.root.glob(".gone-*"):
            shutil.rmtree(half)
    return {"changed": bool(surplus), "id": generations.current()}


def tell(module: AnsibleModule, generations: Generations, live: Live) -> dict[str, Any]:
    """Change nothing."""
    return {"changed": False, "id": generations.current()}


ACTS = {"staged": stage, "current": switch, "proven": prove, "pruned": prune, "listed": tell}


def main() -> None:
    """Do one act and tell what there is then."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": [*ACTS], "required": True},
            "instance": {"type": "dict", "required": True},
            "root": {"type": "path", "default": "/opt/tradingnode"},
            "generations": {"type": "path", "default": "/etc/tradingnode/generations"},
            "env": {"type": "str", "no_log": True},
            "strategies": {"type": "str"},
            "overrides": {"type": "str"},
            "unit": {"type": "str"},
            "release": {"type": "path"},
            "present": {"type": "bool", "default": True},
            "id": {"type": "str"},
            "returning": {"type": "bool", "default": False},
            "failed": {"type": "bool", "default": False},
            "ready": {"type": "bool", "default": True},
            "keep": {"type": "int", "default": 3},
        },
        required_if=[
            ("state", "staged", ("env", "strategies", "unit", "release")),
            ("state", "current", ("id",)),
        ],
        supports_check_mode=True,
    )
    everything = Path(module.params["generations"])
    instance = module.params["instance"]
    generations = Generations(everything / instance["name"], group_id(instance["user"]))
    before = next((one for one in generations.documents() if one["current"]), None)
    try:
        result = ACTS[module.params["state"]](module, generations, paths(module.params))
    except RefusedError as refused:
        module.fail_json(msg=f"{module.params['instance']['unit']}: {refused}")
    module.exit_json(
        before=before,
        generations=generations.documents(),
        unproven=generations.unproven(),
        returned_from=generations.returned_from(),
        way_back=generations.way_back(),
        releases=releases_named(everything),
        **result,
    )


if __name__ == "__main__":
    main()
