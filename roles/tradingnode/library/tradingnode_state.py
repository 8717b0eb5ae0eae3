#!/usr/bin/python
"""Ansible module: what a node says of itself and what systemd says of it, waited for when asked."""

from __future__ import annotations

import json
import re
import socket
import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: tradingnode_state
short_description: State of a trading node, optionally waiting until it is READY
description:
  - Asks systemd and the node's control socket. Changes nothing.
  - With C(wait) the module fails when the node is not READY in time, with the reason, the unit's state and the journal
    in one text.
options:
  unit: {description: systemd unit., type: str, required: true}
  socket: {description: The node's control socket., type: path, required: true}
  wait: {description: Seconds to wait for READY. Without it the state is just told., type: int}
  lines: {description: Journal lines in the message., type: int, default: 25}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: READY
  tradingnode_state: {unit: tradingnode.service, socket: /run/tradingnode/main/control.sock, wait: 150}
"""

RETURN = """
ready: {description: Whether it trades., returned: success, type: bool}
unit: {description: systemd's properties of the unit., returned: success, type: dict}
node: {description: The node's own status document; null when it does not answer., returned: success, type: dict}
reason: {description: Why it is not READY; empty when it is., returned: success, type: str}
"""

PROPERTIES = (
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "ExecMainStatus",
    "StatusText",
    "NRestarts",
    "InvocationID",
)
READY_STATE = "RUNNING"
HALTED_STATE = "HALTED"
SOCKET_TIMEOUT = 2.0
# What a node says all day long, in upstream's form and in ours.
CHATTER = re.compile(r"\[(?:DEBUG|INFO)\]|\"level\": \"(?:debug|info)\"")
JOURNAL_LINES = 1000
PAUSE = 0.5


def unit_properties(module: AnsibleModule, unit: str) -> dict[str, str]:
    """What systemd knows of the unit."""
    _, out, _ = module.run_command(["systemctl", "show", unit, f"--property={','.join(PROPERTIES)}"])
    return dict(line.split("=", 1) for line in out.splitlines() if "=" in line)


def node_status(path: str) -> dict[str, Any] | None:
    """The node's status document; None when nobody answers."""
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(SOCKET_TIMEOUT)
            connection.connect(path)
            connection.sendall(b'{"command":"status"}\n')
            while not answer.endswith(b"\n"):
                chunk = connection.recv(65536)
                if not chunk:
                    break
                answer += chunk
        document = json.loads(answer)
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def reason_not_ready(unit: dict[str, str], node: dict[str, Any] | None) -> str:
    """Why the node does not trade, in one line; empty when it does."""
    if unit.get("LoadState") == "not-found":
        return "is not installed"
    state = unit["ActiveState"]
    if node is not None:
        reasons = "; ".join(str(reason) for reason in node.get("reasons") or [])
        if state == "active" and node.get("state") == READY_STATE and not reasons:
            return ""
        said = f"{node.get('state')}{': ' if reasons else ''}{reasons}"
    elif state == "active":
        said = "runs but its control socket does not answer"
    elif state == "inactive":
        said = "is stopped"
    else:
        # The last words stand in systemd's status line; a killed process had none.
        said = unit.get("StatusText") or f"ended with {unit['Result']}, exit status {unit['ExecMainStatus']}"
    restarts = unit.get("NRestarts", "0")
    return said if restarts == "0" else f"{said} (restarts so far: {restarts})"


def settled(unit: dict[str, str]) -> bool:
    """Whether waiting longer cannot help."""
    return unit["ActiveState"] in {"failed", "inactive"}


def halted(node: dict[str, Any] | None) -> bool:
    """Whether somebody halted the node: it has started, and no deploy may make it trade."""
    return node is not None and node.get("state") == HALTED_STATE


def state(module: AnsibleModule) -> dict[str, Any]:
    """Look once, or until READY, or until it cannot become so."""
    wanted = module.params
    deadline = time.monotonic() + (wanted["wait"] or 0)
    while True:
        unit = unit_properties(module, wanted["unit"])
        node = node_status(wanted["socket"])
        reason = reason_not_ready(unit, node)
        if not reason or settled(unit) or halted(node) or time.monotonic() >= deadline:
            return {"ready": not reason, "unit": unit, "node": node, "reason": reason}
        time.sleep(PAUSE)


def tries_again(unit: dict[str, str]) -> bool:
    """Whether a start has failed and systemd has begun another one, which has nothing to say yet."""
    return unit["ActiveState"] == "activating" and unit.get("NRestarts", "0") != "0"


def journal(module: AnsibleModule, unit: dict[str, str]) -> list[str]:
    """What the last run of the unit said, or the one before when systemd tries again; without what every run says."""
    run = unit.get("InvocationID")
    of_run = [f"_SYSTEMD_INVOCATION_ID={run}", "+", f"INVOCATION_ID={run}"]
    matches = of_run if run and not tries_again(unit) else [f"--unit={module.params['unit']}"]
    _, out, _ = module.run_command(["journalctl", f"--lines={JOURNAL_LINES}", "--no-pager", "--output=cat", *matches])
    lines = out.splitlines()
    telling = [line for line in lines if not CHATTER.search(line)]
    return (telling or lines)[-module.params["lines"] :]


def last_words(lines: list[str]) -> str:
    """The reason that the node gave when it ended, as its exit code, its meaning and what happened; empty for none."""
    for line in reversed(lines):
        try:
            said = json.loads(line)
            # Before an orderly stop is another story.
            return f"{said['code']} {said['meaning']}: {said['reason']}" if said["code"] else ""
        except (ValueError, KeyError, TypeError):
            continue
    return ""


def explanation(module: AnsibleModule, found: dict[str, Any]) -> str:
    """Everything an operator needs to see, in the order they need it."""
    unit = found["unit"]
    lines = journal(module, unit)
    # A second try has overwritten systemd's status line: the journal still knows why the first one ended.
    reason = (tries_again(unit) and last_words(lines)) or found["reason"]
    ended = f"result {unit['Result']}, exit status {unit['ExecMainStatus']}, restarts {unit['NRestarts']}"
    return "\n".join(
        [
            f"{module.params['unit']} is not READY: {reason}",
            f"systemd: {unit['ActiveState']} ({unit['SubState']}), {ended}",
            "journal:",
            *(f"  {line.rstrip()}" for line in lines),
        ]
    )


def main() -> None:
    """Tell the state."""
    module = AnsibleModule(
        argument_spec={
            "unit": {"type": "str", "required": True},
            "socket": {"type": "path", "required": True},
            "wait": {"type": "int"},
            "lines": {"type": "int", "default": 25},
        },
        supports_check_mode=True,
    )
    found = state(module)
    if module.params["wait"] is not None and not found["ready"]:
        if not halted(found["node"]):
            module.fail_json(msg=explanation(module, found))
        module.warn(f"{module.params['unit']} has started and does not trade: {found['reason']}")
    module.exit_json(changed=False, **found)


if __name__ == "__main__":
    main()
