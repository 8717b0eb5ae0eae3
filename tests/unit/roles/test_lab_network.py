"""IPv4 forwarding while labs come and go: on with the first, back to what it was with the last."""

from __future__ import annotations

import ipaddress
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.roles.conftest import load

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.fixture
def switch(tmp_path: Path) -> Path:
    """Stands for the kernel's switch, which is off."""
    file = tmp_path / "ip_forward"
    file.write_text("0\n")
    return file


@pytest.fixture
def lab_network(repository: Path, switch: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as Ansible loads it, with that switch."""
    role = repository / "roles/lab_host"
    monkeypatch.setitem(sys.modules, "ansible.module_utils.lab", load(role / "module_utils/lab.py"))
    module = load(role / "library/lab_network.py")
    monkeypatch.setattr(module, "FORWARDING", switch)
    return module


def test_a_lab_that_is_removed_leaves_one_that_has_no_host_yet(
    lab_network: ModuleType, switch: Path, tmp_path: Path
) -> None:
    """Between the network of a lab and its first host another lab may go: packets are still passed on."""
    first, second = (_lab(lab_network, tmp_path / "labs", name) for name in ("first", "second"))
    assert lab_network.ensure_forwarding(first)
    assert not lab_network.ensure_forwarding(second)
    shutil.rmtree(first.state_dir / "first", ignore_errors=True)
    assert not lab_network.restore_forwarding(first)
    assert switch.read_text() == "1\n"
    shutil.rmtree(second.state_dir / "second", ignore_errors=True)
    assert lab_network.restore_forwarding(second)
    assert switch.read_text() == "0\n"
    assert not second.state_dir.exists()


def _lab(lab_network: ModuleType, state_dir: Path, name: str) -> Any:  # noqa: ANN401 a class of the loaded module
    subnet = ipaddress.IPv4Network("10.213.99.0/24")
    return lab_network.Network(lab=name, bridge=f"tn-{name}", subnet=subnet, state_dir=state_dir)
