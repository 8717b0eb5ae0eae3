#!/usr/bin/python
"""Ansible module: one lab host, from an empty directory to a booted system and back."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import uuid
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.lab import (
    LabError,
    Machine,
    clear,
    cut_power,
    leader,
    locked,
    power_off,
    remove_disk,
    run,
    supervisors,
    unmount,
    wait_until,
)
from ansible.module_utils.lab_cgroups import ENTER, cgroups, leave
from ansible.module_utils.lab_files import allow_key, place_certificates, replace_file, replace_files, untrusted

DOCUMENTATION = """
module: lab_machine
short_description: Boot, stop or remove one lab host
description:
  - The host's disk is an overlay over the base image; it survives C(stopped) and C(killed) and goes with C(absent).
  - Whatever an earlier run left half done (stale mount, dead process, disk without a seed) is put right first.
options:
  state:
    description:
      - C(present) is booted, C(stopped) shut down in order, C(killed) off as after a power cut, C(absent) gone.
    type: str
    choices: [present, stopped, killed, absent]
    default: present
  lab: {description: The lab's name., type: str, required: true}
  name: {description: The host's name., type: str, required: true}
  address: {description: The host's IPv4 address., type: str}
  bridge: {description: The lab's bridge., type: str}
  state_dir: {description: Where lab hosts live., type: path, required: true}
  image: {description: The base image of a new host., type: path}
  seed:
    description: Files written once, before the first boot.
    type: list
    elements: dict
    default: []
  files:
    description: Files that must stand on the host at every run.
    type: list
    elements: dict
    default: []
  environment: {description: Content of the host's /etc/environment., type: str, default: ""}
  authorized_key: {description: A public key that may enter as root., type: str}
  ca_bundle: {description: Certificates on the controller that the host trusts besides its own., type: path}
  poweroff_timeout: {description: Seconds the host gets to shut down., type: float, default: 100}
author: [tradingnode-ops]
"""

EXAMPLES = """
- name: Power cut
  lab_machine: {lab: testnet, name: lab1, state_dir: /var/lib/tradingnode-lab, state: killed}
"""

RETURN = """
created: {description: The host has a new disk., returned: success, type: bool}
booted: {description: The host was started by this run., returned: success, type: bool}
host_key: {description: The host's public ssh key., returned: present, type: str}
"""

SSH_PORT = 22
HOST_KEY = "etc/ssh/ssh_host_ed25519_key"

# systemd-nspawn ends with 133 when the host wants to reboot (systemd-nspawn@.service relies on the same).
REBOOT = 133
REBOOT_LOOP = f'while "$@"; [ $? -eq {REBOOT} ]; do :; done'


def seeded_image(machine: Machine) -> Path | None:
    """The image a finished disk lies over; None when there is no finished disk or its image is gone."""
    record = machine.directory / "image"
    image = Path(record.read_text().strip()) if record.is_file() else None
    return image if image is not None and image.is_dir() else None


def mount_disk(machine: Machine, image: Path) -> None:
    """Lay the host's disk over its image."""
    unmount(machine.rootfs)
    layers = f"lowerdir={image},upperdir={machine.upper},workdir={machine.directory / 'work'}"
    run(["mount", "-t", "overlay", "-o", layers, f"lab-{machine.nspawn_name}", str(machine.rootfs)])


def seed(machine: Machine, image: Path, files: list[dict[str, Any]]) -> None:
    """Make and mount a new disk: an empty layer over the image with what makes this host itself."""
    clear(machine)
    for directory in (machine.upper, machine.directory / "work", machine.rootfs):
        directory.mkdir()
    # The layer's own mode becomes the root's.
    machine.upper.chmod(0o755)
    mount_disk(machine, image)
    replace_files(machine.rootfs, files)
    replace_file(machine.rootfs, "etc/machine-id", uuid.uuid4().hex + "\n", 0o444)
    replace_file(machine.rootfs, "etc/hostname", machine.name + "\n", 0o644)
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", machine.name, "-f", str(machine.rootfs / HOST_KEY)])
    # Written last: a disk without this record was not finished and is made again.
    (machine.directory / "image").write_text(f"{image}\n")


def refuse_taken_address(address: str, bridge: str) -> None:
    """Fail when somebody else answers at the host's address."""
    run(["ip", "neighbour", "flush", "to", address, "dev", bridge])
    # Any packet makes the kernel ask who has the address; the answer then stands in the neighbour table.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.sendto(b"", (address, 9))
    question = ["ip", "neighbour", "show", "to", address, "dev", bridge, "nud", "reachable"]
    if wait_until(lambda: "lladdr" in run(question), seconds=0.5):
        raise LabError(
            f"address {address} is in use by something else on {bridge}; end that or give the host another "
            "ansible_host in the inventory"
        )


def boot(machine: Machine, bridge: str) -> int:
    """Start the host's systemd, which outlives this process and its session; its PID 1 as the controller sees it."""
    command = [
        "systemd-nspawn",
        f"--directory={machine.rootfs}",
        f"--machine={machine.nspawn_name}",
        "--boot",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--settings=no",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--console=pipe",
        f"--network-bridge={bridge}",
    ]
    if Path("/run/systemd/system").is_dir():
        # Below systemd a session's processes may end with the session: the host gets a unit of its own.
        properties = [
            "Delegate=yes",
            "KillMode=mixed",
            "TasksMax=16384",
            f"RestartForceExitStatus={REBOOT}",
            f"SuccessExitStatus={REBOOT}",
            f"StandardOutput=append:{machine.log}",
        ]
        unit = ["systemd-run", "--quiet", "--collect", f"--unit=lab-host-{machine.nspawn_name}"]
        run([*unit, *(f"--property={value}" for value in properties), *command])
    else:
        groups = cgroups(machine)
        for group in groups:
            group.mkdir(exist_ok=True)
        with machine.log.open("ab") as log:
            subprocess.Popen(  # noqa: S603 - fixed argv; the loop takes its words as they are
                ["/bin/sh", "-c", ENTER + REBOOT_LOOP, "lab-host", *map(str, groups), "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            )
    if not wait_until(lambda: leader(machine) is not None, seconds=10):
        last = machine.log.read_text(errors="replace").strip().splitlines()[-5:]
        raise LabError(f"systemd-nspawn did not start it: {'; '.join(last) or 'it said nothing'}")
    first = leader(machine)
    if first is None:
        raise LabError(f"it ended at once; its console is in {machine.log}")
    return first


def plug_in(machine: Machine, bridge: str) -> bool:
    """Put a running host's cable back into a bridge that was made anew; whether that was needed."""
    interface = Path(f"/sys/class/net/{machine.interface}")
    # A host that was just started may have its PID 1 before it has its cable.
    wait_until(interface.exists, seconds=10)
    port = interface / "master"
    if port.exists() and port.resolve().name == bridge:
        return False
    run(["ip", "link", "set", machine.interface, "master", bridge, "up"])
    return True


def answers(address: str) -> bool:
    """Whether somebody listens for ssh at an address."""
    with contextlib.suppress(OSError), socket.create_connection((address, SSH_PORT), timeout=1):
        return True
    return False


def switch_on(machine: Machine, wanted: dict[str, Any]) -> bool:
    """Give a host that is off its disk, a new one where there is none that is whole; whether it is new."""
    cut_power(machine)
    refuse_taken_address(wanted["address"], wanted["bridge"])
    image = seeded_image(machine)
    if image is None:
        seed(machine, Path(wanted["image"]), wanted["seed"])
        return True
    mount_disk(machine, image)
    return False


def present(machine: Machine, wanted: dict[str, Any]) -> dict[str, Any]:
    """Make the host run and be as it should; what was done."""
    with locked(machine.directory):
        first = leader(machine) if supervisors(machine) else None
        created = first is None and switch_on(machine, wanted)
        # A running host is reached through its own PID 1: the controller's mount may be gone.
        root = machine.rootfs if first is None else Path(f"/proc/{first}/root")
        changed = replace_files(root, wanted["files"])
        changed = replace_file(root, "etc/environment", wanted["environment"], 0o600) or changed
        changed = allow_key(root, wanted["authorized_key"]) or changed
        certificates = untrusted(root, Path(wanted["ca_bundle"])) if wanted["ca_bundle"] else []
        place_certificates(root, certificates)
        host_key = (root / f"{HOST_KEY}.pub").read_text().strip()
        running = first or boot(machine, wanted["bridge"])
        if certificates:
            run(["nsenter", f"--target={running}", "--all", "update-ca-certificates"])
        changed = plug_in(machine, wanted["bridge"]) or changed
        # Only to save the caller a failed try: whether the host is really up is for the caller to see.
        wait_until(lambda: answers(wanted["address"]), seconds=10)
    booted = first is None
    return {
        "changed": changed or booted or bool(certificates),
        "created": created,
        "booted": booted,
        "host_key": host_key,
    }


def absent(machine: Machine, *, seconds: float) -> bool:
    """End the host, in order where it lets us, and remove its disk; whether there was one."""
    try:
        ended = power_off(machine, seconds=seconds)
    except LabError:
        ended = cut_power(machine)
    leave(machine)
    return remove_disk(machine) or ended


def main() -> None:
    """Bring the host into the asked state."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "stopped", "killed", "absent"], "default": "present"},
            "lab": {"type": "str", "required": True},
            "name": {"type": "str", "required": True},
            "address": {"type": "str"},
            "bridge": {"type": "str"},
            "state_dir": {"type": "path", "required": True},
            "image": {"type": "path"},
            "seed": {"type": "list", "elements": "dict", "default": []},
            "files": {"type": "list", "elements": "dict", "default": []},
            # May hold the controller's package index with its password.
            "environment": {"type": "str", "default": "", "no_log": True},
            "authorized_key": {"type": "str", "no_log": False},
            "ca_bundle": {"type": "path"},
            "poweroff_timeout": {"type": "float", "default": 100},
        },
        required_if=[("state", "present", ["address", "bridge", "image", "authorized_key"])],
    )
    wanted: dict[str, Any] = module.params
    machine = Machine(state_dir=Path(wanted["state_dir"]), lab=wanted["lab"], name=wanted["name"])
    seconds = wanted["poweroff_timeout"]
    result: dict[str, Any] = {"changed": False}
    try:
        match wanted["state"]:
            case "present":
                result = present(machine, wanted)
            case "stopped" if supervisors(machine):
                result["changed"] = power_off(machine, seconds=seconds)
            case "stopped" | "killed":
                result["changed"] = cut_power(machine)
            case "absent":
                result["changed"] = absent(machine, seconds=seconds)
    except (LabError, OSError) as problem:
        module.fail_json(msg=f"Lab host {machine.name}: {problem}")
    module.exit_json(**result)


if __name__ == "__main__":
    main()
