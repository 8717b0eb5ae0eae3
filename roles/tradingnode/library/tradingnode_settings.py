#!/usr/bin/python
"""Ansible module: `nodecfg check` over what is about to be rendered, as one message instead of a dump."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: tradingnode_settings
short_description: Check a node's settings, strategies and overrides before anything is touched
description:
  - Runs C(nodecfg check) in a directory only its owner can enter. Values are masked by nodecfg itself.
options:
  nodecfg: {description: The nodecfg command., type: path, required: true}
  env: {description: Text of the env file., type: str, required: true}
  strategies: {description: Text of strategies.yaml., type: str, required: true}
  overrides: {description: Text of overrides.yaml., type: str}
  import_strategies: {description: Whether strategies can be imported here., type: bool, default: true}
  node: {description: Whose settings they are, for the message., type: str, required: true}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Settings
  tradingnode_settings:
    nodecfg: .venv/bin/nodecfg
    env: "{{ env }}"
    strategies: "{{ strategies }}"
    node: main on lab1
"""

RETURN = """
strategies: {description: How many strategies there are., returned: success, type: int}
"""


def problems(module: AnsibleModule, directory: Path) -> list[str]:
    """One line per problem; none when the settings are good."""
    env, strategies = directory / "node.env", directory / "strategies.yaml"
    env.touch(mode=0o600)
    env.write_text(module.params["env"])
    strategies.write_text(module.params["strategies"])
    argv = [module.params["nodecfg"], "check", "--json", "--env-file", str(env), "--strategies", str(strategies)]
    if not module.params["import_strategies"]:
        argv.append("--no-strategies")
    if module.params["overrides"]:
        overrides = directory / "overrides.yaml"
        overrides.write_text(module.params["overrides"])
        argv += ["--overrides", str(overrides)]
    code, out, err = module.run_command(argv, cwd=str(directory))
    try:
        found = json.loads(out)["problems"]
    except (ValueError, KeyError):
        return [f"nodecfg check ended with status {code}: {(err or out).strip()}"]
    # The temporary names mean nothing to the reader.
    return [
        f"{p['variable']} ({p['value_masked']}) {p['problem']}: {p['fix']}".replace(f"{directory}/", "") for p in found
    ]


def main() -> None:
    """Check."""
    module = AnsibleModule(
        argument_spec={
            "nodecfg": {"type": "path", "required": True},
            "env": {"type": "str", "required": True, "no_log": True},
            "strategies": {"type": "str", "required": True},
            "overrides": {"type": "str"},
            "import_strategies": {"type": "bool", "default": True},
            "node": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    if not Path(module.params["nodecfg"]).is_file():
        module.fail_json(msg=f"{module.params['nodecfg']} does not exist on the controller; run: make setup")
    with tempfile.TemporaryDirectory(prefix="tradingnode-") as directory:
        found = problems(module, Path(directory))
    if found:
        head = f"The settings of node {module.params['node']} are not right; nothing was changed:"
        module.fail_json(msg="\n- ".join([head, *found]))
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
